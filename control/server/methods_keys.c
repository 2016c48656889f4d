/* SPDX-License-Identifier: BSD-3-Clause */
/* keys.show: the keys of IBM Cloud as the key agent knows them. Never a key. */
#include "control/config_time.h"
#include "control/server/methods.h"

static const char *state_word(const struct key_agent_view *view) {
	static const char *const words[] = {
		[AGENT_GOOD] = "good",
		[AGENT_WAITING] = "waiting",
		[AGENT_WARNING] = "warning",
		[AGENT_REFUSED] = "refused",
	};

	return view->was_asked ? words[view->verdict] : "asked";
}

static void json_time(struct json object, const char *name, int64_t seconds) {
	if (seconds == 0)
		json_null(object, name);
	else
		json_text(object, name, config_time_text(seconds).text);
}

static void key_describe(struct json key, const struct key_agent_view *view) {
	json_text(key, "service", view->key.service.name);
	json_text(key, "kind", service_kind_word(view->key.service.kind));
	json_text(key, "key", view->key.id);
	json_text(key, "key-ring", view->key.ring);
	json_text(key, "crn", view->key.crn);
	json_bool(key, "had", view->is_had);
	json_text(key, "state", state_word(view));
	json_text(key, "problem", view->text);
	json_u64_or_null(key, "http-status", view->http_status != 0, view->http_status);
	json_time(key, "expires-at", view->expires_s);
	json_u64_or_null(
		key, "tried-again-in-s", view->retry_ns != 0, view->retry_ns / 1000000000u
	);
}

static void agent_describe(struct json result, const struct key_agent_status *status) {
	struct json agent = json_object(result, "agent");

	json_bool(agent, "alive", status->is_alive);
	json_u64_or_null(agent, "pid", status->pid != 0, status->pid);
	json_u64(agent, "restarts", status->restarts);
}

int method_keys_show(struct rpc_call *call) {
	struct key_agent_status status;
	struct key_agent_view view;

	if (daemon_keys(call->daemon, &status))
		agent_describe(call->result, &status);
	else
		json_null(call->result, "agent");
	struct json keys = json_array(call->result, "keys");
	for (uint32_t i = 0; daemon_key(call->daemon, i, &view); i++)
		key_describe(json_element(keys), &view);
	return 0;
}
