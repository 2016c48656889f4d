/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * JSON-RPC 2.0: one request line in, one answer line out. Knows nothing of sockets. Control thread
 * only.
 *
 * Stricter than the specification where that costs nobody anything: no batches, parameters by name
 * only, no member and no parameter that is unknown or stands twice, numeric ids whole and within
 * 2^53 - 1.
 */
#pragma once

#include "control/config.h"
#include "control/daemon.h"
#include "control/server/json.h"

#include <cjson/cJSON.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define RPC_ANSWER_MAX_OCTETS (16u << 20)

/* What is sent when there is no memory for a proper answer. */
#define RPC_OUT_OF_MEMORY                                                                          \
	"{\"jsonrpc\":\"2.0\",\"id\":null,\"error\":{\"code\":-32603,\"message\":\"the daemon is " \
	"out of memory\"}}"

/* JSON-RPC 2.0 clause 5.1, and from -32001 on our own. */
enum rpc_code {
	RPC_PARSE_ERROR = -32700,
	RPC_INVALID_REQUEST = -32600,
	RPC_UNKNOWN_METHOD = -32601,
	RPC_INVALID_PARAMS = -32602,
	RPC_INTERNAL = -32603,
	RPC_REFUSED = -32001,   // understood, but the state of the link does not allow it
	RPC_TOO_LARGE = -32002, // the answer would exceed RPC_ANSWER_MAX_OCTETS
};

struct rpc_error {
	enum rpc_code code;
	char message[512];
};

/* Parameters by name; NULL or 0 when absent. Texts are borrowed for the call, hostile but text. */
struct rpc_args {
	const char *link, *level, *module;
	uint64_t seconds, last, from;
};

/* What a connection gets besides its answers. */
struct rpc_stream {
	bool is_open;
	uint64_t next;              // number of the next event to be sent
	char link[CONFIG_NAME_MAX]; // of which link, and those of none; "": all
};

/* One call of a method, as its handler sees it. */
struct rpc_call {
	struct daemon *daemon;
	struct rpc_args args;
	struct rpc_stream *stream; // of the connection that asks
	struct json result;
	struct rpc_error *error;
};

/* Which parameters a method takes. */
enum rpc_params {
	RPC_NO_PARAMS,
	RPC_OPTIONAL_LINK,
	RPC_LINK,
	RPC_LINK_SECONDS,
	RPC_EVENTS,    // link and last, both optional
	RPC_SUBSCRIBE, // link and from, both optional
	RPC_LEVEL,     // level, and optionally module
};

struct rpc_method {
	const char *name;
	enum rpc_params params;
	/* Fills call->result. Returns 0, or -1 after rpc_fail. */
	int (*handler)(struct rpc_call *call);
	const char *help;
};

/* Every method, in the order of rpc.list. */
extern const struct rpc_method rpc_methods[];
extern const size_t rpc_method_count;

/*
 * Answers one request.
 *
 * text: hostile; `octets` of it, and text[octets] is NUL. stream: what the connection gets besides;
 * a method may open or change it. On success *answer is the line without
 * its end (RFC 8259 text in UTF-8, no line feed inside), to be given to cJSON_free, or NULL when
 * there is nothing to answer (a notification). Returns 0, or -ENOMEM: then RPC_OUT_OF_MEMORY is the
 * answer.
 */
int rpc_answer(
	struct daemon *daemon, const char *text, size_t octets, struct rpc_stream *stream,
	char **answer
);

/* The line of an error that has no request (its id is null). Ownership and failure as rpc_answer.
 */
int rpc_error_line(enum rpc_code code, const char *message, char **answer);

/* For handlers: sets code and message (cut to its room) of the answer. Always returns -1. */
__attribute__((format(printf, 3, 4))) int
rpc_fail(struct rpc_error *error, enum rpc_code code, const char *format, ...);
