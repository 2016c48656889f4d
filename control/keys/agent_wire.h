/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What the control thread and the key agent tell each other: fixed structures, one per datagram of
 * a SOCK_SEQPACKET pair. Either side checks what it gets as if a stranger had sent it: the agent
 * talks to servers and may have been taken over. Messages with a key exist in secret memory only.
 */
#pragma once

#include "control/cloud/service.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define AGENT_KEYS_MAX 4096u // numbers of keys are below this
#define AGENT_CAK_OCTETS 32u
#define AGENT_TEXT_MAX 512u
#define AGENT_CORRELATION_MAX 40u
#define AGENT_POLL_MAX_S 2592000u // 30 days
#define AGENT_MESSAGE_MAX 8192u   // octets, no message is larger

enum agent_message_kind {
	AGENT_WANT = 1, // to the agent: fetch if wants_key, and go on watching the metadata
	AGENT_FORGET,   // to the agent: not of interest any more
	AGENT_READY,    // from the agent: (re)started, knows nothing
	AGENT_NEWS,     // from the agent: where one key stands
	AGENT_KEY,      // from the agent: the same, with the key
	AGENT_GONE,     // from its keeper: it has ended; the next one says READY
};

enum agent_verdict {
	AGENT_GOOD,    // fetched, or the metadata is as it should be
	AGENT_WAITING, // service not reached or not willing for the moment; tried again
	AGENT_WARNING, // the key works now, and something is wrong or will be
	AGENT_REFUSED, // cannot be had as things are; tried again at each poll, and each minute
};

/* Which stored key this is; a fetch under the same reference that finds another one is a warning,
 * never a new key (name and key change together). */
struct agent_identity {
	char id[SERVICE_ID_MAX];
	char version[SERVICE_ID_MAX];
};

struct agent_want {
	uint32_t kind;   // AGENT_WANT
	uint32_t number; // of the key, chosen by the control thread
	uint32_t ask;    // comes back with each answer: a number is used again, and an answer for
			 // the key that had it before must not be taken for this one's
	uint32_t poll_s; // how often the metadata are looked at; 1 to AGENT_POLL_MAX_S
	bool wants_key;  // false: it is had already, under `known`
	struct agent_identity known;
	struct service_key key;
};

struct agent_forget {
	uint32_t kind; // AGENT_FORGET
	uint32_t number;
};

struct agent_ready {
	uint32_t kind; // AGENT_READY
	uint32_t pid;
};

struct agent_gone {
	uint32_t kind; // AGENT_GONE
	uint32_t pid;  // as it said itself, or of one that did not come to that
};

struct agent_news {
	uint32_t kind; // AGENT_NEWS, AGENT_KEY
	uint32_t number;
	uint32_t ask; // of the want that this answers
	enum agent_verdict verdict;
	uint16_t http_status;                    // of the last answer; 0: none
	uint32_t retry_in_s;                     // WAITING, REFUSED: when it is tried again
	int64_t expires_s;                       // since 1970; 0: never or not known
	struct agent_identity identity;          // what the service holds now; "": not known
	char text[AGENT_TEXT_MAX];               // "" when GOOD; else what is wrong and what to do
	char correlation[AGENT_CORRELATION_MAX]; // of the request that failed; "": none
};

/* AGENT_KEY. In secret memory, at both ends. */
struct agent_key {
	struct agent_news news;
	uint8_t cak[AGENT_CAK_OCTETS];
};

/*
 * True when `message` of `octets` octets is a well-formed message that may come to the agent
 * (to_agent) or from it: right size for its kind, numbers and enums in range, every text terminated
 * and printable, what belongs to a kind or verdict there. Any alignment. Pure.
 */
bool agent_message_is_sound(const void *message, size_t octets, bool to_agent);
