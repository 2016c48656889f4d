/* SPDX-License-Identifier: BSD-3-Clause */
/* Asking control/server/rpc.c, with the checks that hold for every answer. */
#pragma once

#include "control/daemon.h"

#include <cjson/cJSON.h>

#include <stddef.h>

#define RPC_REQUEST(method) "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"" method "\"}"
#define RPC_REQUEST_LINK(method, link)                                                         \
	"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"" method "\",\"params\":{\"link\":\"" link \
	"\"}}"

/* The answer's text, for cJSON_free; NULL when there is none. request[octets] must be NUL. */
char *rpc_ask_text(struct daemon *daemon, const char *request, size_t octets);

/* The whole answer, for cJSON_Delete; it must be there. */
cJSON *rpc_ask(struct daemon *daemon, const char *request);

/* Code of the error, 0 when the answer is a result. */
int rpc_ask_code(struct daemon *daemon, const char *request);

/* The answer must be an error with this code, and `part` in its message. */
void rpc_assert_message(struct daemon *daemon, const char *request, int code, const char *part);

/* The text of the answer must contain `part`. */
void rpc_assert_answer(struct daemon *daemon, const char *request, const char *part);
