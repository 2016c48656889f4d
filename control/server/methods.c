/* SPDX-License-Identifier: BSD-3-Clause */
/* The method table, and what the handlers share. */
#include "control/server/methods.h"

#include "control/server/rpc_params.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

const struct rpc_method rpc_methods[] = {
	{"daemon.show", RPC_NO_PARAMS, method_daemon_show, "the daemon itself"},
	{"link.show", RPC_OPTIONAL_LINK, method_link_show,
	 "state of links, their ports and what is wrong"},
	{"mka.show", RPC_OPTIONAL_LINK, method_mka_show,
	 "key agreement: peers, keys, refused MKPDUs"},
	{"sa.show", RPC_OPTIONAL_LINK, method_sa_show,
	 "secure associations as the data plane holds them"},
	{"counters.show", RPC_OPTIONAL_LINK, method_counters_show,
	 "every counter of both lanes and their balance"},
	{"doctor.show", RPC_OPTIONAL_LINK, method_doctor_show,
	 "what is wrong with links, what shows it, and what to do"},
	{"link.rekey", RPC_LINK, method_link_rekey, "distribute a fresh SAK now (key server only)"},
	{"link.suspend", RPC_LINK_SECONDS, method_link_suspend,
	 "announce that we will be away for so long (key server only)"},
	{"keys.show", RPC_NO_PARAMS, method_keys_show,
	 "keys of IBM Cloud: what is had, what is wrong with them"},
	{"daemon.reload", RPC_NO_PARAMS, method_daemon_reload,
	 "read the configuration file again and take over what differs"},
	{"path.show", RPC_OPTIONAL_LINK, method_path_show,
	 "the stages of both lanes: frames, mean burst, what was dropped where"},
	{"events.show", RPC_EVENTS, method_events_show, "what happened lately"},
	{"events.subscribe", RPC_SUBSCRIBE, method_events_subscribe,
	 "send every event over this connection as it happens"},
	{"log.show", RPC_NO_PARAMS, method_log_show, "log levels by module"},
	{"log.set", RPC_LEVEL, method_log_set, "set the log level of one module or of all"},
	{"rpc.list", RPC_NO_PARAMS, method_rpc_list, "this list"},
};
const size_t rpc_method_count = sizeof(rpc_methods) / sizeof(rpc_methods[0]);

static void rpc_describe(struct json array, const struct rpc_method *method) {
	char params[96];
	struct json object = json_element(array);

	json_text(object, "name", method->name);
	json_text(object, "params", rpc_params_describe(method->params, params, sizeof(params)));
	json_text(object, "help", method->help);
}

int method_rpc_list(struct rpc_call *call) {
	struct json methods = json_array(call->result, "methods");

	for (size_t i = 0; i < rpc_method_count; i++)
		rpc_describe(methods, &rpc_methods[i]);
	return 0;
}

static const char *link_name(const struct daemon *daemon, size_t index) {
	return daemon_config(daemon)->links[index].name;
}

/* A few names are enough to see a slip of the pen. */
static void link_names_write(const struct daemon *daemon, char *text, size_t size) {
	const size_t n = daemon_link_count(daemon);
	size_t used = 0;

	for (size_t i = 0; i < n && i < 8 && used < size; i++)
		used += (size_t)snprintf(
			text + used, size - used, "%s%s", i == 0 ? "" : ", ", link_name(daemon, i)
		);
	if (n > 8 && used < size)
		snprintf(text + used, size - used, ", … (%zu)", n);
}

struct link *methods_find_link(struct rpc_call *call) {
	char names[320] = "no links";
	const size_t n = daemon_link_count(call->daemon);

	for (size_t i = 0; i < n; i++) {
		if (strcmp(link_name(call->daemon, i), call->args.link) == 0)
			return daemon_link(call->daemon, i);
	}
	link_names_write(call->daemon, names, sizeof(names));
	rpc_fail(
		call->error, RPC_INVALID_PARAMS, "no link \"%.64s\"; there are %s", call->args.link,
		names
	);
	return NULL;
}

static void link_describe(
	struct json links, struct link *link,
	void (*describe)(struct json link, const struct link_view *view)
) {
	struct link_view view;
	struct json object = json_element(links);

	link_view(link, &view);
	json_text(object, "name", view.config->name);
	describe(object, &view);
}

int methods_each_link(
	struct rpc_call *call, void (*describe)(struct json link, const struct link_view *view)
) {
	struct json links = json_array(call->result, "links");

	if (call->args.link != NULL) {
		struct link *link = methods_find_link(call);
		if (link == NULL)
			return -1;
		link_describe(links, link, describe);
		return 0;
	}
	for (size_t i = 0; i < daemon_link_count(call->daemon); i++)
		link_describe(links, daemon_link(call->daemon, i), describe);
	return 0;
}

static void lane_balance(struct json object, const char *lane, const struct counters *counters) {
	struct counters_balance balance;
	struct json sides = json_object(object, lane);

	counters_balance(counters, &balance);
	json_u64(sides, "in", balance.in);
	json_u64(sides, "out", balance.out);
	json_u64(sides, "dropped", balance.dropped);
	// below zero for a moment when workers count between our reads: they are never stopped
	json_i64(sides, "in-flight", (int64_t)(balance.in - balance.out - balance.dropped));
}

void methods_add_balance(struct json link, const struct link_view *view) {
	struct json balance = json_object(link, "balance");

	lane_balance(balance, "protect", &view->protect);
	lane_balance(balance, "validate", &view->validate);
}
