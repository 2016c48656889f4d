/* SPDX-License-Identifier: BSD-3-Clause */
/* path.show, events.show, log.show and log.set, with a fake daemon behind them. */
#include "control/log_level.h"
#include "control/server/rpc.h"
#include "tests/unit/fake_daemon.h"
#include "tests/unit/rpc_ask.h"

#include <cjson/cJSON.h>
#include <criterion/criterion.h>

#include <string.h>

static struct daemon *fake;

static void setup(void) {
	fake = fake_daemon_create(2);
}

static void teardown(void) {
	fake_daemon_destroy(fake);
}

TestSuite(methods_operate, .init = setup, .fini = teardown);

static const cJSON *member(const cJSON *object, const char *name) {
	return cJSON_GetObjectItemCaseSensitive(object, name);
}

/* Frames that come to a stage are those that the one before neither dropped nor handed over; and
 * every reason of the lanes has a stage: what stages drop is what lanes drop. */
Test(methods_operate, path_accounts_for_every_drop_at_one_stage) {
	struct link_view *view = fake_link_view(fake, 0);
	uint64_t found = 0, wanted = 0;

	for (int i = 0; i < COUNTER_COUNT; i++) {
		view->protect.value[i] = view->validate.value[i] = 0;
		if (counter_info((enum counter)i)->kind != COUNTER_DROP)
			continue;
		const char *word = counter_info((enum counter)i)->word;
		const bool is_rx = strncmp(word, "in-", 3) == 0;
		struct counters *lane_counters = is_rx ? &view->validate : &view->protect;
		lane_counters->value[i] = 1;
		wanted++;
	}
	// those that only the validate lane has
	const enum counter moved[] = {C_DROP_UNCONTROLLED, C_DROP_TOO_LONG, C_DROP_PUNT_FULL};
	for (size_t i = 0; i < sizeof(moved) / sizeof(moved[0]); i++) {
		view->protect.value[moved[i]] = 0;
		view->validate.value[moved[i]] = 1;
	}
	cJSON *answer = rpc_ask(fake, RPC_REQUEST_LINK("path.show", "cloud"));
	const cJSON *link = cJSON_GetArrayItem(member(member(answer, "result"), "links"), 0), *lane;
	cJSON_ArrayForEach(lane, member(link, "lanes")) {
		const cJSON *stage;
		cJSON_ArrayForEach(stage, member(lane, "stages")) {
			found += (uint64_t)member(stage, "dropped")->valueint;
		}
	}
	cr_assert_eq(found, wanted);
	cJSON_Delete(answer);
}

Test(methods_operate, path_follows_the_frames) {
	rpc_assert_answer(
		fake, RPC_REQUEST_LINK("path.show", "cloud"),
		"{\"lane\":\"protect\",\"bursts\":0,\"frames-per-100-bursts\":null,\"stages\":["
		"{\"stage\":\"receive\",\"frames\":1007,\"dropped\":0,"
	);
	rpc_assert_answer(
		fake, RPC_REQUEST_LINK("path.show", "cloud"),
		"{\"stage\":\"protect\",\"frames\":1005,\"dropped\":0,"
	);
	rpc_assert_answer(
		fake, RPC_REQUEST_LINK("path.show", "cloud"),
		"{\"stage\":\"transmit\",\"frames\":1991,\"dropped\":0," // 2000 - 3 late - 6 punted
	);
	fake_link_view(fake, 0)->protect.value[C_BURSTS] = 2;
	rpc_assert_answer(fake, RPC_REQUEST("path.show"), "\"frames-per-100-bursts\":50350,");
}

#define EVENTS(params) \
	"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"events.show\",\"params\":{" params "}}"

Test(methods_operate, events_are_the_last_ones_of_the_link_that_is_asked_about) {
	rpc_assert_answer(
		fake, EVENTS("\"last\":1"),
		"{\"events\":[{\"number\":3,\"time\":\"2026-12-01T00:00:00.123Z\",\"link\":\"lab\","
		"\"kind\":\"peer\",\"text\":\"peer 02000000000b0001 heard\"}],\"next\":4}"
	);
	rpc_assert_answer(
		fake, EVENTS("\"last\":2,\"link\":\"cloud\""), "{\"events\":[{\"number\":1,"
	);
	rpc_assert_answer(fake, EVENTS("\"link\":\"cloud\""), "\"text\":\"secured\"}],\"next\":4}");
	cr_assert_eq(rpc_ask_code(fake, EVENTS("\"last\":0")), RPC_INVALID_PARAMS);
	cr_assert_eq(rpc_ask_code(fake, EVENTS("\"last\":1025")), RPC_INVALID_PARAMS);
	cr_assert_eq(rpc_ask_code(fake, EVENTS("\"last\":\"1\"")), RPC_INVALID_PARAMS);
	cr_assert_eq(rpc_ask_code(fake, EVENTS("\"last\":1,\"last\":1")), RPC_INVALID_PARAMS);
	cr_assert_eq(rpc_ask_code(fake, EVENTS("\"from\":1")), RPC_INVALID_PARAMS);
	cr_assert_eq(rpc_ask_code(fake, EVENTS("\"link\":\"none\"")), RPC_INVALID_PARAMS);
}

#define SET_LOG(params) \
	"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"log.set\",\"params\":{" params "}}"

Test(methods_operate, log_levels_are_set_for_one_module_or_all) {
	rpc_assert_answer(
		fake, SET_LOG("\"level\":\"debug\",\"module\":\"mka\""),
		"{\"module\":\"mka\",\"level\":\"debug\"}"
	);
	rpc_assert_answer(
		fake, RPC_REQUEST("log.show"), "{\"module\":\"link\",\"level\":\"info\"}"
	);
	cr_assert(log_is_wanted(LOG_DEBUG, "mka"));
	cr_assert_not(log_is_wanted(LOG_DEBUG, "link"));
	rpc_assert_answer(
		fake, EVENTS("\"last\":1"),
		"\"link\":null,\"kind\":\"log\",\"text\":\"log level of mka: debug\""
	);
	rpc_assert_answer(
		fake, SET_LOG("\"level\":\"error\""), "{\"module\":\"mka\",\"level\":\"error\"}"
	);
	cr_assert_not(log_is_wanted(LOG_WARNING, "mka"));
	cr_assert(log_is_wanted(LOG_ERROR, "mka"));
}

Test(methods_operate, log_set_refuses_what_it_does_not_know) {
	rpc_assert_message(
		fake, SET_LOG("\"level\":\"loud\""), RPC_INVALID_PARAMS,
		"no log level \"loud\"; there are error, warning, info, debug"
	);
	rpc_assert_message(
		fake, SET_LOG("\"level\":\"info\",\"module\":\"x\""), RPC_INVALID_PARAMS,
		"no module \"x\"; there are daemon, config, link, mka, "
	);
	rpc_assert_message(
		fake, SET_LOG("\"module\":\"mka\""), RPC_INVALID_PARAMS,
		"the parameter level is missing"
	);
	cr_assert_eq(rpc_ask_code(fake, SET_LOG("\"level\":3")), RPC_INVALID_PARAMS);
	cr_assert_eq(
		rpc_ask_code(fake, SET_LOG("\"level\":\"info\",\"module\":null")),
		RPC_INVALID_PARAMS
	);
}
