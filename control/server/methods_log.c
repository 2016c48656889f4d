/* SPDX-License-Identifier: BSD-3-Clause */
/* log.show and log.set: how detailed the log is, module by module. */
#include "control/log_level.h"
#include "control/server/events.h"
#include "control/server/methods.h"

#include <stdio.h>
#include <string.h>

static void levels_describe(struct json result) {
	struct json modules = json_array(result, "modules");

	for (size_t i = 0; log_module(i) != NULL; i++) {
		struct json module = json_element(modules);
		json_text(module, "module", log_module(i));
		json_text(module, "level", log_level_word(log_module_level(i)));
	}
}

int method_log_show(struct rpc_call *call) {
	levels_describe(call->result);
	return 0;
}

/* Returns 0 and the level, or -1 after rpc_fail. */
static int level_read(struct rpc_call *call, enum log_level *level) {
	const char *word = call->args.level;

	for (uint32_t i = 0; log_level_word(i) != NULL; i++) {
		*level = (enum log_level)i;
		if (strcmp(log_level_word(i), word) == 0)
			return 0;
	}
	return rpc_fail(
		call->error, RPC_INVALID_PARAMS,
		"no log level \"%.64s\"; there are error, warning, info, debug", word
	);
}

static int module_unknown(struct rpc_call *call) {
	char names[192] = "";
	size_t used = 0;

	for (size_t i = 0; log_module(i) != NULL && used < sizeof(names); i++)
		used += (size_t)snprintf(
			names + used, sizeof(names) - used, "%s%s", i == 0 ? "" : ", ",
			log_module(i)
		);
	return rpc_fail(
		call->error, RPC_INVALID_PARAMS, "no module \"%.64s\"; there are %s",
		call->args.module, names
	);
}

int method_log_set(struct rpc_call *call) {
	const char *module = call->args.module;
	enum log_level level = LOG_INFO;

	if (level_read(call, &level) < 0)
		return -1;
	if (module == NULL)
		log_set_level(level);
	else if (!log_set_module(module, level))
		return module_unknown(call);
	events_tell(
		daemon_events(call->daemon), EVENT_LOG, NULL, "log level of %s: %s",
		module == NULL ? "every module" : module, log_level_word(level)
	);
	levels_describe(call->result);
	return 0;
}
