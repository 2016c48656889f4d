/* SPDX-License-Identifier: BSD-3-Clause */
/* One key of the agent through time: when the service is asked, and what is told. */
#include "control/keys/agent_watch.h"

#include <criterion/criterion.h>

#include <errno.h>
#include <string.h>

#define DAY_S 86400
#define WALL_S 1796083200 // 2026-12-01T00:00:00Z
#define POLL_S 300u
#define MINUTE_MS 60000u

static struct agent_watch watch;
static struct agent_news news;
static struct agent_clock now;

static struct agent_want want_of(bool wants_key) {
	struct agent_want want = {
		.kind = AGENT_WANT,
		.number = 7,
		.ask = 70,
		.poll_s = POLL_S,
		.wants_key = wants_key,
		.key.id = "alias",
	};

	if (!wants_key)
		want.known = (struct agent_identity){.id = "6666", .version = "1"};
	return want;
}

static void begin(bool wants_key) {
	const struct agent_want want = want_of(wants_key);

	memset(&watch, 0, sizeof(watch));
	now = (struct agent_clock){.now_ms = 5000, .wall_s = WALL_S, .random = 1234567};
	agent_watch_want(&watch, &want, now.now_ms);
	cr_assert_eq(watch.due_ms, now.now_ms, "a new want is due at once");
}

static struct agent_outcome good(void) {
	struct agent_outcome outcome = {
		.key = {.id = "6666",
			.version = "1",
			.state = KMS_ACTIVE,
			.is_extractable = true,
			.has_payload = true},
	};
	return outcome;
}

static struct agent_outcome failed(enum cloud_verdict verdict, uint16_t status, const char *text) {
	struct agent_outcome outcome = {.result = -EAGAIN};

	cloud_fail(&outcome.error, verdict, status, "%s", text);
	return outcome;
}

/* All that is told is sound: the other end would ignore the rest. */
static bool take(struct agent_outcome outcome) {
	struct agent_key message = {.cak = {1}};
	bool is_told;

	now.now_ms = watch.due_ms > now.now_ms ? watch.due_ms : now.now_ms;
	is_told = agent_watch_take(&watch, &outcome, &now, &news);
	message.news = news;
	if (is_told)
		cr_assert(
			agent_message_is_sound(
				&message, news.kind == AGENT_KEY ? sizeof(message) : sizeof(news),
				false
			),
			"verdict %d, '%s'", news.verdict, news.text
		);
	cr_assert_geq(watch.due_ms, now.now_ms + AGENT_SPACING_MS);
	return is_told;
}

#define assert_says(words) cr_assert_not_null(strstr(news.text, words), "it says: %s", news.text)

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
		cr_assert(take(failed(verdicts[i], 401, "grant the role")));
		cr_assert_eq(news.verdict, AGENT_REFUSED);
		cr_assert_str_eq(news.text, "grant the role");
		cr_assert(watch.is_refused);
		cr_assert(watch.want.wants_key);
		cr_assert_geq(watch.due_ms - now.now_ms, POLL_S * 900);
		cr_assert_leq(watch.due_ms - now.now_ms, POLL_S * 1100);
		cr_assert(take(good()));
		cr_assert_eq(news.kind, AGENT_KEY);
		cr_assert_not(watch.is_refused);
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

Test(agent_watch, a_key_that_is_gone_is_a_warning_at_once) {
	begin(false);
	cr_assert(take(failed(CLOUD_FINAL, 404, "there is no such key")));
	cr_assert_eq(news.verdict, AGENT_WARNING);
	assert_says("there is no such key");
	assert_says("stays in use");
}

Test(agent_watch, another_key_behind_the_alias_is_a_warning) {
	struct agent_outcome outcome = good();

	begin(false);
	strcpy(outcome.key.id, "7777");
	outcome.key.state = KMS_SUSPENDED; // of no interest: it is not the key in use
	cr_assert(take(outcome));
	cr_assert_eq(news.kind, AGENT_NEWS);
	cr_assert_eq(news.verdict, AGENT_WARNING);
	assert_says("7777");
	assert_says("6666");
	assert_says("name and key change together; give the new key a new CAK name");
	cr_assert_str_eq(news.identity.id, "7777");
	cr_assert(take(outcome), "the known key stays the one that is in use");
	cr_assert_eq(news.verdict, AGENT_WARNING);
	cr_assert(take(good()));
	cr_assert_eq(news.verdict, AGENT_GOOD);
}

Test(agent_watch, a_new_version_of_the_secret_is_a_warning) {
	struct agent_outcome outcome = good();

	begin(true);
	take(outcome);
	strcpy(outcome.key.version, "2");
	cr_assert(take(outcome));
	cr_assert_eq(news.verdict, AGENT_WARNING);
	assert_says("version 2");
	assert_says("new CAK name");
}

Test(agent_watch, a_key_that_could_not_be_fetched_again_is_a_warning) {
	struct agent_outcome outcomes[5];

	for (int i = 0; i < 5; i++)
		outcomes[i] = good();
	outcomes[0].key.state = KMS_SUSPENDED;
	outcomes[1].key.state = KMS_DEACTIVATED;
	outcomes[2].key.state = KMS_DESTROYED;
	outcomes[3].key.is_deleted = true;
	outcomes[4].key.expires_s = WALL_S - 1;
	for (int i = 0; i < 5; i++) {
		begin(false);
		cr_assert(take(outcomes[i]));
		cr_assert_eq(news.verdict, AGENT_WARNING, "row %d", i);
		assert_says("could not be fetched again");
		cr_assert(take(good()));
		cr_assert_eq(news.verdict, AGENT_GOOD);
	}
}

/* What is said when so much time is left. */
static void look_ahead(int64_t left_s, char *text) {
	struct agent_outcome outcome = good();

	begin(false);
	outcome.key.expires_s = WALL_S + left_s;
	cr_assert(take(outcome));
	cr_assert_eq(news.expires_s, WALL_S + left_s);
	cr_assert_eq(news.verdict, left_s > 30 * DAY_S ? AGENT_GOOD : AGENT_WARNING);
	strcpy(text, news.text);
}

Test(agent_watch, an_expiry_is_warned_of_three_times) {
	char month[AGENT_TEXT_MAX], later[AGENT_TEXT_MAX], week[AGENT_TEXT_MAX],
		day[AGENT_TEXT_MAX];

	look_ahead(30 * DAY_S + 1, month);
	cr_assert_str_empty(month);
	look_ahead(30 * DAY_S, month);
	cr_assert_not_null(strstr(month, "2026-12-31T00:00:00Z"), "%s", month);
	look_ahead(7 * DAY_S, week);
	cr_assert_not_null(strstr(week, "2026-12-08T00:00:00Z"), "%s", week);
	look_ahead(1 * DAY_S, day);
	cr_assert_not_null(strstr(day, "2026-12-02T00:00:00Z"), "%s", day);
	cr_assert_not_null(strstr(month, "30 days"));
	cr_assert_not_null(strstr(week, "7 days"));
	cr_assert_not_null(strstr(day, "a day"));
	look_ahead(7 * DAY_S + 1, later);
	cr_assert_not_null(strstr(later, "30 days"), "the same words until the next mark");
}

Test(agent_watch, a_key_may_come_with_a_warning) {
	struct agent_outcome outcome = good();

	begin(true);
	outcome.key.expires_s = WALL_S + 3 * DAY_S;
	cr_assert(take(outcome));
	cr_assert_eq(news.kind, AGENT_KEY);
	cr_assert_eq(news.verdict, AGENT_WARNING);
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
