/* SPDX-License-Identifier: BSD-3-Clause */
/* What the control thread's end consists of; shared by key_agent.c (wants), key_agent_start.c
 * (life), key_agent_talk.c (the socket), key_agent_take.c (what the agent says) and
 * key_agent_view.c (questions). */
#pragma once

#include "control/keys/key_agent.h"

#include <stddef.h>
#include <sys/types.h>

#define KEY_LOG_CREDIT 5u // lines in a row for one key; then one a minute

struct event;

/* What was said of a key last, and how much more may be said. */
struct key_log {
	bool was_used;
	enum agent_verdict verdict;
	char text[AGENT_TEXT_MAX];
	uint32_t spent;
	uint64_t refilled_ns;
};

/* A key under its number. */
struct key_entry {
	// set when it is first wanted
	struct service_key key;
	uint32_t number, ask;
	uint8_t *cak; // secret memory; NULL once nobody wants it
	// moving
	uint32_t poll_s;
	uint32_t n_wants;           // 0: it only waits for its FORGET to be sent
	bool was_told;              // some agent knows of it
	bool is_told;               // the present agent knows of it as it is
	struct key_agent_view view; // without `key`
	struct key_log log;
};

struct key_agent {
	int fd;       // -1: the keeper is gone
	pid_t keeper; // 0: none
	struct event *readable, *writable;
	void (*changed)(void *ctx);
	void *ctx;
	uint8_t *message; // secret memory of AGENT_MESSAGE_MAX octets
	struct key_entry *entries[AGENT_KEYS_MAX];
	uint32_t n_keys; // of the entries, those that are wanted
	uint32_t next_ask;
	bool is_alive;
	uint32_t pid;
	uint32_t n_ready;   // agents that have come
	uint64_t n_unsound; // messages
	uint64_t n_stale;   // messages of keys that are not wanted any more, or are had already
	bool has_changed;   // since changed() was last called
};

/* An agent's daemon end at `fd`, which it takes over; keeper: 0 when there is none. Returns NULL
 * after a log line. */
struct key_agent *key_agent_adopt(int fd, pid_t keeper);

/* The entry of a wanted key, or NULL. */
struct key_entry *key_agent_find(const struct key_agent *agent, const struct service_key *key);

/* What the agent is told of an entry that is wanted. */
void key_agent_make_want(const struct key_entry *entry, struct agent_want *want);

/* Wipes and frees an entry. */
void key_agent_remove(struct key_agent *agent, struct key_entry *entry);

/* Tells the agent all that it is still to be told; goes on later when there is no room. */
void key_agent_tell(struct key_agent *agent);

/* Takes what has come, of a sound size: a message from the agent in agent->message. */
void key_agent_take(struct key_agent *agent, size_t octets);

/* The keeper is gone. */
void key_agent_lose(struct key_agent *agent);

/* libevent's callbacks; ctx: the key agent. */
void key_agent_on_readable(int fd, short what, void *ctx);
void key_agent_on_writable(int fd, short what, void *ctx);
