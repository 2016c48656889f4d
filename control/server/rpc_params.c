/* SPDX-License-Identifier: BSD-3-Clause */
/* Parameters as one table; the contract is in rpc_params.h. */
#include "control/server/rpc_params.h"

#include "control/mka/mka.h"
#include "control/server/events.h"

#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#define NUMBER_MAX 9007199254740991u // 2^53 - 1: above it a double is not exact

enum param { PARAM_LINK, PARAM_SECONDS, PARAM_LAST, PARAM_FROM, PARAM_LEVEL, PARAM_MODULE, PARAMS };

/* A text when `most` is 0, else a whole number from 1 on. */
struct param_info {
	const char *name;
	const char *meaning; // of a text
	uint64_t most;
	size_t place; // in struct rpc_args
};

static const struct param_info infos[PARAMS] = {
	[PARAM_LINK] = {"link", "the name of a link", 0, offsetof(struct rpc_args, link)},
	[PARAM_SECONDS] =
		{"seconds", NULL, MKA_SUSPENSION_MAX_S, offsetof(struct rpc_args, seconds)},
	[PARAM_LAST] = {"last", NULL, EVENTS_KEPT, offsetof(struct rpc_args, last)},
	[PARAM_FROM] = {"from", NULL, NUMBER_MAX, offsetof(struct rpc_args, from)},
	[PARAM_LEVEL] = {"level", "the name of a level", 0, offsetof(struct rpc_args, level)},
	[PARAM_MODULE] = {"module", "the name of a module", 0, offsetof(struct rpc_args, module)},
};

#define BIT(param) (1u << PARAM_##param)

struct param_sets {
	uint32_t takes, needs;
};

static const struct param_sets sets[] = {
	[RPC_NO_PARAMS] = {0, 0},
	[RPC_OPTIONAL_LINK] = {BIT(LINK), 0},
	[RPC_LINK] = {BIT(LINK), BIT(LINK)},
	[RPC_LINK_SECONDS] = {BIT(LINK) | BIT(SECONDS), BIT(LINK) | BIT(SECONDS)},
	[RPC_EVENTS] = {BIT(LINK) | BIT(LAST), 0},
	[RPC_SUBSCRIBE] = {BIT(LINK) | BIT(FROM), 0},
	[RPC_LEVEL] = {BIT(LEVEL) | BIT(MODULE), BIT(LEVEL)},
};

static const char **text_place(struct rpc_args *args, const struct param_info *info) {
	return (const char **)((char *)args + info->place);
}

static uint64_t *number_place(struct rpc_args *args, const struct param_info *info) {
	return (uint64_t *)((char *)args + info->place);
}

static bool is_given(struct rpc_args *args, const struct param_info *info) {
	return info->most == 0 ? *text_place(args, info) != NULL : *number_place(args, info) != 0;
}

static int wrong(const struct param_info *info, struct rpc_error *error) {
	if (info->most == 0)
		return rpc_fail(
			error, RPC_INVALID_PARAMS, "the parameter %s must be one string, %s",
			info->name, info->meaning
		);
	return rpc_fail(
		error, RPC_INVALID_PARAMS,
		"the parameter %s must be one whole number from 1 to %" PRIu64, info->name,
		info->most
	);
}

static int param_read(
	const cJSON *item, const struct param_info *info, struct rpc_args *args,
	struct rpc_error *error
) {
	const double value = cJSON_IsNumber(item) ? item->valuedouble : 0;

	if (is_given(args, info))
		return wrong(info, error);
	if (info->most == 0) {
		*text_place(args, info) = cJSON_GetStringValue(item);
		return is_given(args, info) ? 0 : wrong(info, error);
	}
	// compared as it came, so that no conversion is out of range
	if (!(value >= 1 && value <= (double)info->most) || (double)(uint64_t)value != value)
		return wrong(info, error);
	*number_place(args, info) = (uint64_t)value;
	return 0;
}

/* Writes the names of a set of parameters; quote: around each. */
static void names_write(uint32_t set, const char *quote, char *text, size_t size) {
	size_t used = 0;

	snprintf(text, size, "none");
	for (uint32_t i = 0; i < PARAMS && used < size; i++) {
		if ((set >> i & 1) == 0)
			continue;
		used += (size_t)snprintf(
			text + used, size - used, "%s%s%s%s", used == 0 ? "" : " and ", quote,
			infos[i].name, quote
		);
	}
}

static int unwanted(const char *name, uint32_t takes, struct rpc_error *error) {
	char names[96];

	names_write(takes, "\"", names, sizeof(names));
	return rpc_fail(
		error, RPC_INVALID_PARAMS, "unknown parameter \"%.64s\": the method takes %s", name,
		names
	);
}

static int missing(const struct param_info *info, struct rpc_error *error) {
	if (info->most != 0)
		return rpc_fail(
			error, RPC_INVALID_PARAMS, "the parameter %s is missing: 1 to %" PRIu64,
			info->name, info->most
		);
	return rpc_fail(
		error, RPC_INVALID_PARAMS, "the parameter %s is missing: name a %s", info->name,
		info->name
	);
}

static const struct param_info *info_find(const char *name, uint32_t takes) {
	for (uint32_t i = 0; i < PARAMS; i++) {
		if ((takes >> i & 1) != 0 && strcmp(infos[i].name, name) == 0)
			return &infos[i];
	}
	return NULL;
}

int rpc_params_read(
	const cJSON *params, const struct rpc_method *method, struct rpc_args *args,
	struct rpc_error *error
) {
	const struct param_sets *set = &sets[method->params];
	const cJSON *item;

	if (params != NULL && !cJSON_IsObject(params))
		return rpc_fail(error, RPC_INVALID_PARAMS, "params must be an object");
	cJSON_ArrayForEach(item, params) {
		const struct param_info *info = info_find(item->string, set->takes);
		if (info == NULL)
			return unwanted(item->string, set->takes, error);
		if (param_read(item, info, args, error) < 0)
			return -1;
	}
	for (uint32_t i = 0; i < PARAMS; i++) {
		if ((set->needs >> i & 1) != 0 && !is_given(args, &infos[i]))
			return missing(&infos[i], error);
	}
	return 0;
}

const char *rpc_params_describe(enum rpc_params params, char *text, size_t size) {
	const struct param_sets *set = &sets[params];
	size_t used = 0;

	for (uint32_t i = 0; i < PARAMS && used < size; i++) {
		if ((set->takes >> i & 1) == 0)
			continue;
		used += (size_t)snprintf(
			text + used, size - used, "%s%s%s", used == 0 ? "" : ", ", infos[i].name,
			(set->needs >> i & 1) != 0 ? "" : " (optional)"
		);
	}
	return used == 0 ? NULL : text;
}
