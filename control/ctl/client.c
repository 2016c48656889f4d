/* SPDX-License-Identifier: BSD-3-Clause */
/* A JSON-RPC call over the control socket; the contract is in client.h. */
#include "control/ctl/client.h"

#include "control/ctl/exact.h"
#include "control/ctl/wire.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define INVALID_PARAMS "-32602"
#define UNKNOWN_METHOD "-32601"

static bool text_add(cJSON *params, const char *name, const char *text) {
	return text == NULL || cJSON_AddStringToObject(params, name, text) != NULL;
}

static bool number_add(cJSON *params, const char *name, uint32_t number) {
	return number == 0 || cJSON_AddNumberToObject(params, name, number) != NULL;
}

/* Adds the parameters that there are. False without memory. */
static bool params_add(cJSON *line, const struct client_request *request) {
	if (request->link == NULL && request->level == NULL && request->last == 0 &&
	    request->from == NULL)
		return true;
	cJSON *params = cJSON_AddObjectToObject(line, "params");
	return text_add(params, "link", request->link) &&
	       number_add(params, "seconds", request->seconds) &&
	       number_add(params, "last", request->last) &&
	       (request->from == NULL || cJSON_AddRawToObject(params, "from", request->from) != NULL
	       ) &&
	       text_add(params, "level", request->level) &&
	       text_add(params, "module", request->module);
}

char *client_request_line(const struct client_request *request) {
	cJSON *line = cJSON_CreateObject();
	bool is_whole = params_add(line, request) &&
			cJSON_AddStringToObject(line, "jsonrpc", "2.0") != NULL &&
			cJSON_AddNumberToObject(line, "id", 1) != NULL &&
			cJSON_AddStringToObject(line, "method", request->method) != NULL;
	char *text = is_whole ? cJSON_PrintUnformatted(line) : NULL;

	cJSON_Delete(line);
	return text;
}

static enum ctl_status not_macsecd(const struct ctl *ctl) {
	return ctl_error(
		"what answers on %s does not speak macsecd's JSON-RPC: is it the right socket?",
		ctl->socket_path
	);
}

static enum ctl_status error_report(const struct ctl *ctl, cJSON *error) {
	exact_neutralise(error);
	const char *message = cJSON_GetStringValue(cJSON_GetObjectItem(error, "message"));
	const cJSON *code = cJSON_GetObjectItem(error, "code");

	if (message == NULL || !cJSON_IsRaw(code))
		return not_macsecd(ctl);
	ctl_error("%s", message);
	const bool is_question_wrong = strcmp(code->valuestring, INVALID_PARAMS) == 0 ||
				       strcmp(code->valuestring, UNKNOWN_METHOD) == 0;
	return is_question_wrong ? CTL_USAGE : CTL_WRONG;
}

static bool is_answer(const cJSON *answer) {
	const char *version = cJSON_GetStringValue(cJSON_GetObjectItem(answer, "jsonrpc"));

	return version != NULL && strcmp(version, "2.0") == 0;
}

enum ctl_status client_answer_read(const struct ctl *ctl, cJSON *answer, cJSON **result) {
	if (!is_answer(answer))
		return not_macsecd(ctl);
	cJSON *error = cJSON_GetObjectItem(answer, "error");
	if (error != NULL)
		return error_report(ctl, error);
	cJSON *found = cJSON_DetachItemFromObject(answer, "result");
	if (!cJSON_IsObject(found)) {
		cJSON_Delete(found);
		return not_macsecd(ctl);
	}
	if (!ctl->json)
		exact_neutralise(found);
	*result = found;
	return CTL_OK;
}

static enum ctl_status exchange(const struct ctl *ctl, const char *request, char **answer) {
	int fd;
	enum ctl_status status = wire_connect(ctl, &fd);

	if (status != CTL_OK)
		return status;
	status = wire_ask(ctl, fd, request, CLIENT_ANSWER_MAX_OCTETS, answer);
	wire_close(fd);
	return status;
}

enum ctl_status
client_call(const struct ctl *ctl, const struct client_request *request, cJSON **result) {
	char *line = client_request_line(request);
	char *text;

	if (line == NULL)
		return ctl_error("out of memory");
	enum ctl_status status = exchange(ctl, line, &text);
	cJSON_free(line);
	if (status != CTL_OK)
		return status;
	cJSON *answer = exact_parse(text);
	free(text);
	status = client_answer_read(ctl, answer, result);
	cJSON_Delete(answer);
	return status;
}
