/* SPDX-License-Identifier: BSD-3-Clause */
/* Turns of keys and services; the contract is in agent_queue.h. */
#include "control/keys/agent_queue.h"

#include <string.h>

static const char *url_of(const struct agent_watch *watch) {
	return watch->want.key.service.url;
}

/* The place of a service that is down, or of "" a free one; NULL when there is none. */
static const struct agent_down *find(const struct agent_queue *queue, const char *url) {
	for (uint32_t i = 0; i < AGENT_DOWN_MAX; i++)
		if (strcmp(queue->down[i].url, url) == 0)
			return &queue->down[i];
	return NULL;
}

static const struct agent_down *
down_of(const struct agent_queue *queue, const struct agent_watch *watch) {
	return url_of(watch)[0] == '\0' ? NULL : find(queue, url_of(watch));
}

static void note_failure(struct agent_queue *queue, const char *url, uint64_t now_ms) {
	const struct agent_down *found = find(queue, url);
	struct agent_down *down;

	if (found == NULL)
		found = find(queue, "");
	if (found == NULL || url[0] == '\0')
		return;
	down = &queue->down[found - queue->down];
	memcpy(down->url, url, strlen(url) + 1);
	if (down->failures < AGENT_DOWN_STEPS_MAX)
		down->failures++;
	down->open_ms = now_ms + (uint64_t)down->failures * AGENT_DOWN_STEP_MS;
}

void agent_queue_note(
	struct agent_queue *queue, const struct agent_watch *watch,
	const struct agent_outcome *outcome, uint64_t now_ms
) {
	const struct agent_down *down = down_of(queue, watch);

	if (outcome->result < 0 && outcome->error.verdict == CLOUD_TRANSIENT)
		note_failure(queue, url_of(watch), now_ms);
	else if (down != NULL)
		queue->down[down - queue->down] = (struct agent_down){0};
}

uint64_t agent_queue_due_ms(const struct agent_queue *queue, const struct agent_watch *watch) {
	const struct agent_down *down = down_of(queue, watch);

	return down != NULL && down->open_ms > watch->due_ms ? down->open_ms : watch->due_ms;
}

/* Not yet due comes last; due for very long is not overtaken any more. */
static uint32_t
rank(const struct agent_queue *queue, const struct agent_watch *watch, uint64_t now_ms) {
	if (agent_queue_due_ms(queue, watch) > now_ms)
		return 2;
	return down_of(queue, watch) != NULL && now_ms - watch->due_ms < AGENT_OVERTAKEN_MS;
}

struct agent_watch *agent_queue_first(
	const struct agent_queue *queue, struct agent_watch *a, struct agent_watch *b,
	uint64_t now_ms
) {
	uint32_t rank_a, rank_b;

	if (a == NULL || b == NULL)
		return a == NULL ? b : a;
	rank_a = rank(queue, a, now_ms);
	rank_b = rank(queue, b, now_ms);
	if (rank_a != rank_b)
		return rank_a < rank_b ? a : b;
	if (rank_a == 2)
		return agent_queue_due_ms(queue, a) <= agent_queue_due_ms(queue, b) ? a : b;
	/* Among those of a service that opens again, the one that has waited for longest. */
	return a->due_ms <= b->due_ms ? a : b;
}
