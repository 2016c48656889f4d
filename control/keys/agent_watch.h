/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * One key of the agent: when the service is asked for it, and what the answer means. Pure: time,
 * chance and answers come from the caller, so that years can be tested in milliseconds.
 */
#pragma once

#include "control/cloud/kms.h"
#include "control/cloud/retry.h"
#include "control/keys/agent_wire.h"

#define AGENT_SPACING_MS 1000u    // between two calls for one key, at least
#define AGENT_REFUSED_S 60u       // at most, between two tries to fetch a key that was refused
#define AGENT_PATIENCE_MS 600000u // looks that fail for so long are worth a warning

struct agent_watch {
	struct agent_want want; // as told; wants_key ends and known begins with the fetch
	struct retry retry;
	uint64_t due_ms;
	uint64_t tried_ms;         // the latest call ended; 0: none was made
	uint64_t failing_since_ms; // 0: the latest look succeeded
	bool is_refused; // the latest answer was final: new credentials are worth another try
};

struct agent_clock {
	uint64_t now_ms; // monotonic, never 0
	int64_t wall_s;  // since 1970
	uint32_t random; // another one at each call
};

/* What kms_fetch_cak (with watch->want.wants_key) or kms_look came to. */
struct agent_outcome {
	int result; // 0: `key` is filled in; negative: `error` is
	struct kms_key key;
	struct cloud_error error;
};

/*
 * Takes a want for a zeroed watch, or another one for a watch that exists. The same want again
 * changes no due time, so that an agent may be told everything twice.
 */
void agent_watch_want(struct agent_watch *watch, const struct agent_want *want, uint64_t now_ms);

/* Makes the next call due as soon as it may be. */
void agent_watch_hurry(struct agent_watch *watch, uint64_t now_ms);

/*
 * Takes the outcome of the call that was due, and sets the time of the next. Returns whether there
 * is news to tell, then zeroed and filled in; its kind is AGENT_KEY when the key was fetched: the
 * caller adds it.
 */
bool agent_watch_take(
	struct agent_watch *watch, const struct agent_outcome *outcome,
	const struct agent_clock *clock, struct agent_news *news
);
