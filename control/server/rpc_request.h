/* SPDX-License-Identifier: BSD-3-Clause */
/* A parsed JSON tree as a checked request. Control thread only. */
#pragma once

#include "control/server/rpc.h"

#include <cjson/cJSON.h>

#include <stdbool.h>

/* Everything is borrowed from the tree. */
struct rpc_request {
	const cJSON *id;      // NULL: none, or not one that can be answered
	bool is_notification; // a request object without an id: never answered
	const struct rpc_method *method;
	struct rpc_args args;
};

/*
 * Checks a tree against JSON-RPC 2.0 clause 4 and the method's parameters.
 * Returns 0, or -1 with `error` set; `id` and `is_notification` are right in both cases.
 */
int rpc_request_read(const cJSON *tree, struct rpc_request *request, struct rpc_error *error);
