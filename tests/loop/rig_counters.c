/* SPDX-License-Identifier: BSD-3-Clause */
/* What the rig's counters must say. */

#include "tests/loop/rig.h"
#include "tests/tap.h"

#include <rte_ring.h>

#include <inttypes.h>
#include <stdio.h>

/* Not drops, but no frame of a link whose keys are right may move them. */
static const enum counter doubtful[] = {
	C_OUT_PKTS_UNTAGGED, C_IN_PKTS_UNTAGGED,  C_IN_PKTS_NO_SA,
	C_IN_PKTS_INVALID,   C_IN_PKTS_UNCHECKED, C_IN_PKTS_DELAYED,
};

struct counters rig_counters(const struct lane_counters_set *set) {
	struct counters sum;
	lane_counters_sum(set, &sum);
	return sum;
}

static void
explain_lane(const struct rig_end *end, const struct lane_counters_set *set, const char *lane) {
	const struct counters sum = rig_counters(set);
	printf("# %s %s:", end->name, lane);
	for (enum counter c = 0; c < COUNTER_COUNT; c++)
		if (sum.value[c] != 0)
			printf(" %s %" PRIu64, counter_info(c)->word, sum.value[c]);
	putchar('\n');
}

void rig_last_words(const void *arg) {
	const struct rig *rig = arg;

	for (unsigned i = 0; i < 2; i++) {
		const struct rig_end *end = &rig->end[i];
		explain_lane(end, &end->protect_counters, "protect lane");
		explain_lane(end, &end->validate_counters, "validate lane");
		printf("# %s: %u from host, %u to host, %u to line\n", end->name,
		       rte_ring_count(end->from_host), rte_ring_count(end->to_host),
		       rte_ring_count(end->to_line));
	}
	rig_remove_run_dir(rig);
}

void rig_wait_counter(const struct lane_counters_set *set, enum counter counter, uint64_t value) {
	const struct tap_wait wait = tap_wait_for(counter_info(counter)->word);
	while (rig_counters(set).value[counter] < value)
		tap_wait_more(&wait);
}

void rig_must_balance(const struct lane_counters_set *set, const char *lane) {
	const struct counters sum = rig_counters(set);
	struct counters_balance balance;

	counters_balance(&sum, &balance);
	tap_must(
		balance.in == balance.out + balance.dropped,
		"%s: %" PRIu64 " frames in, %" PRIu64 " out, %" PRIu64 " dropped", lane, balance.in,
		balance.out, balance.dropped
	);
}

static void must_be_zero(const struct counters *sum, enum counter counter, const char *lane) {
	tap_must(
		sum->value[counter] == 0, "%s: %s is %" PRIu64, lane, counter_info(counter)->word,
		sum->value[counter]
	);
}

void rig_must_be_clean(const struct lane_counters_set *set, const char *lane) {
	const struct counters sum = rig_counters(set);

	for (enum counter c = 0; c < COUNTER_COUNT; c++)
		if (counter_info(c)->kind == COUNTER_DROP)
			must_be_zero(&sum, c, lane);
	for (unsigned i = 0; i < sizeof doubtful / sizeof doubtful[0]; i++)
		must_be_zero(&sum, doubtful[i], lane);
	rig_must_balance(set, lane);
}
