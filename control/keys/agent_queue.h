/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Which key is next. Calls are made one after the other and each may run into a time-out, so one
 * service that is down must neither cost a time-out for each of its keys nor keep those of the
 * other services waiting. Pure: time comes from the caller.
 */
#pragma once

#include "control/keys/agent_watch.h"

#define AGENT_DOWN_MAX 64u        // services; of more than that, the others are asked as if well
#define AGENT_DOWN_STEP_MS 1000u  // none of its keys is asked for so long after the first failure
#define AGENT_DOWN_STEPS_MAX 5u   // one more step after each failure in a row, up to these
#define AGENT_OVERTAKEN_MS 60000u // for so long, keys of services that are well go first

/* A service that failed last. */
struct agent_down {
	char url[SERVICE_URL_MAX]; // its base; "": a free place
	uint32_t failures;         // in a row
	uint64_t open_ms;          // its keys wait until then
};

struct agent_queue {
	struct agent_down down[AGENT_DOWN_MAX];
};

/* Notes what a call for `watch` came to: a CLOUD_TRANSIENT failure is the service's, and everything
 * else (a LATER too, which is about one key) means that it is there. */
void agent_queue_note(
	struct agent_queue *queue, const struct agent_watch *watch,
	const struct agent_outcome *outcome, uint64_t now_ms
);

/* When the call for `watch` may be made: not before it is due. */
uint64_t agent_queue_due_ms(const struct agent_queue *queue, const struct agent_watch *watch);

/* Of two watches, NULL allowed, the one that is to be served first at now_ms. */
struct agent_watch *agent_queue_first(
	const struct agent_queue *queue, struct agent_watch *a, struct agent_watch *b,
	uint64_t now_ms
);
