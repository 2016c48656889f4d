/* SPDX-License-Identifier: BSD-3-Clause */
/* Checking a request object; the contract is in rpc_request.h. */
#include "control/server/rpc_request.h"

#include "control/server/rpc_params.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

/* 2^53 - 1: above it, different whole numbers become the same double, and an id would come back
 * changed. */
#define ID_MAX 9007199254740991.0

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
	char known[384] = "";
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
	return rpc_params_read(members.params, request->method, &request->args, error);
}
