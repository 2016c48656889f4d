/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A key is fetched once and looked at from then on. A fetch that fails is told at once: a link may
 * wait for it. Looks that fail are told when it lasts, since nothing depends on them.
 */
#include "control/keys/agent_watch.h"

#include "control/cloud/cloud_words.h"
#include "control/keys/agent_assess.h"

#include <string.h>

_Static_assert(CLOUD_CORRELATION_MAX == AGENT_CORRELATION_MAX, "one is copied to the other");

static uint64_t later_of(uint64_t a, uint64_t b) {
	return a > b ? a : b;
}

static uint64_t earliest_ms(const struct agent_watch *watch, uint64_t now_ms) {
	if (watch->tried_ms == 0)
		return now_ms;
	return later_of(now_ms, watch->tried_ms + AGENT_SPACING_MS);
}

/* A tenth less or more: keys that were wanted together drift apart. */
static uint64_t about_ms(uint32_t seconds, uint32_t random) {
	uint64_t tenth_ms = (uint64_t)seconds * 100;

	return later_of(9 * tenth_ms + random % (2 * tenth_ms + 1), AGENT_SPACING_MS);
}

static uint64_t poll_ms(const struct agent_watch *watch, uint32_t random) {
	return about_ms(watch->want.poll_s, random);
}

/* Some refusals end by themselves (a certificate that is not valid before NTP has set the clock, a
 * role that is given), and a link may wait for the key. */
static uint64_t refused_ms(const struct agent_watch *watch, uint32_t random) {
	uint32_t poll_s = watch->want.poll_s;

	if (watch->want.wants_key && poll_s > AGENT_REFUSED_S)
		poll_s = AGENT_REFUSED_S;
	return about_ms(poll_s, random);
}

static bool is_same_want(const struct agent_want *a, const struct agent_want *b) {
	return a->kind == b->kind && a->ask == b->ask && a->poll_s == b->poll_s &&
	       a->wants_key == b->wants_key && strcmp(a->known.id, b->known.id) == 0 &&
	       strcmp(a->known.version, b->known.version) == 0;
}

void agent_watch_want(struct agent_watch *watch, const struct agent_want *want, uint64_t now_ms) {
	uint64_t tried_ms = watch->tried_ms;

	if (is_same_want(&watch->want, want))
		return;
	memset(watch, 0, sizeof(*watch));
	memcpy(&watch->want, want, sizeof(*want));
	watch->tried_ms = tried_ms;
	agent_watch_hurry(watch, now_ms);
}

void agent_watch_hurry(struct agent_watch *watch, uint64_t now_ms) {
	watch->due_ms = earliest_ms(watch, now_ms);
}

/* A token that is refused although it is fresh is a refusal. */
static bool is_final(const struct cloud_error *error) {
	return error->verdict == CLOUD_FINAL || error->verdict == CLOUD_TOKEN;
}

static const char *reason(const struct cloud_error *error) {
	return error->text[0] != '\0' ? error->text : "the service gave no reason";
}

static uint64_t failed_wait_ms(
	struct agent_watch *watch, const struct cloud_error *error, const struct agent_clock *clock
) {
	uint32_t wait_ms;

	if (is_final(error)) {
		watch->retry.failures = 0;
		return refused_ms(watch, clock->random);
	}
	wait_ms = retry_after(&watch->retry, error, clock->random);
	return later_of(wait_ms, AGENT_SPACING_MS);
}

/* Returns whether it is time to tell that the stored key cannot be looked at. */
static bool take_failed_look(
	struct agent_watch *watch, const struct cloud_error *error, uint64_t now_ms,
	struct agent_news *news
) {
	if (watch->failing_since_ms == 0)
		watch->failing_since_ms = now_ms;
	news->verdict = AGENT_WARNING;
	if (is_final(error)) {
		agent_say(
			news->text, "the CAK stays in use, but could not be fetched again: %s",
			reason(error)
		);
		return true;
	}
	agent_say(
		news->text,
		"the CAK stays in use, but the stored key could not be looked at for more than %u "
		"minutes: %s",
		AGENT_PATIENCE_MS / 60000u, reason(error)
	);
	return now_ms - watch->failing_since_ms >= AGENT_PATIENCE_MS;
}

static bool take_failure(
	struct agent_watch *watch, const struct cloud_error *error, const struct agent_clock *clock,
	struct agent_news *news
) {
	uint64_t wait_ms = failed_wait_ms(watch, error, clock);

	watch->due_ms = clock->now_ms + wait_ms;
	watch->is_refused = is_final(error);
	news->retry_in_s = (uint32_t)((wait_ms + 999) / 1000);
	news->http_status =
		error->http_status >= 100 && error->http_status <= 599 ? error->http_status : 0;
	if (cloud_words_is_id(error->correlation, AGENT_CORRELATION_MAX - 1))
		memcpy(news->correlation, error->correlation, sizeof(news->correlation));
	if (!watch->want.wants_key)
		return take_failed_look(watch, error, clock->now_ms, news);
	news->verdict = is_final(error) ? AGENT_REFUSED : AGENT_WAITING;
	agent_say(news->text, "%s", reason(error));
	return true;
}

static void take_success(
	struct agent_watch *watch, const struct kms_key *key, const struct agent_clock *clock,
	struct agent_news *news
) {
	watch->retry.failures = 0;
	watch->failing_since_ms = 0;
	watch->is_refused = false;
	watch->due_ms = clock->now_ms + poll_ms(watch, clock->random);
	news->http_status = 200;
	if (watch->want.wants_key) {
		news->kind = AGENT_KEY;
		watch->want.wants_key = false;
		agent_identify(key, watch->want.key.id, &watch->want.known);
	}
	agent_assess(key, &watch->want, clock->wall_s, news);
}

bool agent_watch_take(
	struct agent_watch *watch, const struct agent_outcome *outcome,
	const struct agent_clock *clock, struct agent_news *news
) {
	memset(news, 0, sizeof(*news)); // padding, too: it leaves the process
	news->kind = AGENT_NEWS;
	news->number = watch->want.number;
	news->ask = watch->want.ask;
	watch->tried_ms = clock->now_ms;
	if (outcome->result < 0)
		return take_failure(watch, &outcome->error, clock, news);
	take_success(watch, &outcome->key, clock, news);
	return true;
}
