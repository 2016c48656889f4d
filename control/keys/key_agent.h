/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The control thread's end of the key agent: keys of IBM Cloud are asked for, and come when they
 * come. What was had once is kept (in secret memory) as long as somebody wants it: an agent that
 * dies, a service that is down, a key that is deleted takes nothing away. Control thread only.
 */
#pragma once

#include "control/cloud/service.h"
#include "control/keys/agent_wire.h"

#include <stdbool.h>
#include <stdint.h>

struct event_base;
struct key_agent;

/* Where one key stands, for the control socket. */
struct key_agent_view {
	struct service_key key;
	bool is_had; // its CAK is here
	enum agent_verdict verdict;
	bool was_asked; // false: nothing was heard yet, verdict means nothing
	uint16_t http_status;
	int64_t expires_s;
	struct agent_identity identity; // of the CAK that is had
	char text[AGENT_TEXT_MAX];
	char correlation[AGENT_CORRELATION_MAX]; // of the request that failed last; "": none
	uint64_t news_ns;                        // monotonic, when the agent last spoke of it
	uint64_t changed_ns; // monotonic, when it came or the verdict became another; 0: never
	uint64_t retry_ns;   // monotonic, when it tries again; 0: not told
};

/* The agent as a whole. */
struct key_agent_status {
	bool is_alive;
	uint32_t pid; // 0: none, since it has just ended or is not there yet
	uint32_t restarts;
	uint32_t n_keys;
};

/*
 * Forks keeper and agent (agent.h). Before EAL, threads and the first secret: the children see no
 * key and no packet memory. The daemon's own process continues. Returns 0 or a negative errno after
 * a log line.
 */
int key_agent_start(struct key_agent **out);

/*
 * Listens to the agent from now on, by `base`. changed(ctx) is called from the event loop after a
 * CAK has come or a verdict has changed; each such change is one log line.
 */
int key_agent_watch(
	struct key_agent *agent, struct event_base *base, void (*changed)(void *ctx), void *ctx
);

/*
 * Wants a key: asked for at once, told to every agent that comes. Wants of equal keys are counted
 * together; poll_s: how often its metadata are looked at; that of the latest want holds. Returns 0,
 * or after a log line -ENOMEM, -ENOSPC, or -EINVAL for control characters in a text of the key.
 */
int key_agent_want(struct key_agent *agent, const struct service_key *key, uint32_t poll_s);

/* Ends one want; with the last one its CAK is wiped. */
void key_agent_drop(struct key_agent *agent, const struct service_key *key);

/*
 * The CAK of a wanted key into secret memory of AGENT_CAK_OCTETS. Returns 0, -EINPROGRESS: not
 * here yet and may come, -EACCES: refused as things are (the view says why), -ENOENT: not wanted.
 */
int key_agent_cak(const struct key_agent *agent, const struct service_key *key, uint8_t *cak);

void key_agent_status(const struct key_agent *agent, struct key_agent_status *status);

/* Key `index` of status.n_keys; false behind the last. */
bool key_agent_view(const struct key_agent *agent, uint32_t index, struct key_agent_view *view);

/* The same of one key; false when it is not wanted. */
bool key_agent_view_of(
	const struct key_agent *agent, const struct service_key *key, struct key_agent_view *view
);

/* Ends agent and keeper (they see the closed socket), waits for the keeper, wipes all keys. NULL is
 * allowed. */
void key_agent_stop(struct key_agent *agent);
