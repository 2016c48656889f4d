/* SPDX-License-Identifier: BSD-3-Clause */
/* Asking and checking; the contract is in rpc_ask.h. */
#include "tests/unit/rpc_ask.h"

#include "control/server/rpc.h"

#include <criterion/criterion.h>

#include <string.h>

char *rpc_ask_text(struct daemon *daemon, const char *request, size_t octets) {
	struct rpc_stream stream = {0};
	char *answer;

	cr_assert_eq(rpc_answer(daemon, request, octets, &stream, &answer), 0);
	if (answer != NULL)
		cr_assert_null(strchr(answer, '\n'), "an answer is one line");
	return answer;
}

cJSON *rpc_ask(struct daemon *daemon, const char *request) {
	char *text = rpc_ask_text(daemon, request, strlen(request));
	cr_assert_not_null(text, "no answer to %s", request);
	cJSON *answer = cJSON_Parse(text);

	cr_assert_not_null(answer, "not JSON: %s", text);
	cr_assert_str_eq(cJSON_GetStringValue(cJSON_GetObjectItem(answer, "jsonrpc")), "2.0");
	cr_assert_neq(cJSON_HasObjectItem(answer, "result"), cJSON_HasObjectItem(answer, "error"));
	cJSON_free(text);
	return answer;
}

int rpc_ask_code(struct daemon *daemon, const char *request) {
	cJSON *answer = rpc_ask(daemon, request);
	const cJSON *error = cJSON_GetObjectItem(answer, "error");
	const int code = error == NULL ? 0 : cJSON_GetObjectItem(error, "code")->valueint;

	cJSON_Delete(answer);
	return code;
}

void rpc_assert_message(struct daemon *daemon, const char *request, int code, const char *part) {
	cJSON *answer = rpc_ask(daemon, request);
	const cJSON *error = cJSON_GetObjectItem(answer, "error");

	cr_assert_not_null(error);
	cr_assert_eq(cJSON_GetObjectItem(error, "code")->valueint, code);
	const char *message = cJSON_GetObjectItem(error, "message")->valuestring;
	cr_assert_not_null(strstr(message, part), "\"%s\" lacks \"%s\"", message, part);
	cJSON_Delete(answer);
}

void rpc_assert_answer(struct daemon *daemon, const char *request, const char *part) {
	char *text = rpc_ask_text(daemon, request, strlen(request));

	cr_assert_not_null(strstr(text, part), "%s lacks %s", text, part);
	cJSON_free(text);
}
