/* SPDX-License-Identifier: BSD-3-Clause */
/* One key of the agent through time: when the service is asked, and what is told. */
#include "tests/unit/agent_watch_bench.h"

#include <criterion/criterion.h>

#include <string.h>

Test(agent_watch, a_key_is_fetched_once_and_looked_at_from_then_on) {
	begin(true);
	cr_assert(watch.want.wants_key);
	cr_assert(take(good()));
	cr_assert_eq(news.kind, AGENT_KEY);
	cr_assert_eq(news.verdict, AGENT_GOOD);
	cr_assert_eq(news.number, 7);
	cr_assert_eq(news.ask, 70);
	cr_assert_eq(news.http_status, 200);
	cr_assert_str_eq(news.identity.id, "6666");
	cr_assert_str_eq(news.identity.version, "1");
	for (int i = 0; i < 3; i++) {
		cr_assert_not(watch.want.wants_key);
		cr_assert(take(good()));
		cr_assert_eq(news.kind, AGENT_NEWS);
		cr_assert_eq(news.verdict, AGENT_GOOD);
	}
}

Test(agent_watch, a_key_that_is_had_is_never_fetched) {
	begin(false);
	for (int i = 0; i < 3; i++) {
		cr_assert_not(watch.want.wants_key);
		cr_assert(take(good()));
		cr_assert_eq(news.kind, AGENT_NEWS);
	}
	take(failed(CLOUD_FINAL, 404, "there is no such key"));
	cr_assert_not(watch.want.wants_key);
}

Test(agent_watch, looks_come_a_tenth_earlier_or_later) {
	uint64_t low = UINT64_MAX, high = 0;

	begin(false);
	for (uint32_t i = 0; i < 2000; i++) {
		now.random = i * 2654435761u;
		take(good());
		low = watch.due_ms - now.now_ms < low ? watch.due_ms - now.now_ms : low;
		high = watch.due_ms - now.now_ms > high ? watch.due_ms - now.now_ms : high;
	}
	cr_assert(low >= POLL_S * 900 && low < POLL_S * 910, "%lu ms", (unsigned long)low);
	cr_assert(high <= POLL_S * 1100 && high > POLL_S * 1090, "%lu ms", (unsigned long)high);
}

Test(agent_watch, a_service_that_is_down_is_waited_for) {
	begin(true);
	cr_assert(take(failed(CLOUD_TRANSIENT, 503, "the service is down")));
	cr_assert_eq(news.kind, AGENT_NEWS);
	cr_assert_eq(news.verdict, AGENT_WAITING);
	cr_assert_eq(news.http_status, 503);
	cr_assert_str_eq(news.text, "the service is down");
	cr_assert_eq(news.retry_in_s, (watch.due_ms - now.now_ms + 999) / 1000);
	cr_assert_not(watch.is_refused);
	cr_assert(watch.want.wants_key);
	cr_assert(take(good()));
	cr_assert_eq(news.kind, AGENT_KEY);
	cr_assert_eq(watch.retry.failures, 0);
}

Test(agent_watch, the_request_s_name_is_told_apart_from_the_reason) {
	struct agent_outcome outcome = failed(CLOUD_TRANSIENT, 503, "the service is down");

	begin(true);
	strcpy(outcome.error.correlation, "0f0f0f0f-1111-4222-8333-444444444444");
	cr_assert(take(outcome));
	cr_assert_str_eq(news.text, "the service is down");
	cr_assert_str_eq(news.correlation, "0f0f0f0f-1111-4222-8333-444444444444");
	strcpy(outcome.error.correlation, "a b\n");
	cr_assert(take(outcome));
	cr_assert_str_empty(news.correlation);
	cr_assert(take(good()));
	cr_assert_str_empty(news.correlation);
}

Test(agent_watch, a_service_that_stays_down_is_asked_seldom) {
	uint64_t begun_ms;
	int calls = 0;

	begin(true);
	begun_ms = now.now_ms;
	for (uint32_t i = 0; now.now_ms < begun_ms + 60 * MINUTE_MS; i++) {
		now.random = i * 2654435761u;
		take(failed(CLOUD_TRANSIENT, 0, "nobody is there"));
		calls++;
	}
	cr_assert_gt(calls, 50, "it must be soon noticed when the service comes back");
	cr_assert_lt(calls, 300, "%d calls in an hour", calls);
}

Test(agent_watch, what_is_too_early_waits_longer) {
	begin(true);
	cr_assert(take(failed(CLOUD_LATER, 409, "too early")));
	cr_assert_eq(news.verdict, AGENT_WAITING);
	cr_assert_geq(watch.due_ms - now.now_ms, 30000);
}

Test(agent_watch, the_server_s_own_time_is_kept) {
	struct agent_outcome outcome = failed(CLOUD_TRANSIENT, 429, "too many");

	begin(true);
	outcome.error.retry_after_s = 120;
	take(outcome);
	cr_assert_geq(watch.due_ms - now.now_ms, 120000);
}

Test(agent_watch, what_is_refused_is_tried_at_each_poll) {
	static const enum cloud_verdict verdicts[] = {CLOUD_FINAL, CLOUD_TOKEN};

	for (int i = 0; i < 2; i++) {
		begin(true);
		watch.want.poll_s = 30;
		cr_assert(take(failed(verdicts[i], 401, "grant the role")));
		cr_assert_eq(news.verdict, AGENT_REFUSED);
		cr_assert_str_eq(news.text, "grant the role");
		cr_assert(watch.is_refused);
		cr_assert(watch.want.wants_key);
		cr_assert_geq(watch.due_ms - now.now_ms, 30 * 900);
		cr_assert_leq(watch.due_ms - now.now_ms, 30 * 1100);
		cr_assert(take(good()));
		cr_assert_eq(news.kind, AGENT_KEY);
		cr_assert_not(watch.is_refused);
	}
}

/* A day's poll is for looks: a link waits for a key. */
Test(agent_watch, a_key_that_is_not_had_is_tried_each_minute) {
	for (int wants_key = 0; wants_key < 2; wants_key++) {
		begin(wants_key == 1);
		watch.want.poll_s = DAY_S;
		cr_assert(take(failed(CLOUD_FINAL, 0, "the certificate is not valid yet")));
		cr_assert_geq(watch.due_ms - now.now_ms, wants_key == 1 ? 54000 : DAY_S * 900);
		cr_assert_leq(watch.due_ms - now.now_ms, wants_key == 1 ? 66000 : DAY_S * 1100);
		cr_assert_eq(news.retry_in_s, (watch.due_ms - now.now_ms + 999) / 1000);
	}
}

Test(agent_watch, new_credentials_hurry_but_not_too_much) {
	begin(true);
	take(failed(CLOUD_FINAL, 400, "unknown API key"));
	agent_watch_hurry(&watch, now.now_ms + 1);
	cr_assert_eq(watch.due_ms, now.now_ms + AGENT_SPACING_MS);
	agent_watch_hurry(&watch, now.now_ms + 9000);
	cr_assert_eq(watch.due_ms, now.now_ms + 9000);
}

Test(agent_watch, a_failure_without_words_gets_some) {
	begin(true);
	cr_assert(take(failed(CLOUD_FINAL, 0, "")));
	cr_assert_neq(news.text[0], '\0');
	begin(false);
	cr_assert(take(failed(CLOUD_FINAL, 42, "")));
	cr_assert_eq(news.http_status, 0);
}

Test(agent_watch, looks_that_fail_are_told_when_it_lasts) {
	uint64_t failing_ms;
	bool is_told = false;

	begin(false);
	take(good());
	failing_ms = watch.due_ms;
	while (!is_told)
		is_told = take(failed(CLOUD_TRANSIENT, 0, "nobody is there"));
	cr_assert_geq(now.now_ms - failing_ms, 10 * MINUTE_MS);
	cr_assert_leq(now.now_ms - failing_ms, 12 * MINUTE_MS);
	cr_assert_eq(news.verdict, AGENT_WARNING);
	assert_says("nobody is there");
	cr_assert(take(good()));
	cr_assert_eq(news.verdict, AGENT_GOOD);
	cr_assert_not(take(failed(CLOUD_TRANSIENT, 0, "nobody is there")), "it counts anew");
}

Test(agent_watch, hostile_words_arrive_printable) {
	struct agent_outcome outcome = good();

	begin(true);
	strcpy(outcome.key.id, "\x1b[2J\xff\n");
	memset(outcome.key.version, '\t', sizeof(outcome.key.version) - 1);
	outcome.key.expires_s = INT64_MAX;
	cr_assert(take(outcome));
	outcome.key.id[0] = '\0'; // none told: then it is what was asked for
	outcome.key.expires_s = INT64_MIN;
	cr_assert(take(outcome));
	cr_assert_str_eq(news.identity.id, "alias");
	outcome = failed(CLOUD_FINAL, 65535, "");
	memset(outcome.error.text, 0x80, sizeof(outcome.error.text) - 1);
	cr_assert(take(outcome));
}

Test(agent_watch, the_same_want_again_changes_nothing) {
	struct agent_want want = want_of(false);
	uint64_t due_ms;

	begin(false);
	take(good());
	due_ms = watch.due_ms;
	agent_watch_want(&watch, &want, now.now_ms + 1);
	cr_assert_eq(watch.due_ms, due_ms);
}

Test(agent_watch, a_want_that_differs_is_served_soon_but_not_at_once) {
	struct agent_want wants[5];

	for (int i = 0; i < 5; i++)
		wants[i] = want_of(false);
	wants[0].ask++;
	wants[1].poll_s = 60;
	wants[2].wants_key = true;
	strcpy(wants[3].known.id, "7777");
	strcpy(wants[4].known.version, "2");
	for (int i = 0; i < 5; i++) {
		begin(false);
		take(good());
		agent_watch_want(&watch, &wants[i], now.now_ms + 1);
		cr_assert_eq(watch.due_ms, now.now_ms + AGENT_SPACING_MS, "row %d", i);
		cr_assert_eq(memcmp(&watch.want, &wants[i], sizeof(wants[i])), 0, "row %d", i);
	}
}

Test(agent_watch, no_key_is_asked_for_more_than_once_a_second) {
	uint32_t random = 1;

	begin(true);
	watch.want.poll_s = 1;
	for (uint32_t i = 0; i < 20000; i++) {
		struct agent_outcome outcome = good();

		random = random * 1664525u + 1013904223u;
		now.random = random;
		if ((random >> 20 & 3) != 0)
			outcome = failed((enum cloud_verdict)(random >> 24) % 6, 500, "it fails");
		outcome.error.retry_after_s = random >> 16 & 0xf;
		watch.want.wants_key = random >> 28 & 1;
		take(outcome); // asserts it
		agent_watch_hurry(&watch, now.now_ms + (random >> 8 & 0x7ff));
		cr_assert_geq(watch.due_ms, now.now_ms + AGENT_SPACING_MS);
	}
}
