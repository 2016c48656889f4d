/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Any octets as frames, in any mbuf chain, through the stages of both lanes.
 *
 * Input: a head of HEAD_OCTETS (door and mode; transmit AN, replay protection, clear allowed;
 * bypass; window; lowest PN), then up to FRAMES_MAX frames, each behind a shape octet and two
 * octets of length. The doors hold keys of the published vectors, so that seeds pass the ICV.
 *
 * What must hold: each frame ends once and is counted once; a validated frame is shorter than it
 * came; only valid frames move a window, and only upwards; no packet number comes twice; what we
 * protect we validate to what it was; no mbuf is lost.
 */

#include "drivers/crypto_engines.h"
#include "tests/unit/lane_bench.h"

#include <rte_mbuf.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define DOORS 4u
#define PEERS 4u
#define FRAMES_MAX 6u
#define HEAD_OCTETS 12u
#define FRAME_MAX 2100u
#define CHAINED_MAX 700u
#define OWN_SCI 0xf0761e8dcd3d0001u

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t octets);

struct door {
	struct lane_bench *bench;
	struct ki ki[SECY_AN_SLOTS];
	struct rx_sa *rx[SECY_AN_SLOTS][PEERS];
};

struct input {
	uint8_t frame[FRAMES_MAX][FRAME_MAX + 64];
	uint32_t octets[FRAMES_MAX];
	struct bench_shape shape[FRAMES_MAX];
	uint32_t origin[FRAMES_MAX]; // of a secured frame: the plain one's place
	uint32_t n;
};

_Noreturn void bench_fail(const char *what) {
	fprintf(stderr, "fuzz_validate: %s\n", what);
	abort();
}

/* Keys, salt and senders of IEEE 802.1AE Annex C and of the vectors derived from it. */
static struct sak sak_of(enum cipher_suite suite, uint8_t an) {
	static const uint8_t key[2][SAK_MAX_OCTETS] = {
		{0x07, 0x1b, 0x11, 0x3b, 0x0c, 0xa7, 0x43, 0xfe, 0xcc, 0xcf, 0x3d, 0x05, 0x1f, 0x73,
		 0x73, 0x82},
		{0x69, 0x1d, 0x3e, 0xe9, 0x09, 0xd7, 0xf5, 0x41, 0x67, 0xfd, 0x1c,
		 0xa0, 0xb5, 0xd7, 0x69, 0x08, 0x1f, 0x2b, 0xde, 0x1a, 0xee, 0x65,
		 0x5f, 0xdb, 0xab, 0x80, 0xbd, 0x52, 0x95, 0xae, 0x6b, 0xe7},
	};
	static const uint8_t salt[SALT_OCTETS] = {0xe6, 0x30, 0xe8, 0x1a, 0x48, 0xde,
						  0x86, 0xa2, 0x1c, 0x66, 0xfa, 0x6d};
	const bool is_xpn = suite_info(suite)->is_xpn;
	const uint32_t ssci = an == 1 ? 1 : 0x7a30c118;
	struct sak sak = {
		.ki = {.mi = "fuzz-mi", .kn = an + 1u},
		.suite = suite,
		.an = an,
		.confidentiality = an != 3,
		.confidentiality_offset = is_xpn || an != 1            ? 0
					  : suite == SUITE_GCM_AES_128 ? 30
								       : 50,
		.own_ssci = ssci,
		.n_peers = PEERS,
		.peers =
			{{OWN_SCI, ssci},
			 {0xf0761e8dcd3d0000, 2},
			 {0xfe2fcd14241b882c, 3},
			 {0x0a0b0c0d0e0f0203, 4}},
	};
	memcpy(sak.octets, key[suite_info(suite)->sak_octets == 32], sizeof(sak.octets));
	memcpy(sak.salt, salt, sizeof(sak.salt));
	return sak;
}

/* The bench's folder is not needed any more once the keys are in, and a fuzzer never closes it. */
static void remove_run_dir(const struct lane_bench *bench) {
	char path[64];

	snprintf(path, sizeof(path), "%s/bench.ki", bench->run_dir);
	unlink(path);
	rmdir(bench->run_dir);
}

static void door_open(struct door *door, enum cipher_suite suite) {
	struct crypto_engine *engine = NULL;

	bench_require(crypto_ipsec_mb_create(CRYPTO_ARCH_AUTO, &engine) == 0, "no engine");
	door->bench = bench_open(&(struct bench_request
	){.engine = engine, .sci = OWN_SCI, .segment_octets = FRAME_MAX + 64});
	for (uint8_t an = 0; an < SECY_AN_SLOTS; an++) {
		const struct sak sak = sak_of(suite, an);
		bench_require(sa_install_sak(door->bench->door, &sak) == 0, "no SA");
		door->ki[an] = sak.ki;
		for (uint32_t peer = 0; peer < PEERS; peer++)
			door->rx[an][peer] = bench_rx_sa(door->bench, &sak.ki, peer);
	}
	remove_run_dir(door->bench);
}

static uint64_t number(const uint8_t *data, unsigned octets) {
	uint64_t value = 0;
	for (unsigned i = 0; i < octets; i++)
		value = value << 8 | data[i];
	return value;
}

/* 0: whole; else a first segment around the header's length, and further ones of four sizes. */
static struct bench_shape shape_of(uint8_t octet) {
	static const uint32_t next[] = {7, 33, 64, 256};
	if (octet == 0)
		return (struct bench_shape){0};
	return (struct bench_shape){20u + octet % 64, next[octet / 64], octet & 1, octet % 32};
}

static void input_read(struct input *input, const uint8_t *data, size_t octets) {
	input->n = 0;
	while (octets > 3 && input->n < FRAMES_MAX) {
		const uint32_t i = input->n++;
		const uint32_t limit = data[0] == 0 ? FRAME_MAX : CHAINED_MAX;
		uint32_t n = (uint32_t)number(data + 1, 2);
		input->shape[i] = shape_of(data[0]);
		data += 3;
		octets -= 3;
		n = n < octets ? n : (uint32_t)octets;
		input->octets[i] = n < limit ? n : limit;
		memcpy(input->frame[i], data, input->octets[i]);
		data += n;
		octets -= n;
	}
}

static void door_set(struct door *door, const uint8_t *head) {
	struct lane_bench *bench = door->bench;
	static const uint32_t windows[] = {0, 1, 32, UINT32_MAX};
	const uint64_t pn = number(head + 4, 8);

	bench->secy->validate = head[0] / 4 % 3;
	bench->secy->vlan_in_clear = head[0] / 16 % 3;
	bench->secy->is_replay_protecting = !(head[1] & 4);
	sa_install_allow_clear(bench->door, head[1] & 8);
	sa_install_transmit(bench->door, &door->ki[head[1] & 3]);
	bench->secy->bypass = head[2];
	bench->secy->replay_window = windows[head[3] & 3];
	for (unsigned an = 0; an < SECY_AN_SLOTS; an++) {
		bench_set_rx_pn(bench, &door->ki[an], pn, pn);
		bench_set_tx_pn(bench, &door->ki[an], pn);
	}
}

/* All frames are in the sum of what came out, one way or the other. */
static void check_counted(struct lane_bench *bench, const struct lane_worker *w) {
	struct counters sum = {0};
	struct counters_balance balance;
	const uint32_t n = bench->burst.n;
	uint32_t sent = 0;

	for (uint32_t i = 0; i < n; i++)
		sent += bench->burst.fate[i] == FATE_SEND;
	bench_finish(bench, w);
	counters_add(&sum, w->counters);
	counters_balance(&sum, &balance);
	bench_require(sent + balance.out + balance.dropped == n, "frames are not conserved");
	bench_require(
		sum.value[C_IN_PKTS_OK] + sum.value[C_IN_PKTS_DELAYED] +
				sum.value[C_IN_PKTS_INVALID] + sum.value[C_IN_PKTS_UNCHECKED] +
				sum.value[C_IN_PKTS_NO_SA] + sum.value[C_IN_PKTS_UNTAGGED] +
				sum.value[C_BYPASSED] + sum.value[C_OUT_PKTS_UNTAGGED] +
				sum.value[C_OUT_PKTS_PROTECTED] + sum.value[C_OUT_PKTS_ENCRYPTED] ==
			sent,
		"a frame was sent without a counter, or with two"
	);
	bench_require(rte_mempool_in_use_count(bench->pool) == 0, "an mbuf was lost");
}

static void check_windows(const struct door *door, uint64_t pn, uint64_t n_valid) {
	uint64_t moved = 0;

	for (unsigned an = 0; an < SECY_AN_SLOTS; an++) {
		for (unsigned peer = 0; peer < PEERS; peer++) {
			const struct rx_sa *sa = door->rx[an][peer];
			bench_require(
				sa->next_pn >= pn && sa->lowest_pn >= pn, "a window fell back"
			);
			bench_require(sa->lowest_pn <= sa->next_pn, "lowest PN above the next");
			moved += sa->next_pn != pn;
		}
	}
	bench_require(moved <= n_valid, "a frame that is not valid moved a window");
}

/* A received frame that is delivered lost its SecTAG and ICV, or is just as it came. */
static void check_delivered(const struct lane_bench *bench, const struct input *input) {
	for (uint32_t i = 0; i < input->n; i++) {
		const struct rte_mbuf *m = bench->burst.frame[i];
		if (bench->burst.fate[i] != FATE_SEND)
			continue;
		bench_require(
			m->pkt_len == input->octets[i] || m->pkt_len + 24 <= input->octets[i],
			"a delivered frame is too long"
		);
	}
}

static void drain_punted(struct lane_bench *bench) {
	const struct frame_slot *slot;
	while ((slot = frame_ring_peek(&bench->punt)) != NULL) {
		bench_require(slot->octets >= 14 && slot->octets <= FRAME_RING_OCTETS, "punt");
		bench_require(slot->data[12] == 0x88 && slot->data[13] == 0x8e, "no EAPOL");
		frame_ring_pop(&bench->punt);
	}
}

static void put_all(struct lane_bench *bench, const struct input *input) {
	bench_reset_counters(bench);
	for (uint32_t i = 0; i < input->n; i++)
		bench_put_as(bench, input->frame[i], input->octets[i], &input->shape[i]);
}

static void from_line(struct door *door, const struct input *input, uint64_t pn) {
	struct lane_bench *bench = door->bench;
	const struct lane_worker *w = &bench->validating;

	put_all(bench, input);
	bench_validate(bench);
	check_delivered(bench, input);
	check_windows(door, pn, bench_count(w, C_IN_PKTS_OK) + bench_count(w, C_IN_PKTS_DELAYED));
	check_counted(bench, w);
	drain_punted(bench);
}

/* Keeps the protected frames of the burst, so that they can be received. */
static void
keep_secured(const struct lane_bench *bench, const struct input *input, struct input *secured) {
	secured->n = 0;
	for (uint32_t i = 0; i < input->n; i++) {
		const uint32_t n = secured->n;
		if (bench->burst.fate[i] != FATE_SEND ||
		    bench->burst.frame[i]->pkt_len == input->octets[i])
			continue;
		secured->octets[n] =
			bench_get(bench, i, secured->frame[n], sizeof(secured->frame[n]));
		bench_require(secured->octets[n] == input->octets[i] + 32, "no SecTAG and ICV");
		secured->shape[n] = (struct bench_shape){i & 1 ? 60 : 0, 256, false, 0};
		secured->origin[n] = i;
		secured->n++;
	}
}

static void from_host(struct door *door, const struct input *input, struct input *secured) {
	struct lane_bench *bench = door->bench;

	put_all(bench, input);
	bench_protect(bench);
	keep_secured(bench, input, secured);
	check_counted(bench, &bench->protecting);
}

/* We are a peer of ourselves: what we protected arrives in order, and is what it was. */
static void back_again(struct door *door, const struct input *input, const struct input *secured) {
	struct lane_bench *bench = door->bench;
	uint8_t plain[FRAME_MAX];

	bench->secy->validate = SECY_STRICT;
	bench->secy->is_replay_protecting = true;
	bench->secy->replay_window = 0;
	put_all(bench, secured);
	bench_validate(bench);
	for (uint32_t i = 0; i < secured->n; i++) {
		const uint32_t origin = secured->origin[i];
		bench_require(bench->burst.fate[i] == FATE_SEND, "our own frame is refused");
		bench_require(
			bench_get(bench, i, plain, sizeof(plain)) == input->octets[origin] &&
				memcmp(plain, input->frame[origin], input->octets[origin]) == 0,
			"our own frame came back changed"
		);
	}
	check_counted(bench, &bench->validating);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t octets) {
	static struct door doors[DOORS];
	static struct input input, secured;

	if (doors[0].bench == NULL) {
		bench_eal_start();
		for (unsigned i = 0; i < DOORS; i++)
			door_open(&doors[i], i);
	}
	if (octets < HEAD_OCTETS)
		return 0;
	struct door *door = &doors[data[0] % DOORS];
	input_read(&input, data + HEAD_OCTETS, octets - HEAD_OCTETS);
	door_set(door, data);
	from_line(door, &input, number(data + 4, 8));
	from_host(door, &input, &secured);
	door_set(door, data); // the windows as they were
	back_again(door, &input, &secured);
	return 0;
}
