/* SPDX-License-Identifier: BSD-3-Clause */
/* From a request line to an answer line; the contract is in rpc.h. */
#include "control/server/rpc.h"

#include "control/server/json_check.h"
#include "control/server/rpc_request.h"
#include "control/server/utf8.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

int rpc_fail(struct rpc_error *error, enum rpc_code code, const char *format, ...) {
	va_list args;

	va_start(args, format);
	vsnprintf(error->message, sizeof(error->message), format, args);
	va_end(args);
	// a precision may have cut a character of the client's in two
	utf8_neutralise(error->message);
	error->code = code;
	return -1;
}

/* {"jsonrpc":"2.0","id":…}; NULL stands for null. */
static struct json envelope_begin(const cJSON *id, bool *failed) {
	struct json root = json_root(failed);
	const char *text = cJSON_GetStringValue(id);

	json_text(root, "jsonrpc", "2.0");
	if (text != NULL)
		json_string(root, "id", text);
	else if (cJSON_IsNumber(id))
		json_i64(root, "id", (int64_t)cJSON_GetNumberValue(id));
	else
		json_null(root, "id");
	return root;
}

/* Prints and frees the tree. */
static int envelope_end(struct json root, char **answer) {
	*answer = *root.failed ? NULL : cJSON_PrintUnformatted(root.node);
	cJSON_Delete(root.node);
	return *answer == NULL ? -ENOMEM : 0;
}

static int error_answer(const cJSON *id, const struct rpc_error *error, char **answer) {
	bool failed;
	struct json root = envelope_begin(id, &failed);
	struct json object = json_object(root, "error");

	json_i64(object, "code", error->code);
	json_text(object, "message", error->message);
	return envelope_end(root, answer);
}

int rpc_error_line(enum rpc_code code, const char *message, char **answer) {
	struct rpc_error error;

	rpc_fail(&error, code, "%s", message);
	return error_answer(NULL, &error, answer);
}

/* Runs the method. A handler that fails leaves a result half built: it is thrown away. */
static int method_answer(
	struct daemon *daemon, const struct rpc_request *request, struct rpc_stream *stream,
	char **answer
) {
	struct rpc_error error = {0};
	bool failed;
	struct json root = envelope_begin(request->id, &failed);
	struct rpc_call call = {
		.daemon = daemon,
		.args = request->args,
		.stream = stream,
		.result = json_object(root, "result"),
		.error = &error,
	};

	if (request->method->handler(&call) < 0) {
		cJSON_Delete(root.node);
		return error_answer(request->id, &error, answer);
	}
	int ret = envelope_end(root, answer);
	if (ret == 0 && strlen(*answer) > RPC_ANSWER_MAX_OCTETS) {
		cJSON_free(*answer);
		rpc_fail(&error, RPC_TOO_LARGE, "the answer exceeds 16 MiB: ask for one link");
		ret = error_answer(request->id, &error, answer);
	}
	return ret;
}

static cJSON *request_parse(const char *text, size_t octets, struct rpc_error *error) {
	const char *wrong = json_check(text, octets);

	if (wrong != NULL) {
		rpc_fail(error, RPC_PARSE_ERROR, "%s", wrong);
		return NULL;
	}
	// the terminator is part of the length: cJSON then refuses what follows the value
	cJSON *tree = cJSON_ParseWithLengthOpts(text, octets + 1, NULL, true);
	if (tree == NULL)
		rpc_fail(error, RPC_PARSE_ERROR, "the line is not JSON");
	return tree;
}

int rpc_answer(
	struct daemon *daemon, const char *text, size_t octets, struct rpc_stream *stream,
	char **answer
) {
	struct rpc_error error;
	struct rpc_request request = {0};
	int ret;

	*answer = NULL;
	cJSON *tree = request_parse(text, octets, &error);
	if (tree == NULL)
		return error_answer(NULL, &error, answer);

	if (rpc_request_read(tree, &request, &error) < 0)
		ret = error_answer(request.id, &error, answer);
	else
		ret = method_answer(daemon, &request, stream, answer);
	cJSON_Delete(tree);

	if (request.is_notification) {
		cJSON_free(*answer);
		*answer = NULL;
		return 0;
	}
	return ret;
}
