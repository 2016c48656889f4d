/* SPDX-License-Identifier: BSD-3-Clause */
/* Checking a request object; the contract is in rpc_request.h. */
#include "control/server/rpc_request.h"

#include "control/mka/mka.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

/* 2^53 - 1: above it, different whole numbers become the same double, and an id would come back
 * changed. */
#define ID_MAX 9007199254740991.0
#define SECONDS_MAX MKA_SUSPENSION_MAX_S

struct members {
	const cJSON *jsonrpc, *id, *method, *params;
};

static int invalid(struct rpc_error *error, const char *why) {
	return rpc_fail(error, RPC_INVALID_REQUEST, "%s", why);
}

static const cJSON **member_slot(struct members *members, const char *name) {
	if (strcmp(name, "jsonrpc") == 0)
		return &members->jsonrpc;
	if (strcmp(name, "id") == 0)
		return &members->id;
	if (strcmp(name, "method") == 0)
		return &members->method;
	return strcmp(name, "params") == 0 ? &members->params : NULL;
}

static int members_sort(const cJSON *tree, struct members *members, struct rpc_error *error) {
	const cJSON *item;

	cJSON_ArrayForEach(item, tree) {
		const cJSON **slot = member_slot(members, item->string);
		if (slot == NULL)
			return rpc_fail(
				error, RPC_INVALID_REQUEST,
				"unknown member \"%.64s\": a request has jsonrpc, id, method and "
				"params",
				item->string
			);
		if (*slot != NULL)
			return rpc_fail(
				error, RPC_INVALID_REQUEST, "the member %s stands twice",
				item->string
			);
		*slot = item;
	}
	return 0;
}

static bool is_answerable_id(const cJSON *id) {
	if (cJSON_IsNumber(id))
		return id->valuedouble >= -ID_MAX && id->valuedouble <= ID_MAX &&
		       (double)(int64_t)id->valuedouble == id->valuedouble;
	return cJSON_IsString(id) || cJSON_IsNull(id);
}

static const struct rpc_method *method_find(const char *name) {
	for (size_t i = 0; i < rpc_method_count; i++) {
		if (strcmp(rpc_methods[i].name, name) == 0)
			return &rpc_methods[i];
	}
	return NULL;
}

static int unknown_method(struct rpc_error *error, const char *name) {
	char known[256] = "";
	size_t used = 0;

	for (size_t i = 0; i < rpc_method_count && used < sizeof(known); i++) {
		const char *comma = i == 0 ? "" : ", ";
		used += (size_t
		)snprintf(known + used, sizeof(known) - used, "%s%s", comma, rpc_methods[i].name);
	}
	return rpc_fail(
		error, RPC_UNKNOWN_METHOD, "no method \"%.64s\"; there are %s", name, known
	);
}

static int params_unwanted(struct rpc_error *error, const char *name, enum rpc_params wanted) {
	static const char *const takes[] = {
		[RPC_NO_PARAMS] = "none",
		[RPC_OPTIONAL_LINK] = "\"link\"",
		[RPC_LINK] = "\"link\"",
		[RPC_LINK_SECONDS] = "\"link\" and \"seconds\"",
	};

	return rpc_fail(
		error, RPC_INVALID_PARAMS, "unknown parameter \"%.64s\": the method takes %s", name,
		takes[wanted]
	);
}

static int link_read(const cJSON *item, struct rpc_request *request, struct rpc_error *error) {
	if (!cJSON_IsString(item) || request->link != NULL)
		return rpc_fail(
			error, RPC_INVALID_PARAMS,
			"the parameter link must be one string, the name of a link"
		);
	request->link = item->valuestring;
	return 0;
}

static int seconds_read(const cJSON *item, struct rpc_request *request, struct rpc_error *error) {
	const double value = cJSON_IsNumber(item) ? item->valuedouble : 0;

	// compared as it came, so that no conversion is out of range
	if (request->seconds != 0 || !(value >= 1 && value <= SECONDS_MAX) ||
	    (double)(uint32_t)value != value)
		return rpc_fail(
			error, RPC_INVALID_PARAMS,
			"the parameter seconds must be one whole number from 1 to %u", SECONDS_MAX
		);
	request->seconds = (uint32_t)value;
	return 0;
}

static int param_read(const cJSON *item, struct rpc_request *request, struct rpc_error *error) {
	const enum rpc_params wanted = request->method->params;

	if (wanted != RPC_NO_PARAMS && strcmp(item->string, "link") == 0)
		return link_read(item, request, error);
	if (wanted == RPC_LINK_SECONDS && strcmp(item->string, "seconds") == 0)
		return seconds_read(item, request, error);
	return params_unwanted(error, item->string, wanted);
}

static int params_read(const cJSON *params, struct rpc_request *request, struct rpc_error *error) {
	const enum rpc_params wanted = request->method->params;
	const cJSON *item;

	if (params != NULL && !cJSON_IsObject(params))
		return rpc_fail(error, RPC_INVALID_PARAMS, "params must be an object");
	cJSON_ArrayForEach(item, params) {
		if (param_read(item, request, error) < 0)
			return -1;
	}
	if ((wanted == RPC_LINK || wanted == RPC_LINK_SECONDS) && request->link == NULL)
		return rpc_fail(
			error, RPC_INVALID_PARAMS, "the parameter link is missing: name a link"
		);
	if (wanted == RPC_LINK_SECONDS && request->seconds == 0)
		return rpc_fail(
			error, RPC_INVALID_PARAMS, "the parameter seconds is missing: 1 to %u",
			SECONDS_MAX
		);
	return 0;
}

int rpc_request_read(const cJSON *tree, struct rpc_request *request, struct rpc_error *error) {
	struct members members = {0};

	if (cJSON_IsArray(tree))
		return invalid(error, "batches are not supported: send one request a line");
	if (!cJSON_IsObject(tree))
		return invalid(error, "a request must be an object");
	if (members_sort(tree, &members, error) < 0)
		return -1;
	if (members.id != NULL && !is_answerable_id(members.id))
		return invalid(
			error, "id must be a string, null or a whole number within 2^53 - 1"
		);
	request->id = members.id;
	const char *version = cJSON_GetStringValue(members.jsonrpc);
	if (version == NULL || strcmp(version, "2.0") != 0)
		return invalid(error, "the member jsonrpc must be \"2.0\"");
	const char *name = cJSON_GetStringValue(members.method);
	if (name == NULL)
		return invalid(error, "the member method must be a string");
	// from here on it is a request, and without an id a notification (clause 4.1)
	request->is_notification = members.id == NULL;
	request->method = method_find(name);
	if (request->method == NULL)
		return unknown_method(error, name);
	return params_read(members.params, request, error);
}
