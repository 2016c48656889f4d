/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Two workers share each lane and the order of packet numbers holds: with a replay window of 0, a
 * single frame that overtook another would be late. Frames of 60 to 9000 octets, whole and in
 * mbuf chains; then with an engine that takes a random time for each burst.
 */

#include "drivers/crypto_engines.h"
#include "tests/loop/delay_engine.h"
#include "tests/loop/rig.h"
#include "tests/loop/traffic.h"
#include "tests/tap.h"

#include <rte_cycles.h>

#include <inttypes.h>

#define FRAMES 200000u

struct two_workers {
	const char *name;
	uint16_t segment_octets; // 0: whole frames
	bool is_delaying;
	uint32_t max_octets;
};

static bool is_shared(const struct lane_counters_set *set) {
	for (uint32_t i = 0; i < set->n; i++)
		if (atomic_load(&set->of[i]->value[C_BURSTS]) == 0)
			return false;
	return set->n == 2;
}

static uint64_t waits_of(const struct lane_counters_set *set) {
	return rig_counters(set).value[C_TURN_WAITS];
}

static uint64_t all_waits(const struct rig *rig) {
	return waits_of(&rig->end[0].protect_counters) + waits_of(&rig->end[1].validate_counters);
}

/* The test shows nothing unless both workers had bursts of both lanes, and one waited for the
 * other; on a loaded machine that can take longer than the frames do. */
static void wait_shared(const struct rig *rig) {
	const struct tap_wait wait = tap_wait_for("both workers take part, and wait for turns");
	while (!is_shared(&rig->end[0].protect_counters) ||
	       !is_shared(&rig->end[1].validate_counters) || all_waits(rig) == 0)
		tap_wait_more(&wait);
}

static double longest_wait_ms(const struct rig *rig) {
	struct counters sum = {0};
	for (uint32_t i = 0; i < 2; i++) {
		counters_add(&sum, rig->end[0].protect_counters.of[i]);
		counters_add(&sum, rig->end[1].validate_counters.of[i]);
	}
	return (double)sum.value[C_TURN_WAIT_MAX_CYCLES] * 1e3 / (double)rte_get_tsc_hz();
}

static uint64_t next_pn(const struct rig *rig) {
	struct sa_install_entry entry;
	tap_must(sa_install_entry(rig->end[0].door, 0, &entry), "no SAK");
	return sa_install_next_pn(rig->end[0].door, &entry.ki);
}

static void must_be_in_order(const struct rig *rig, uint64_t frames) {
	const struct lane_counters_set *protect = &rig->end[0].protect_counters;
	const struct lane_counters_set *validate = &rig->end[1].validate_counters;

	rig_must_be_clean(protect, "protect lane");
	rig_must_be_clean(validate, "validate lane");
	tap_must(
		rig_counters(validate).value[C_IN_PKTS_OK] == frames,
		"in-pkts-ok does not count the %" PRIu64 " frames", frames
	);
	tap_must(
		next_pn(rig) == frames + 1, "%" PRIu64 " frames took the PNs up to %" PRIu64,
		frames, next_pn(rig)
	);
}

static void run(const struct two_workers *how) {
	const uint64_t began = tap_now_ns();
	struct crypto_engine *engine = how->is_delaying ? delay_engine(rig_engine()) : rig_engine();
	struct rig *rig = rig_open(&(struct rig_request){
		.engine = engine,
		.workers_per_lane = 2,
		.segment_octets = how->segment_octets,
	});
	struct traffic traffic = {.min_octets = 60, .max_octets = how->max_octets};

	rig_secure(rig, SUITE_GCM_AES_XPN_256, 1);
	traffic_start(&traffic, rig);
	traffic_wait_received(&traffic, FRAMES);
	wait_shared(rig);
	const uint64_t frames = traffic_stop(&traffic);
	rig_stop(rig);
	must_be_in_order(rig, frames);
	const uint64_t waits = all_waits(rig);
	const double longest_ms = longest_wait_ms(rig);
	rig_close(rig);
	crypto_engine_destroy(engine);
	tap_ok("two workers, %s: %" PRIu64 " frames in PN order, none late; %" PRIu64
	       " waits for a turn, the longest %.1f ms (%.1f s)",
	       how->name, frames, waits, longest_ms, (double)(tap_now_ns() - began) / 1e9);
}

int main(void) {
	static const struct two_workers ways[] = {
		{"whole frames", 0, false, RIG_FRAME_MAX_OCTETS},
		{"mbuf chains", 2048, false, RIG_FRAME_MAX_OCTETS},
		{"random delays", 0, true, 1514},
	};
	rig_eal_start();
	for (unsigned i = 0; i < sizeof ways / sizeof ways[0]; i++)
		run(&ways[i]);
	return tap_end();
}
