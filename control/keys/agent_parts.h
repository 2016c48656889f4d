/* SPDX-License-Identifier: BSD-3-Clause */
/* What the agent consists of; shared by agent.c (life), agent_loop.c (what is done when) and
 * agent_talk.c (the socket). */
#pragma once

#include "control/keys/agent_queue.h"

#include <stdbool.h>

struct agent {
	int fd;
	struct kms kms;
	struct agent_key *answer; // secret memory; holds a key from the fetch to the send
	struct agent_watch *watches[AGENT_KEYS_MAX];
	struct agent_queue queue;
	uint64_t swept_ms;   // credentials were last looked at
	bool has_complained; // of a message that was not understood
};

/* CLOCK_MONOTONIC, never 0. */
uint64_t agent_now_ms(void);

/*
 * Says that the agent is there, then serves the socket until the daemon hangs up. Returns 0 then,
 * or a negative errno after a log line.
 */
int agent_loop(struct agent *agent);

/*
 * Takes the messages that have come. Returns 0, -EPIPE when the daemon has hung up, -ENOMEM after a
 * log line.
 */
int agent_listen(struct agent *agent);

/* Sends a message, and waits for the daemon to take some when there is no room. Returns 0, or
 * -EPIPE when it has hung up. */
int agent_tell(const struct agent *agent, const void *message, size_t octets);
