/* SPDX-License-Identifier: BSD-3-Clause */
/* counters.show: generated from the one list of dataplane/counters.h. */
#include "control/server/methods.h"

static void lane_describe(struct json link, const char *lane, const struct counters *counters) {
	struct json object = json_object(link, lane);

	for (int i = 0; i < COUNTER_COUNT; i++)
		json_u64(object, counter_info((enum counter)i)->word, counters->value[i]);
}

static void counters_describe(struct json link, const struct link_view *view) {
	lane_describe(link, "protect", &view->protect);
	lane_describe(link, "validate", &view->validate);
	methods_add_balance(link, view);
}

int method_counters_show(struct rpc_call *call) {
	return methods_each_link(call, counters_describe);
}
