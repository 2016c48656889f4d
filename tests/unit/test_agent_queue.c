/* SPDX-License-Identifier: BSD-3-Clause */
/* Many keys, few services, some of them down: whose turn it is. */
#include "control/keys/agent_queue.h"

#include <criterion/criterion.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define N 40u

static struct agent_queue queue;
static struct agent_watch watches[N];
static uint64_t now_ms;
static uint32_t n_calls[N];

static void begin(void) {
	memset(&queue, 0, sizeof(queue));
	memset(watches, 0, sizeof(watches));
	memset(n_calls, 0, sizeof(n_calls));
	now_ms = 1000;
}

TestSuite(agent_queue, .init = begin);

static void add(uint32_t i, const char *url, uint64_t due_ms) {
	snprintf(watches[i].want.key.service.url, SERVICE_URL_MAX, "%s", url);
	watches[i].due_ms = due_ms;
}

static struct agent_watch *first(void) {
	struct agent_watch *found = NULL;

	for (uint32_t i = 0; i < N; i++)
		if (watches[i].due_ms != 0)
			found = agent_queue_first(&queue, found, &watches[i], now_ms);
	return found;
}

/* Makes the next call, which takes so long and comes to that, and is due again so much later. */
static uint32_t call(enum cloud_verdict verdict, uint64_t takes_ms, uint64_t again_ms) {
	struct agent_outcome outcome = {.result = verdict == CLOUD_OK ? 0 : -EAGAIN};
	struct agent_watch *watch = first();
	uint64_t due_ms = agent_queue_due_ms(&queue, watch);

	now_ms = due_ms > now_ms ? due_ms : now_ms;
	watch = first(); // what is due by then
	now_ms += takes_ms;
	outcome.error.verdict = verdict;
	agent_queue_note(&queue, watch, &outcome, now_ms);
	watch->due_ms = now_ms + again_ms;
	n_calls[watch - watches]++;
	return (uint32_t)(watch - watches);
}

Test(agent_queue, the_one_that_is_due_for_longest_is_first) {
	cr_assert_null(agent_queue_first(&queue, NULL, NULL, now_ms));
	add(0, "a", 30);
	add(1, "b", 20);
	add(2, "a", 5000);
	cr_assert_eq(first(), &watches[1]);
	cr_assert_eq(agent_queue_due_ms(&queue, &watches[2]), 5000);
	cr_assert_eq(agent_queue_first(&queue, NULL, &watches[2], now_ms), &watches[2]);
	cr_assert_eq(agent_queue_first(&queue, &watches[2], NULL, now_ms), &watches[2]);
}

/* 20 keys of a service that does not answer cost one time-out a round, not 20. */
Test(agent_queue, the_keys_of_a_service_that_is_down_wait_for_one_another) {
	for (uint32_t i = 0; i < 20; i++)
		add(i, "down", 100 + i);
	add(20, "well", 999);
	cr_assert_eq(call(CLOUD_TRANSIENT, 30000, 1500), 0);
	cr_assert_eq(agent_queue_due_ms(&queue, &watches[1]), now_ms + AGENT_DOWN_STEP_MS);
	cr_assert_eq(call(CLOUD_OK, 10, 300), 20);
	cr_assert_eq(call(CLOUD_OK, 10, 300), 20, "and again, while the others wait");
}

/* As long as they have not waited for a minute, the others go first. */
Test(agent_queue, a_service_that_is_well_goes_first) {
	add(0, "down", 1000);
	add(1, "down", 1001);
	add(2, "well", 9000);
	cr_assert_eq(call(CLOUD_TRANSIENT, 30000, 1000), 0);
	now_ms += 5000; // all three are due
	cr_assert_eq(call(CLOUD_OK, 10, 100000), 2);
	cr_assert_eq(call(CLOUD_TRANSIENT, 10, 1000), 1);
	watches[2].due_ms = now_ms;
	now_ms = watches[0].due_ms + AGENT_OVERTAKEN_MS - 1;
	cr_assert_eq(first(), &watches[2]);
	watches[2].due_ms = watches[0].due_ms + 2;
	now_ms++;
	cr_assert_eq(first(), &watches[0], "it has waited for long enough");
}

/* One key makes the service fail, each time: all others get their turn. */
Test(agent_queue, no_key_starves_the_others_of_its_service) {
	for (uint32_t i = 0; i < 10; i++)
		add(i, "a", 1000 + i);
	for (uint32_t i = 0; i < 200; i++) {
		bool is_bad = first() == &watches[0];

		call(is_bad ? CLOUD_TRANSIENT : CLOUD_OK, 100, is_bad ? 1000 : 3000);
	}
	for (uint32_t i = 0; i < 10; i++)
		cr_assert_gt(n_calls[i], 10, "key %u: %u calls", i, n_calls[i]);
}

Test(agent_queue, all_keys_of_a_service_that_is_down_have_their_turns) {
	for (uint32_t i = 0; i < 10; i++)
		add(i, "a", 1000 + i);
	for (uint32_t i = 0; i < 10; i++)
		cr_assert_eq(call(CLOUD_TRANSIENT, 10, 1000), i);
	cr_assert_eq(
		agent_queue_due_ms(&queue, &watches[5]),
		now_ms + AGENT_DOWN_STEPS_MAX * AGENT_DOWN_STEP_MS
	);
	call(CLOUD_OK, 10, 100000);
	cr_assert_eq(agent_queue_due_ms(&queue, &watches[5]), watches[5].due_ms, "it is back");
}

Test(agent_queue, what_is_about_one_key_is_not_the_service_s) {
	static const enum cloud_verdict verdicts[] = {CLOUD_LATER, CLOUD_FINAL, CLOUD_TOKEN};

	for (uint32_t i = 0; i < 3; i++) {
		begin();
		add(0, "a", 1000);
		add(1, "a", 1001);
		call(verdicts[i], 10, 1000);
		cr_assert_eq(agent_queue_due_ms(&queue, &watches[1]), 1001);
	}
}

Test(agent_queue, a_service_too_many_is_asked_as_if_it_were_well) {
	struct agent_outcome failed = {.result = -EAGAIN, .error.verdict = CLOUD_TRANSIENT};
	char url[16];

	for (uint32_t i = 0; i <= AGENT_DOWN_MAX; i++) {
		snprintf(url, sizeof(url), "%u", i);
		add(0, url, 1);
		agent_queue_note(&queue, &watches[0], &failed, now_ms);
	}
	cr_assert_eq(agent_queue_due_ms(&queue, &watches[0]), 1);
	add(0, "0", 1);
	cr_assert_eq(agent_queue_due_ms(&queue, &watches[0]), now_ms + AGENT_DOWN_STEP_MS);
	add(0, "", 1); // without a url nothing is asked at all
	agent_queue_note(&queue, &watches[0], &failed, now_ms);
	cr_assert_eq(agent_queue_due_ms(&queue, &watches[0]), 1);
}
