/* SPDX-License-Identifier: BSD-3-Clause */
/* The parameters that methods take: which there are, and reading them. Control thread only. */
#pragma once

#include "control/server/rpc.h"

#include <cjson/cJSON.h>

/*
 * Reads the parameters of a request for `method`. params: hostile, NULL when the member is absent.
 * Texts are borrowed from the tree. Returns 0, or -1 with `error` set.
 */
int rpc_params_read(
	const cJSON *params, const struct rpc_method *method, struct rpc_args *args,
	struct rpc_error *error
);

/* "link (optional), last (optional)", as rpc.list shows it; NULL when the method takes none. text:
 * of `size` octets, to write into. */
const char *rpc_params_describe(enum rpc_params params, char *text, size_t size);
