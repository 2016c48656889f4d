/* SPDX-License-Identifier: BSD-3-Clause */
/* Any line as a request: the answer is one line of valid JSON-RPC 2.0, or nothing. */
#include "control/server/json_check.h"
#include "control/server/rpc.h"
#include "tests/unit/fake_daemon.h"

#include <cjson/cJSON.h>

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t octets);

static void require(bool holds) {
	if (!holds)
		abort();
}

static void answer_check(char *answer) {
	const size_t octets = strlen(answer);
	cJSON *tree = cJSON_ParseWithOpts(answer, NULL, true);

	require(tree != NULL);
	require(strchr(answer, '\n') == NULL);
	require(json_check(answer, octets) == NULL);
	require(cJSON_HasObjectItem(tree, "id"));
	require(cJSON_HasObjectItem(tree, "result") != cJSON_HasObjectItem(tree, "error"));
	cJSON_Delete(tree);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t octets) {
	static struct daemon *daemon;
	struct rpc_stream stream = {0};
	char *answer;
	char *text = malloc(octets + 1);

	if (daemon == NULL)
		daemon = fake_daemon_create(2);
	if (text == NULL)
		return 0;
	memcpy(text, data, octets);
	text[octets] = '\0';
	require(rpc_answer(daemon, text, octets, &stream, &answer) == 0);
	if (answer != NULL)
		answer_check(answer);
	cJSON_free(answer);
	free(text);
	return 0;
}
