/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The protect lane: what leaves is what the reference would have made, packet numbers are used once
 * and run out for good, and without an SA nothing leaves that policy does not allow.
 */

#include "dataplane/sectag.h"
#include "tests/unit/scene.h"

#include <rte_mbuf.h>

#include <criterion/criterion.h>

#define USER_OCTETS 88u
#define PLAIN_OCTETS (12 + USER_OCTETS)

static void put_plain(struct lane_bench *bench, uint32_t octets) {
	uint8_t plain[SCENE_FRAME_MAX];

	scene_plain(plain, octets, 0);
	bench_put(bench, plain, octets);
}

/* Requires that frame i is what the reference makes of the usual plain frame with this PN. */
static void
expect_secured(struct lane_bench *bench, uint32_t i, const struct sak *sak, uint64_t pn) {
	uint8_t plain[PLAIN_OCTETS], secured[PLAIN_OCTETS + REFERENCE_OVERHEAD];
	const struct reference self = scene_self(sak);

	scene_plain(plain, sizeof(plain), 0);
	const uint32_t n = reference_protect(&self, pn, plain, sizeof(plain), secured);
	scene_sends(bench, i, secured, n, "secured");
}

static void
finish_encrypted(struct lane_bench *bench, unsigned frames, enum counter reason, unsigned drops) {
	scene_finish(
		bench, &bench->protecting, "burst", {C_OUT_PKTS_ENCRYPTED, frames},
		{C_OUT_OCTETS_ENCRYPTED, frames * USER_OCTETS}, {reason, drops}
	);
}

struct suite_case {
	enum cipher_suite suite;
	bool confidentiality;
	bool leaves_out_sci;
	uint32_t n_peers;
	bool has_sci;
};

static void check_suite(const struct suite_case *c, const struct engine_choice *choice) {
	struct lane_bench *bench = scene_open((struct bench_request
	){.engine = scene_engine(choice), .leaves_out_sci = c->leaves_out_sci});
	struct sak sak = scene_sak(c->suite, 1, 3, c->confidentiality);
	uint8_t plain[PLAIN_OCTETS], secured[PLAIN_OCTETS + REFERENCE_OVERHEAD];

	sak.n_peers = c->n_peers;
	sak.peers[1] = (struct sak_member){OTHER_SCI, OTHER_SSCI};
	scene_install(bench, &sak);
	struct reference self = scene_self(&sak);
	if (!c->has_sci)
		self.tci_an &= (uint8_t)~TCI_SC;
	for (unsigned i = 0; i < 3; i++)
		put_plain(bench, PLAIN_OCTETS);
	bench_protect(bench);
	scene_plain(plain, sizeof(plain), 0);
	for (unsigned i = 0; i < 3; i++) {
		const uint32_t n = reference_protect(&self, i + 1, plain, sizeof(plain), secured);
		scene_sends(bench, i, secured, n, suite_info(c->suite)->name);
	}
	scene_finish(
		bench, &bench->protecting, suite_info(c->suite)->name,
		{c->confidentiality ? C_OUT_PKTS_ENCRYPTED : C_OUT_PKTS_PROTECTED, 3},
		{c->confidentiality ? C_OUT_OCTETS_ENCRYPTED : C_OUT_OCTETS_PROTECTED,
		 3 * USER_OCTETS}
	);
	bench_close(bench);
}

Test(protect, makes_what_the_reference_makes_in_every_suite) {
	for (unsigned i = 0; i < 2 * 2 * SUITE_COUNT; i++) {
		const struct suite_case c = {i / 4, i & 1, false, 1, true};
		check_suite(&c, &engine_choices[i / 2 % 2]);
	}
}

Test(protect, leaves_the_sci_out_only_towards_one_peer) {
	static const struct suite_case cases[] = {
		{SUITE_GCM_AES_128, true, true, 1, false},
		{SUITE_GCM_AES_128, false, true, 1, false},
		{SUITE_GCM_AES_XPN_256, true, true, 1, false},
		{SUITE_GCM_AES_128, true, true, 2, true},
		{SUITE_GCM_AES_128, true, false, 2, true},
	};
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		check_suite(&cases[i], &engine_choices[0]);
}

struct end_case {
	enum cipher_suite suite;
	uint64_t first;
	uint64_t pn[5]; // of the frames of one burst
	uint64_t left_behind;
};

/* The PN runs out in the middle of a burst; after that nothing is ever sent with this SA. */
static void check_end(const struct end_case *c) {
	struct lane_bench *bench = scene_open((struct bench_request){0});
	const struct sak sak = scene_sak(c->suite, 1, 0, true);
	unsigned sent = 0;

	scene_install(bench, &sak);
	bench_set_tx_pn(bench, &sak.ki, c->first);
	for (unsigned i = 0; i < 5; i++)
		put_plain(bench, PLAIN_OCTETS);
	bench_protect(bench);
	for (unsigned i = 0; i < 5; i++) {
		if (c->pn[i] == 0) {
			scene_drops(bench, i, C_DROP_PN_EXHAUSTED, "past the last PN");
			continue;
		}
		expect_secured(bench, i, &sak, c->pn[i]);
		sent++;
	}
	finish_encrypted(bench, sent, C_DROP_PN_EXHAUSTED, 5 - sent);
	for (unsigned round = 0; round < 100; round++) {
		for (unsigned i = 0; i < BURST_FRAMES; i++)
			put_plain(bench, PLAIN_OCTETS);
		bench_protect(bench);
		finish_encrypted(bench, 0, C_DROP_PN_EXHAUSTED, BURST_FRAMES);
	}
	cr_assert_eq(sa_install_next_pn(bench->door, &sak.ki), c->left_behind);
	bench_close(bench);
}

Test(protect, stops_for_good_when_packet_numbers_run_out) {
	static const struct end_case cases[] = {
		{SUITE_GCM_AES_128,
		 0xfffffffd,
		 {0xfffffffd, 0xfffffffe, 0xffffffff, 0, 0},
		 1ull << 32},
		{SUITE_GCM_AES_256, 0xffffffff, {0xffffffff, 0, 0, 0, 0}, 1ull << 32},
		{SUITE_GCM_AES_256, 1ull << 32, {0}, 1ull << 32},
		{SUITE_GCM_AES_XPN_128, UINT64_MAX - 1, {UINT64_MAX - 1, UINT64_MAX, 0, 0, 0}, 0},
		{SUITE_GCM_AES_XPN_256, UINT64_MAX, {UINT64_MAX, 0, 0, 0, 0}, 0},
	};
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		check_end(&cases[i]);
}

Test(protect, goes_on_past_2_to_the_32_with_an_extended_pn) {
	struct lane_bench *bench = scene_open((struct bench_request){0});
	const struct sak sak = scene_sak(SUITE_GCM_AES_XPN_256, 1, 0, true);

	scene_install(bench, &sak);
	bench_set_tx_pn(bench, &sak.ki, 0xfffffffe);
	for (unsigned i = 0; i < 4; i++)
		put_plain(bench, PLAIN_OCTETS);
	bench_protect(bench);
	for (unsigned i = 0; i < 4; i++)
		expect_secured(bench, i, &sak, 0xfffffffe + (uint64_t)i);
	finish_encrypted(bench, 4, C_DROP_PN_EXHAUSTED, 0);
	bench_close(bench);
}

/* Takes all mbufs but those in use; returns how many. */
static unsigned take_all(struct lane_bench *bench, struct rte_mbuf **taken, unsigned room) {
	unsigned n = 0;
	while (n < room && (taken[n] = rte_pktmbuf_alloc(bench->pool)) != NULL)
		n++;
	cr_assert_null(rte_pktmbuf_alloc(bench->pool));
	return n;
}

/* A frame that is lost after its PN was reserved leaves a hole. Handing the PN back would let two
 * workers use it. */
Test(protect, leaves_a_hole_for_a_frame_that_finds_no_room) {
	struct lane_bench *bench = scene_open((struct bench_request){0});
	const struct sak sak = scene_sak(SUITE_GCM_AES_256, 1, 0, true);
	uint8_t plain[PLAIN_OCTETS];
	struct rte_mbuf *taken[1023];

	scene_install(bench, &sak);
	scene_plain(plain, sizeof(plain), 0);
	bench_put(bench, plain, sizeof(plain));
	bench_put_as(bench, plain, sizeof(plain), &(struct bench_shape){0, 0, true, 15});
	bench_put(bench, plain, sizeof(plain));
	const uint32_t no_head = bench_put(bench, plain, sizeof(plain));
	struct rte_mbuf *m = bench->burst.frame[no_head];
	memmove((char *)m->buf_addr + 15, rte_pktmbuf_mtod(m, char *), m->data_len);
	m->data_off = 15;
	bench_put(bench, plain, sizeof(plain));
	const unsigned n = take_all(bench, taken, 1023);
	bench_protect(bench);
	rte_pktmbuf_free_bulk(taken, n);
	expect_secured(bench, 0, &sak, 1);
	scene_drops(bench, 1, C_DROP_NO_ROOM, "no mbuf for the ICV");
	expect_secured(bench, 2, &sak, 3);
	scene_drops(bench, 3, C_DROP_NO_ROOM, "no head-room");
	expect_secured(bench, 4, &sak, 5);
	finish_encrypted(bench, 3, C_DROP_NO_ROOM, 2);
	cr_assert_eq(sa_install_next_pn(bench->door, &sak.ki), 6);
	bench_close(bench);
}

/* The line port's limit is on the secured frame; nothing is used up for one that is too long. */
Test(protect, drops_what_is_too_long_once_secured) {
	struct lane_bench *bench = scene_open((struct bench_request){0});
	const struct sak sak = scene_sak(SUITE_GCM_AES_256, 1, 0, true);

	scene_install(bench, &sak);
	bench->protect.tx_max_octets = PLAIN_OCTETS + 32;
	put_plain(bench, PLAIN_OCTETS + 1);
	put_plain(bench, PLAIN_OCTETS);
	put_plain(bench, 9000);
	put_plain(bench, PLAIN_OCTETS);
	bench_protect(bench);
	scene_drops(bench, 0, C_OUT_PKTS_TOO_LONG, "one octet too long");
	expect_secured(bench, 1, &sak, 1);
	scene_drops(bench, 2, C_OUT_PKTS_TOO_LONG, "much too long");
	expect_secured(bench, 3, &sak, 2);
	finish_encrypted(bench, 2, C_OUT_PKTS_TOO_LONG, 2);
	bench_close(bench);
}

/* Sends one frame: in clear when `is_clear`, secured with `sak` otherwise (NULL: not at all). */
static void check_one(struct lane_bench *bench, bool is_clear, const struct sak *sak, uint64_t pn) {
	uint8_t plain[PLAIN_OCTETS];

	scene_plain(plain, sizeof(plain), 0);
	put_plain(bench, PLAIN_OCTETS);
	bench_protect(bench);
	if (sak != NULL) {
		expect_secured(bench, 0, sak, pn);
		finish_encrypted(bench, 1, C_DROP_NO_TX_SA, 0);
	} else if (is_clear) {
		scene_sends(bench, 0, plain, sizeof(plain), "in clear");
		scene_finish(bench, &bench->protecting, "in clear", {C_OUT_PKTS_UNTAGGED, 1});
	} else {
		scene_drops(bench, 0, C_DROP_NO_TX_SA, "no SA");
		scene_finish(bench, &bench->protecting, "no SA", {C_DROP_NO_TX_SA, 1});
	}
}

Test(protect, sends_in_clear_only_without_an_sa_and_when_allowed) {
	struct lane_bench *bench = scene_open((struct bench_request){0});
	const struct sak sak = scene_sak(SUITE_GCM_AES_XPN_256, 1, 0, true);

	check_one(bench, false, NULL, 0);
	sa_install_allow_clear(bench->door, true);
	check_one(bench, true, NULL, 0);
	cr_assert_eq(sa_install_sak(bench->door, &sak), 0);
	check_one(bench, true, NULL, 0); // installed, but not transmitting yet
	cr_assert_eq(sa_install_transmit(bench->door, &sak.ki), 0);
	check_one(bench, true, &sak, 1); // an SA goes before the permission
	sa_install_allow_clear(bench->door, false);
	check_one(bench, false, &sak, 2);
	bench_set_tx_pn(bench, &sak.ki, 0);
	sa_install_allow_clear(bench->door, true);
	put_plain(bench, PLAIN_OCTETS);
	bench_protect(bench);
	finish_encrypted(bench, 0, C_DROP_PN_EXHAUSTED, 1); // exhausted is not unsecured
	sa_install_allow_clear(bench->door, false);
	sa_install_retire(bench->door, &sak.ki);
	check_one(bench, false, NULL, 0);
	bench_close(bench);
}

/* Rule (iii): control switches the SA while a burst is between its reservation and its
 * cryptography. */
Test(protect, keeps_to_the_sa_that_its_ticket_captured) {
	struct lane_bench *bench = scene_open((struct bench_request){0});
	const struct sak old = scene_sak(SUITE_GCM_AES_256, 1, 0, true);
	const struct sak new = scene_sak(SUITE_GCM_AES_256, 2, 1, true);

	scene_install(bench, &old);
	put_plain(bench, PLAIN_OCTETS);
	classify_host_burst(&bench->protecting);
	protect_reserve(&bench->protecting);
	scene_install(bench, &new);
	sa_install_retire(bench->door, &old.ki);
	protect_burst(&bench->protecting);
	expect_secured(bench, 0, &old, 1);
	finish_encrypted(bench, 1, C_DROP_NO_TX_SA, 0);
	check_one(bench, false, &new, 1);
	bench_close(bench);
}

static bool refuse(struct crypto_context *c, const void *key, struct crypto_op *ops, unsigned n) {
	(void)c, (void)key, (void)ops, (void)n;
	return false;
}

static bool refuse_pieces(
	struct crypto_context *c, const void *key, enum crypto_direction direction,
	const struct crypto_op *op, const struct crypto_piece *pieces, unsigned n, bool is_clear
) {
	(void)c, (void)key, (void)direction, (void)op, (void)pieces, (void)n, (void)is_clear;
	return false;
}

/* An engine that fails must not let a half-made frame out, in either direction. */
Test(protect, drops_what_the_engine_refuses) {
	struct lane_bench *bench = scene_open((struct bench_request){0});
	const struct sak sak = scene_sak(SUITE_GCM_AES_256, 1, 0, true);
	const struct crypto_ops *working = bench->engine->ops;
	struct crypto_ops broken = *working;
	uint8_t plain[PLAIN_OCTETS], secured[PLAIN_OCTETS + REFERENCE_OVERHEAD];
	const struct reference peer = scene_peer(&sak);

	broken.protect = broken.validate = refuse;
	broken.pieces = refuse_pieces;
	scene_install(bench, &sak);
	bench->engine->ops = &broken;
	scene_plain(plain, sizeof(plain), 0);
	const uint32_t n = reference_protect(&peer, 1, plain, sizeof(plain), secured);
	for (unsigned i = 0; i < 4; i++)
		bench_put_as(
			bench, plain, sizeof(plain),
			&(struct bench_shape){i & 1 ? 40 : 0, 20, false, 0}
		);
	bench_protect(bench);
	finish_encrypted(bench, 0, C_DROP_CRYPTO, 4);
	for (unsigned i = 0; i < 4; i++)
		bench_put_as(
			bench, secured, n, &(struct bench_shape){i & 1 ? 40 : 0, 20, false, 0}
		);
	bench_validate(bench);
	scene_finish(bench, &bench->validating, "refused", {C_DROP_CRYPTO, 4});
	cr_assert_eq(bench_rx_sa(bench, &sak.ki, 0)->next_pn, 1);
	bench->engine->ops = working;
	check_one(bench, false, &sak, 5); // the four are holes
	bench_close(bench);
}
