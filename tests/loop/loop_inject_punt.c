/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Control's frames: what is injected at end 0 leaves on the line and is punted at end 1, whole and
 * in order, while the hosts are silent and while they are busy. Then each way in which such a frame
 * is lost, with the counter that says so.
 */

#include "drivers/crypto_engines.h"
#include "tests/loop/rig.h"
#include "tests/loop/traffic.h"
#include "tests/tap.h"

#include <rte_mbuf.h>
#include <rte_ring.h>

#include <inttypes.h>
#include <string.h>

#define EAPOL_FRAMES 2000u
#define EAPOL_MIN_OCTETS 60u

/* EAPOL frame `number`: an MKPDU's header, then octets that follow from the number. */
static uint32_t eapol_make(uint32_t number, uint8_t frame[static FRAME_RING_OCTETS]) {
	static const uint8_t header[] = {0x01, 0x80, 0xc2, 0, 0,    3,    2, 0,
					 0,    0,    0,    1, 0x88, 0x8e, 3, 5};
	const uint32_t octets =
		EAPOL_MIN_OCTETS + number * 131 % (FRAME_RING_OCTETS - EAPOL_MIN_OCTETS + 1);

	for (uint32_t i = 0; i < octets; i++)
		frame[i] = (uint8_t)(number * 7 + i);
	memcpy(frame, header, sizeof header);
	memcpy(frame + sizeof header, &number, sizeof number);
	return octets;
}

static bool eapol_inject(struct rig *rig, uint32_t number) {
	uint8_t frame[FRAME_RING_OCTETS];
	const uint32_t octets = eapol_make(number, frame);
	return frame_ring_put(&rig->end[0].inject, frame, octets);
}

static void must_be_eapol(const uint8_t *found, uint32_t found_octets, uint32_t number) {
	uint8_t frame[FRAME_RING_OCTETS];
	const uint32_t octets = eapol_make(number, frame);
	tap_must(
		found_octets == octets && memcmp(found, frame, octets) == 0,
		"EAPOL frame %" PRIu32 " is missing, out of order or changed", number
	);
}

/* Takes what was punted at end 1; returns the number of the next frame expected. */
static uint32_t take_punted(struct rig *rig, uint32_t next) {
	struct frame_ring *ring = &rig->end[1].punt;
	const struct frame_slot *slot;

	while ((slot = frame_ring_peek(ring)) != NULL) {
		must_be_eapol(slot->data, slot->octets, next++);
		frame_ring_pop(ring);
	}
	return next;
}

/* Fewer are under way than the punt ring has slots, so none may be lost. */
static void inject_many(struct rig *rig) {
	struct tap_wait wait = tap_wait_for("EAPOL frames come through");
	uint32_t sent = 0;
	uint32_t taken = 0;

	while (taken < EAPOL_FRAMES) {
		const uint32_t before = taken;
		while (sent < EAPOL_FRAMES && sent - taken < FRAME_RING_SLOTS - 1 &&
		       eapol_inject(rig, sent))
			sent++;
		taken = take_punted(rig, taken);
		if (taken != before)
			wait = tap_wait_for("EAPOL frames come through");
		else
			tap_wait_more(&wait);
	}
}

static void must_have_crossed(const struct rig *rig, uint64_t data_frames) {
	const struct counters sent = rig_counters(&rig->end[0].protect_counters);
	const struct counters got = rig_counters(&rig->end[1].validate_counters);

	rig_must_be_clean(&rig->end[0].protect_counters, "protect lane");
	rig_must_be_clean(&rig->end[1].validate_counters, "validate lane");
	tap_must(
		sent.value[C_INJECTED] == EAPOL_FRAMES && got.value[C_PUNTED] == EAPOL_FRAMES,
		"injected %" PRIu64 ", punted %" PRIu64, sent.value[C_INJECTED], got.value[C_PUNTED]
	);
	tap_must(
		got.value[C_IN_PKTS_OK] == data_frames, "in-pkts-ok %" PRIu64 " of %" PRIu64,
		got.value[C_IN_PKTS_OK], data_frames
	);
}

static void crosses(struct crypto_engine *engine, bool is_busy) {
	struct rig *rig = rig_open(&(struct rig_request){.engine = engine});
	struct traffic traffic = {.min_octets = 60, .max_octets = 1514};

	rig_secure(rig, SUITE_GCM_AES_XPN_256, 1);
	if (is_busy)
		traffic_start(&traffic, rig);
	inject_many(rig);
	const uint64_t frames = is_busy ? traffic_stop(&traffic) : 0;
	rig_stop(rig);
	must_have_crossed(rig, frames);
	rig_close(rig);
	tap_ok("%u EAPOL frames from inject to punt, intact and in order, between %" PRIu64
	       " data frames",
	       EAPOL_FRAMES, frames);
}

/* Injects, waiting for room, until `n` more have been taken by the lane. */
static void inject_all(struct rig *rig, uint32_t first, uint32_t n) {
	const struct lane_counters_set *set = &rig->end[0].protect_counters;
	const struct tap_wait wait = tap_wait_for("the lane takes what is injected");
	const uint64_t before = rig_counters(set).value[C_INJECTED];

	for (uint32_t i = 0; i < n; i++)
		while (!eapol_inject(rig, first + i))
			tap_wait_more(&wait);
	rig_wait_counter(set, C_INJECTED, before + n);
}

static void punt_ring_full(struct crypto_engine *engine) {
	const uint32_t lost = 100;
	struct rig *rig = rig_open(&(struct rig_request){.engine = engine});
	const struct lane_counters_set *set = &rig->end[1].validate_counters;

	inject_all(rig, 0, FRAME_RING_SLOTS);
	rig_wait_counter(set, C_PUNTED, FRAME_RING_SLOTS);
	inject_all(rig, FRAME_RING_SLOTS, lost);
	rig_wait_counter(set, C_DROP_PUNT_FULL, lost);
	tap_must(take_punted(rig, 0) == FRAME_RING_SLOTS, "the ring lost a frame");
	rig_stop(rig);
	tap_must(
		rig_counters(set).value[C_DROP_PUNT_FULL] == lost &&
			rig_counters(set).value[C_PUNTED] == FRAME_RING_SLOTS,
		"a frame was counted twice"
	);
	rig_must_balance(set, "validate lane");
	rig_must_be_clean(&rig->end[0].protect_counters, "protect lane");
	rig_close(rig);
	tap_ok("punt ring full: %u frames kept, %u counted as drop-punt-full", FRAME_RING_SLOTS,
	       lost);
}

/* Takes every mbuf of a pool; the count is returned. */
static unsigned pool_drain(struct rte_mempool *pool, struct rte_mbuf **held) {
	unsigned n = 0;
	while ((held[n] = rte_pktmbuf_alloc(pool)) != NULL)
		n++;
	return n;
}

static void pool_exhausted(struct crypto_engine *engine) {
	static struct rte_mbuf *held[4096];
	const uint32_t lost = 50;
	struct rig *rig = rig_open(&(struct rig_request){.engine = engine});
	const struct lane_counters_set *set = &rig->end[0].protect_counters;

	const unsigned n = pool_drain(rig->end[0].pool, held);
	inject_all(rig, 0, lost);
	rig_wait_counter(set, C_DROP_INJECT_NO_MBUF, lost);
	rte_pktmbuf_free_bulk(held, n);
	inject_all(rig, lost, 1); // and it goes on as before
	rig_wait_counter(&rig->end[1].validate_counters, C_PUNTED, 1);
	tap_must(take_punted(rig, lost) == lost + 1, "more than one frame came out");
	rig_stop(rig);
	tap_must(
		rig_counters(set).value[C_DROP_INJECT_NO_MBUF] == lost, "a frame was counted twice"
	);
	rig_must_balance(set, "protect lane");
	rig_close(rig);
	tap_ok("pool exhausted: %u frames counted as drop-inject-no-mbuf, the next one crosses",
	       lost);
}

/* What lies in the line's queue: `eapol` frames as they were injected, all others protected. */
static void take_line(struct rig *rig, uint32_t eapol, uint32_t secured) {
	struct rte_mbuf *m;
	uint32_t n_eapol = 0;
	uint32_t n_secured = 0;

	while (rte_ring_sc_dequeue(rig->end[0].to_line, (void **)&m) == 0) {
		const uint8_t *head = rte_pktmbuf_mtod(m, const uint8_t *);
		if (load_be16(head + ETHER_ADDRESSES_OCTETS) == ETHERTYPE_EAPOL)
			must_be_eapol(head, m->pkt_len, n_eapol++);
		else if (load_be16(head + ETHER_ADDRESSES_OCTETS) == ETHERTYPE_MACSEC)
			n_secured++;
		else
			tap_fail("an unprotected frame is on the line");
		rte_pktmbuf_free(m);
	}
	tap_must(
		n_eapol == eapol && n_secured == secured,
		"on the line: %u EAPOL frames, %u protected", n_eapol, n_secured
	);
}

static void host_sends(struct rig *rig, const uint8_t *frame, uint32_t octets, uint32_t n) {
	const struct tap_wait wait = tap_wait_for("the lane takes frames from the host");

	for (uint32_t i = 0; i < n; i++) {
		struct rte_mbuf *m = rte_pktmbuf_alloc(rig->end[0].pool);
		tap_must(m != NULL, "the pool is empty");
		memcpy(rte_pktmbuf_append(m, (uint16_t)octets), frame, octets);
		while (rte_ring_sp_enqueue(rig->end[0].from_host, m) != 0)
			tap_wait_more(&wait);
	}
}

/* Nobody takes frames from the line: its queue fills up. */
static void transmit_queue_full(struct crypto_engine *engine) {
	const uint32_t eapol = 20;
	const uint32_t lost = 200;
	struct rig *rig =
		rig_open(&(struct rig_request){.engine = engine, .is_end_1_unserved = true});
	const struct lane_counters_set *set = &rig->end[0].protect_counters;
	const uint8_t data[60] = {2, 0, 0, 0, 0, 11, 2, 0, 0, 0, 0, 10, 0x08, 0x00};

	rig_secure(rig, SUITE_GCM_AES_128, 1);
	inject_all(rig, 0, eapol);
	rig_wait_counter(set, C_TX_FRAMES, eapol);
	host_sends(rig, data, sizeof data, RIG_QUEUE_FRAMES - eapol + lost);
	rig_wait_counter(set, C_DROP_TX_FULL, lost);
	rig_stop(rig);
	tap_must(
		rig_counters(set).value[C_DROP_TX_FULL] == lost &&
			rig_counters(set).value[C_TX_FRAMES] == RIG_QUEUE_FRAMES,
		"a frame was counted twice"
	);
	rig_must_balance(set, "protect lane");
	take_line(rig, eapol, RIG_QUEUE_FRAMES - eapol);
	rig_close(rig);
	tap_ok("line queue full: %u frames counted as drop-tx-full", lost);
}

static void host_eapol(struct crypto_engine *engine) {
	const uint32_t n = 40;
	struct rig *rig =
		rig_open(&(struct rig_request){.engine = engine, .is_end_1_unserved = true});
	const struct lane_counters_set *set = &rig->end[0].protect_counters;
	uint8_t frame[FRAME_RING_OCTETS];
	const uint32_t octets = eapol_make(0, frame);

	rig_secure(rig, SUITE_GCM_AES_128, 1);
	host_sends(rig, frame, octets, n);
	rig_wait_counter(set, C_DROP_HOST_EAPOL, n);
	rig_stop(rig);
	rig_must_balance(set, "protect lane");
	take_line(rig, 0, 0);
	rig_close(rig);
	tap_ok("EAPOL from the host: %u frames counted as drop-host-eapol, none on the line", n);
}

int main(void) {
	rig_eal_start();
	struct crypto_engine *engine = rig_engine();
	crosses(engine, false);
	crosses(engine, true);
	punt_ring_full(engine);
	pool_exhausted(engine);
	transmit_queue_full(engine);
	host_eapol(engine);
	crypto_engine_destroy(engine);
	return tap_end();
}
