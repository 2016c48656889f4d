/* SPDX-License-Identifier: BSD-3-Clause */
/* One watch and its time, for the two files of tests about it. Criterion gives each test a process
 * of its own, hence one of each. */
#pragma once

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
		.key = {.id = "6666", .version = "1", .state = KMS_ACTIVE, .is_extractable = true},
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
