/* SPDX-License-Identifier: BSD-3-Clause */
/* Requests good, wrong and hostile through control/server/rpc.c, with a fake daemon behind it. */
#include "control/server/rpc.h"
#include "tests/unit/fake_daemon.h"
#include "tests/unit/rpc_ask.h"

#include <cjson/cJSON.h>
#include <criterion/criterion.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct daemon *fake;

static void setup(void) {
	fake = fake_daemon_create(2);
}

static void teardown(void) {
	fake_daemon_destroy(fake);
}

TestSuite(rpc, .init = setup, .fini = teardown);

struct wrong {
	const char *request;
	int code;
};

Test(rpc, refuses_wrong_requests_with_the_code_of_the_specification) {
	static const struct wrong cases[] = {
		{"", RPC_PARSE_ERROR},
		{"{", RPC_PARSE_ERROR},
		{"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"rpc.list\"} x", RPC_PARSE_ERROR},
		{"[]", RPC_INVALID_REQUEST},
		{"[{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"rpc.list\"}]", RPC_INVALID_REQUEST},
		{"1", RPC_INVALID_REQUEST},
		{"null", RPC_INVALID_REQUEST},
		{"\"rpc.list\"", RPC_INVALID_REQUEST},
		{"{}", RPC_INVALID_REQUEST},
		{"{\"id\":1,\"method\":\"rpc.list\"}", RPC_INVALID_REQUEST},
		{"{\"jsonrpc\":\"1.0\",\"id\":1,\"method\":\"rpc.list\"}", RPC_INVALID_REQUEST},
		{"{\"jsonrpc\":2.0,\"id\":1,\"method\":\"rpc.list\"}", RPC_INVALID_REQUEST},
		{"{\"jsonrpc\":\"2.0\",\"id\":1}", RPC_INVALID_REQUEST},
		{"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":7}", RPC_INVALID_REQUEST},
		{"{\"jsonrpc\":\"2.0\",\"id\":[],\"method\":\"rpc.list\"}", RPC_INVALID_REQUEST},
		{"{\"jsonrpc\":\"2.0\",\"id\":true,\"method\":\"rpc.list\"}", RPC_INVALID_REQUEST},
		{"{\"jsonrpc\":\"2.0\",\"id\":1e999,\"method\":\"rpc.list\"}", RPC_INVALID_REQUEST},
		{"{\"jsonrpc\":\"2.0\",\"id\":1.5,\"method\":\"rpc.list\"}", RPC_INVALID_REQUEST},
		{"{\"jsonrpc\":\"2.0\",\"id\":9007199254740992,\"method\":\"rpc.list\"}",
		 RPC_INVALID_REQUEST},
		{"{\"jsonrpc\":\"2.0\",\"id\":1,\"id\":2,\"method\":\"rpc.list\"}",
		 RPC_INVALID_REQUEST},
		{"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"rpc.list\",\"more\":1}",
		 RPC_INVALID_REQUEST},
		{"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"\"}", RPC_UNKNOWN_METHOD},
		{"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"Link.show\"}", RPC_UNKNOWN_METHOD},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		cr_assert_eq(
			rpc_ask_code(fake, cases[i].request), cases[i].code, "%s", cases[i].request
		);
}

Test(rpc, refuses_wrong_parameters) {
	static const char *const cases[] = {
		"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"link.show\",\"params\":[\"cloud\"]}",
		"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"link.show\",\"params\":null}",
		"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"link.show\",\"params\":{\"link\":1}}",
		"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"link.show\",\"params\":{\"Link\":\"x\"}"
		"}",
		"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"link.show\",\"params\":{\"link\":\"\"}"
		"}",
		"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"link.show\","
		"\"params\":{\"link\":\"cloud\",\"link\":\"lab\"}}",
		RPC_REQUEST_LINK("daemon.show", "cloud"),
		"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"link.rekey\"}",
		"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"link.rekey\",\"params\":{}}",
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		cr_assert_eq(rpc_ask_code(fake, cases[i]), RPC_INVALID_PARAMS, "%s", cases[i]);
	cr_assert_eq(fake_link_rekeys(fake, 0), 0);
}

Test(rpc, names_what_there_is_when_a_name_is_wrong) {
	rpc_assert_message(
		fake, "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"show\"}", RPC_UNKNOWN_METHOD,
		"daemon.show, link.show, mka.show, sa.show, counters.show, doctor.show, "
		"link.rekey, "
		"link.suspend, keys.show, daemon.reload, path.show, events.show, "
		"events.subscribe, log.show, log.set, rpc.list"
	);
	rpc_assert_message(
		fake, RPC_REQUEST_LINK("mka.show", "x"), RPC_INVALID_PARAMS,
		"no link \"x\"; there are cloud, lab"
	);
}

/* A request line with these octets as its id. */
static int hostile_code(const char *id, size_t octets) {
	char text[256];
	const char *head = "{\"jsonrpc\":\"2.0\",\"method\":\"rpc.list\",\"id\":\"";
	const size_t n = strlen(head);

	memcpy(text, head, n);
	memcpy(text + n, id, octets);
	memcpy(text + n + octets, "\"}", 3);
	char *answer = rpc_ask_text(fake, text, n + octets + 2);
	cJSON *tree = cJSON_Parse(answer);
	const cJSON *code = cJSON_GetObjectItem(cJSON_GetObjectItem(tree, "error"), "code");
	const int value = code == NULL ? 0 : code->valueint;
	cJSON_Delete(tree);
	cJSON_free(answer);
	return value;
}

Test(rpc, refuses_octets_that_are_not_text) {
	static const char *const hostile[] = {
		"\x80",         "\xc0\xaf",         "\xed\xa0\x80",     "\xf5\x80\x80\x80",
		"\xe2\x82",     "\xf0\x80\x80\x80", "\xf4\x90\x80\x80", "\xff",
		"\x01",         "\x1b[2J",          "\\u0000",          "\\",
		"\xe0\x80\x80",
	};

	for (size_t i = 0; i < sizeof(hostile) / sizeof(hostile[0]); i++)
		cr_assert_eq(
			hostile_code(hostile[i], strlen(hostile[i])), RPC_PARSE_ERROR, "case %zu", i
		);
	cr_assert_eq(hostile_code("a\0b", 3), RPC_PARSE_ERROR);
	cr_assert_eq(hostile_code("\xe2\x82\xac \\\\u0000 \\\"", 14), 0);
	cr_assert_eq(hostile_code("\xf4\x8f\xbf\xbf\xed\x9f\xbf", 7), 0);
}

static int nested_code(size_t depth) {
	char text[4096];
	size_t n =
		(size_t)snprintf(text, sizeof(text), "{\"jsonrpc\":\"2.0\",\"id\":1,\"params\":");

	memset(text + n, '[', depth - 1);
	memset(text + n + depth - 1, ']', depth - 1);
	n += 2 * (depth - 1);
	snprintf(text + n, sizeof(text) - n, ",\"method\":\"rpc.list\"}");
	return rpc_ask_code(fake, text);
}

Test(rpc, refuses_deep_nesting_before_it_is_parsed) {
	cr_assert_eq(nested_code(32), RPC_INVALID_PARAMS);
	cr_assert_eq(nested_code(33), RPC_PARSE_ERROR);
	cr_assert_eq(nested_code(1500), RPC_PARSE_ERROR);
}

Test(rpc, returns_the_id_as_it_was_sent) {
	rpc_assert_answer(
		fake, "{\"jsonrpc\":\"2.0\",\"id\":7,\"method\":\"rpc.list\"}", "\"id\":7,"
	);
	rpc_assert_answer(
		fake, "{\"jsonrpc\":\"2.0\",\"id\":-9007199254740991,\"method\":\"rpc.list\"}",
		"\"id\":-9007199254740991,"
	);
	rpc_assert_answer(
		fake, "{\"jsonrpc\":\"2.0\",\"id\":\"a\\u20acb\",\"method\":\"no\"}",
		"\"id\":\"a€b\","
	);
	rpc_assert_answer(
		fake, "{\"jsonrpc\":\"2.0\",\"id\":null,\"method\":\"no\"}", "\"id\":null,"
	);
	rpc_assert_answer(
		fake, "{\"jsonrpc\":\"2.0\",\"id\":\"\",\"method\":\"no\"}", "\"id\":\"\","
	);
	rpc_assert_answer(fake, "{\"id\":[1]}", "\"id\":null,");
}

Test(rpc, a_message_that_cuts_a_name_stays_text) {
	char request[256];

	// the 64 octets that are quoted end inside the euro sign
	snprintf(
		request, sizeof(request), "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"%63s€\"}", "x"
	);
	rpc_assert_message(fake, request, RPC_UNKNOWN_METHOD, "x?\"; there are");
}

Test(rpc, never_answers_a_notification_but_obeys_it) {
	static const char *const silent[] = {
		"{\"jsonrpc\":\"2.0\",\"method\":\"rpc.list\"}",
		"{\"jsonrpc\":\"2.0\",\"method\":\"no.such\"}",
		"{\"jsonrpc\":\"2.0\",\"method\":\"link.show\",\"params\":{\"link\":\"no\"}}",
		"{\"jsonrpc\":\"2.0\",\"method\":\"link.rekey\",\"params\":{\"link\":\"cloud\"}}",
	};

	for (size_t i = 0; i < sizeof(silent) / sizeof(silent[0]); i++)
		cr_assert_null(rpc_ask_text(fake, silent[i], strlen(silent[i])));
	cr_assert_eq(fake_link_rekeys(fake, 0), 1);
}

Test(rpc, refuses_to_send_an_answer_beyond_its_limit) {
	fake_daemon_destroy(fake);
	fake = fake_daemon_create(600);
	for (size_t i = 0; i < 600; i++) {
		struct link_view *view = fake_link_view(fake, i);
		view->n_sas = LINK_SAS_MAX;
		for (size_t j = 0; j < LINK_SAS_MAX; j++)
			view->sas[j] = fake_link_view(fake, 0)->sas[0];
	}
	rpc_assert_message(fake, RPC_REQUEST("sa.show"), RPC_TOO_LARGE, "ask for one link");
}

static size_t allocations_left;

static void *failing_malloc(size_t octets) {
	if (allocations_left == 0)
		return NULL;
	allocations_left--;
	return malloc(octets);
}

/* Every single allocation fails once: the answer is whole or there is none. */
static void assert_whole_or_nothing(const char *request, const char *whole) {
	struct rpc_stream stream = {0};
	char *answer = NULL;
	size_t n = 0;
	int ret;

	do {
		cr_assert_lt(n, 100000u);
		allocations_left = n++;
		ret = rpc_answer(fake, request, strlen(request), &stream, &answer);
		// the parser cannot tell want of memory from bad JSON: that answer is an error too
		if (ret == 0 && strstr(answer, "\"error\"") != NULL) {
			cJSON_free(answer);
			answer = NULL;
		} else if (ret == 0) {
			cr_assert_str_eq(answer, whole);
		}
	} while (answer == NULL);
	cr_assert_gt(n, 10u);
	cJSON_free(answer);
}

Test(rpc, answers_whole_or_not_at_all_when_memory_fails) {
	static const char *const methods[] = {
		"daemon.show",   "link.show",   "mka.show", "sa.show",
		"counters.show", "doctor.show", "rpc.list",
	};
	cJSON_Hooks hooks = {.malloc_fn = failing_malloc, .free_fn = free};
	char request[128];

	for (size_t i = 0; i < sizeof(methods) / sizeof(methods[0]); i++) {
		snprintf(
			request, sizeof(request),
			"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"%s\"}", methods[i]
		);
		cJSON_InitHooks(NULL);
		char *whole = rpc_ask_text(fake, request, strlen(request));
		cJSON_InitHooks(&hooks);
		assert_whole_or_nothing(request, whole);
		cJSON_InitHooks(NULL);
		cJSON_free(whole);
	}
}

Test(rpc, the_answer_without_memory_is_itself_an_answer) {
	cJSON *answer = cJSON_Parse(RPC_OUT_OF_MEMORY);

	cr_assert_eq(
		cJSON_GetObjectItem(cJSON_GetObjectItem(answer, "error"), "code")->valueint,
		RPC_INTERNAL
	);
	cJSON_Delete(answer);
}
