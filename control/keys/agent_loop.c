/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * One call to a service at a time: of the keys that are due, the one that is due for the longest,
 * and first those of services that are well. A key that fails becomes due later than all that are
 * due now, so that each has its turn.
 */
#include "control/cloud/iam.h"
#include "control/keys/agent_parts.h"
#include "control/log.h"
#include "control/monotonic.h"
#include "control/secret.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>

#define SWEEP_MS 5000u // how often files with credentials are looked at while a key is refused

uint64_t agent_now_ms(void) {
	return monotonic_ms() + 1;
}

static struct agent_clock clock_now(void) {
	struct agent_clock clock = {.now_ms = agent_now_ms(), .wall_s = time(NULL)};

	// not for secrets: without chance there is no jitter, and that is all
	if (getrandom(&clock.random, sizeof(clock.random), GRND_NONBLOCK) < 0)
		clock.random = (uint32_t)clock.now_ms;
	return clock;
}

/* The one that is to be served first, now or later; NULL without any. */
static struct agent_watch *first_of(const struct agent *agent, uint64_t now_ms) {
	struct agent_watch *first = NULL;

	for (uint32_t i = 0; i < AGENT_KEYS_MAX; i++)
		first = agent_queue_first(&agent->queue, first, agent->watches[i], now_ms);
	return first;
}

static void
ask(struct agent *agent, const struct agent_watch *watch, struct agent_outcome *outcome) {
	const struct service_key *key = &watch->want.key;

	memset(outcome, 0, sizeof(*outcome));
	outcome->result = watch->want.wants_key
				  ? kms_fetch_cak(
					    &agent->kms, key, &outcome->key, agent->answer->cak,
					    &outcome->error
				    )
				  : kms_look(&agent->kms, key, &outcome->key, &outcome->error);
}

/* One call, and what it came to is told. */
static int serve(struct agent *agent, struct agent_watch *watch) {
	struct agent_key *answer = agent->answer;
	struct agent_outcome outcome;
	struct agent_clock clock;
	int result = 0;

	ask(agent, watch, &outcome);
	clock = clock_now();
	agent_queue_note(&agent->queue, watch, &outcome, clock.now_ms);
	if (agent_watch_take(watch, &outcome, &clock, &answer->news))
		result = agent_tell(
			agent, answer,
			answer->news.kind == AGENT_KEY ? sizeof(*answer) : sizeof(answer->news)
		);
	secret_wipe(answer, sizeof(*answer));
	return result;
}

/*
 * What was refused for its credentials is tried again when their file changes. A new token is asked
 * for, so that the file is read again. First all that are refused: the first call reads the file,
 * and it has not changed any more for the others.
 */
static void sweep_credentials(struct agent *agent, uint64_t now_ms) {
	agent->swept_ms = now_ms;
	for (uint32_t i = 0; i < AGENT_KEYS_MAX; i++) {
		struct agent_watch *watch = agent->watches[i];
		const struct iam_account *account;

		if (watch == NULL || !watch->is_refused)
			continue;
		account = &watch->want.key.service.account;
		if (!iam_credential_changed(agent->kms.iam, account))
			continue;
		iam_renew(agent->kms.iam, account);
		agent_watch_hurry(watch, now_ms);
	}
}

static bool any_is_refused(const struct agent *agent) {
	for (uint32_t i = 0; i < AGENT_KEYS_MAX; i++)
		if (agent->watches[i] != NULL && agent->watches[i]->is_refused)
			return true;
	return false;
}

/* Milliseconds for poll: until a key is due or credentials are to be looked at; -1: for ever. */
static int wait_ms(const struct agent *agent, uint64_t now_ms) {
	const struct agent_watch *first = first_of(agent, now_ms);
	uint64_t until_ms;

	if (first == NULL)
		return -1;
	until_ms = agent_queue_due_ms(&agent->queue, first);
	if (any_is_refused(agent) && agent->swept_ms + SWEEP_MS < until_ms)
		until_ms = agent->swept_ms + SWEEP_MS;
	if (until_ms <= now_ms)
		return 0;
	return until_ms - now_ms < INT_MAX ? (int)(until_ms - now_ms) : INT_MAX;
}

static int turn(struct agent *agent) {
	struct pollfd input = {.fd = agent->fd, .events = POLLIN};
	uint64_t now_ms = agent_now_ms();
	struct agent_watch *first;
	int result = 0;

	if (poll(&input, 1, wait_ms(agent, now_ms)) > 0)
		result = agent_listen(agent);
	if (result < 0)
		return result;
	now_ms = agent_now_ms();
	if (now_ms - agent->swept_ms >= SWEEP_MS)
		sweep_credentials(agent, now_ms);
	first = first_of(agent, now_ms);
	if (first == NULL || agent_queue_due_ms(&agent->queue, first) > now_ms)
		return 0;
	return serve(agent, first);
}

int agent_loop(struct agent *agent) {
	struct agent_ready ready;
	int result;

	memset(&ready, 0, sizeof(ready));
	ready.kind = AGENT_READY;
	ready.pid = (uint32_t)getpid();
	result = agent_tell(agent, &ready, sizeof(ready));
	while (result == 0)
		result = turn(agent);
	return result == -EPIPE ? 0 : result;
}
