/* SPDX-License-Identifier: BSD-3-Clause */
/* path.show: a frame's way through both lanes, stage by stage, from the lanes' own counters. */
#include "control/server/methods.h"

#define DROPS_MAX 8u

/* A stage and the reasons for which it drops frames; those of PROTECT and VALIDATE have one home
 * each, so that all of them together are the lane's drops. */
struct stage {
	const char *word;
	bool punts; // what is handed to control does not go on
	uint32_t n_drops;
	enum counter drops[DROPS_MAX];
};

/* dataplane/lane.h has the order. */
static const struct stage protect_stages[] = {
	{"receive", false, 1, {C_DROP_INJECT_NO_MBUF}},
	{"classify", false, 4, {C_DROP_TRUNCATED, C_DROP_RUNT, C_DROP_SEGMENTS, C_DROP_HOST_EAPOL}},
	{"protect",
	 false,
	 5,
	 {C_DROP_NO_TX_SA, C_DROP_PN_EXHAUSTED, C_DROP_NO_ROOM, C_DROP_CRYPTO,
	  C_OUT_PKTS_TOO_LONG}},
	{"transmit", false, 1, {C_DROP_TX_FULL}},
};

static const struct stage validate_stages[] = {
	{"receive", false, 0, {0}},
	{"classify",
	 false,
	 6,
	 {C_DROP_TRUNCATED, C_DROP_RUNT, C_DROP_SEGMENTS, C_IN_PKTS_BAD_TAG, C_DROP_UNCONTROLLED,
	  C_IN_PKTS_NO_TAG}},
	{"validate",
	 false,
	 5,
	 {C_IN_PKTS_NO_SA_ERROR, C_IN_PKTS_LATE, C_IN_PKTS_NOT_VALID, C_IN_PKTS_OVERRUN,
	  C_DROP_CRYPTO}},
	{"punt", true, 1, {C_DROP_PUNT_FULL}},
	{"transmit", false, 2, {C_DROP_TOO_LONG, C_DROP_TX_FULL}},
};

static uint64_t stage_dropped(const struct stage *stage, const struct counters *counters) {
	uint64_t dropped = 0;

	for (uint32_t i = 0; i < stage->n_drops; i++)
		dropped += counters->value[stage->drops[i]];
	return dropped;
}

/* frames: that come to this stage. Returns those that go on to the next one. */
static uint64_t stage_describe(
	struct json object, const struct stage *stage, const struct counters *counters,
	uint64_t frames
) {
	const uint64_t dropped = stage_dropped(stage, counters);
	struct json drops;

	json_text(object, "stage", stage->word);
	json_u64(object, "frames", frames);
	json_u64(object, "dropped", dropped);
	drops = json_object(object, "drops");
	for (uint32_t i = 0; i < stage->n_drops; i++)
		json_u64(
			drops, counter_info(stage->drops[i])->word, counters->value[stage->drops[i]]
		);
	const uint64_t gone = dropped + (stage->punts ? counters->value[C_PUNTED] : 0);
	// workers count between our reads: for a moment more may be gone than came
	return frames > gone ? frames - gone : 0;
}

static void lane_describe(
	struct json lane, const char *word, const struct counters *counters,
	const struct stage *stages, size_t n
) {
	const uint64_t bursts = counters->value[C_BURSTS];
	struct counters_balance balance;

	counters_balance(counters, &balance);
	json_text(lane, "lane", word);
	json_u64(lane, "bursts", bursts);
	json_u64_or_null(
		lane, "frames-per-100-bursts", bursts != 0,
		bursts == 0 ? 0 : balance.in / bursts * 100 + balance.in % bursts * 100 / bursts
	);
	struct json array = json_array(lane, "stages");
	uint64_t frames = balance.in;
	for (size_t i = 0; i < n; i++)
		frames = stage_describe(json_element(array), &stages[i], counters, frames);
	json_u64(lane, "out", balance.out);
}

#define N(stages) (sizeof(stages) / sizeof((stages)[0]))

static void path_describe(struct json link, const struct link_view *view) {
	struct json lanes = json_array(link, "lanes");

	lane_describe(
		json_element(lanes), "protect", &view->protect, protect_stages, N(protect_stages)
	);
	lane_describe(
		json_element(lanes), "validate", &view->validate, validate_stages,
		N(validate_stages)
	);
}

int method_path_show(struct rpc_call *call) {
	return methods_each_link(call, path_describe);
}
