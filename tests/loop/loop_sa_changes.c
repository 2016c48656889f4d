/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Keys change under traffic without a frame lost: 1,000 SA changes through sa_install, for each
 * cipher suite, both ways, in the order of 802.1X 12: receive SA in at both ends, transmission
 * switched, the old SA retired once what was sent with it has drained. Replay window 0.
 */

#include "control/secret.h"
#include "drivers/crypto_engines.h"
#include "tests/loop/rig.h"
#include "tests/loop/traffic.h"
#include "tests/tap.h"

#include <inttypes.h>

#define CHANGES 1000u

static void install(struct rig *rig, enum cipher_suite suite, uint32_t kn) {
	struct sak sak;

	for (unsigned i = 0; i < 2; i++) {
		rig_sak(rig, i, suite, kn, &sak);
		tap_must(sa_install_sak(rig->end[i].door, &sak) == 0, "SAK %u refused", kn);
	}
}

static void transmit(struct rig *rig, const struct ki *ki) {
	for (unsigned i = 0; i < 2; i++)
		tap_must(sa_install_transmit(rig->end[i].door, ki) == 0, "SAK %u is gone", ki->kn);
}

/* Each SA is to carry frames both ways, or its change would show nothing. */
static void wait_used(struct rig *rig, const struct ki *ki) {
	const struct tap_wait wait = tap_wait_for("the new SA carries frames");
	while (sa_install_next_pn(rig->end[0].door, ki) < 2 ||
	       sa_install_next_pn(rig->end[1].door, ki) < 2)
		tap_wait_more(&wait);
}

static void retire(struct rig *rig, const struct ki *ki) {
	for (unsigned i = 0; i < 2; i++)
		sa_install_retire(rig->end[i].door, ki);
}

static unsigned reclaim(struct rig *rig) {
	return sa_install_reclaim(rig->end[0].door) + sa_install_reclaim(rig->end[1].door);
}

static void change(struct rig *rig, struct traffic *traffic, enum cipher_suite suite, uint32_t kn) {
	struct sak old, new;

	rig_sak(rig, 0, suite, kn - 1, &old);
	rig_sak(rig, 0, suite, kn, &new);
	install(rig, suite, kn);
	transmit(rig, &new.ki);
	traffic_settle(traffic);
	wait_used(rig, &new.ki);
	retire(rig, &old.ki);
	reclaim(rig);
}

/* Nothing of the retired SAs is left: one SAK at each end, as at the start. */
static void must_be_reclaimed(struct rig *rig, size_t octets_at_start) {
	const struct tap_wait wait = tap_wait_for("all retired SAs are reclaimed");
	struct sa_install_entry entry;
	struct secret_usage usage;

	while (reclaim(rig) != 0)
		tap_wait_more(&wait);
	for (unsigned i = 0; i < 2; i++)
		tap_must(
			sa_install_entry(rig->end[i].door, 0, &entry) &&
				!sa_install_entry(rig->end[i].door, 1, &entry),
			"not one SAK at the end"
		);
	secret_usage(&usage);
	tap_must(
		usage.in_use_octets == octets_at_start,
		"key memory: %zu octets at the start, %zu at the end", octets_at_start,
		usage.in_use_octets
	);
}

static void must_be_clean(const struct rig *rig, uint64_t frames) {
	const struct counters ok[2] = {
		rig_counters(&rig->end[0].validate_counters),
		rig_counters(&rig->end[1].validate_counters),
	};
	for (unsigned i = 0; i < 2; i++) {
		rig_must_be_clean(&rig->end[i].protect_counters, "protect lane");
		rig_must_be_clean(&rig->end[i].validate_counters, "validate lane");
	}
	tap_must(
		ok[0].value[C_IN_PKTS_OK] + ok[1].value[C_IN_PKTS_OK] == frames,
		"in-pkts-ok does not count the %" PRIu64 " frames", frames
	);
}

static void change_often(enum cipher_suite suite) {
	const uint64_t began = tap_now_ns();
	struct crypto_engine *engine = rig_engine();
	struct rig *rig = rig_open(&(struct rig_request){.engine = engine});
	struct traffic traffic = {.min_octets = 60, .max_octets = 1514, .is_two_way = true};
	struct secret_usage usage;

	rig_secure(rig, suite, 1);
	secret_usage(&usage);
	traffic_start(&traffic, rig);
	for (uint32_t kn = 2; kn <= CHANGES + 1; kn++)
		change(rig, &traffic, suite, kn);
	const uint64_t frames = traffic_stop(&traffic);
	must_be_reclaimed(rig, usage.in_use_octets);
	rig_stop(rig);
	must_be_clean(rig, frames);
	rig_close(rig);
	crypto_engine_destroy(engine);
	tap_ok("%s: %u SA changes, %" PRIu64 " frames, none lost, late or refused (%.1f s)",
	       suite_info(suite)->name, CHANGES, frames, (double)(tap_now_ns() - began) / 1e9);
}

int main(void) {
	rig_eal_start();
	for (enum cipher_suite suite = 0; suite < SUITE_COUNT; suite++)
		change_often(suite);
	return tap_end();
}
