/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What happened, for an operator who was not there: the latest events in a ring, each with a number
 * that only grows. Whoever reads along keeps the number of the next one, and learns from it how
 * many were overwritten before it came. Telling costs a copy and wakes at most one listener, so it
 * may be done in the middle of the agreement's work. Control thread only.
 */
#pragma once

#include "control/config.h"

#include <stdbool.h>
#include <stdint.h>

#define EVENTS_KEPT 1024u
#define EVENT_TEXT_OCTETS 384u // terminator included; longer texts are cut

/* X(NAME, word, meaning) */
#define EVENT_KINDS(X)                                                                     \
	X(DAEMON, "daemon", "macsecd began, or is about to end")                           \
	X(STATE, "state", "the link went over to the state that the text names")           \
	X(PEER, "peer", "a peer was heard, became live, became key server, is gone")       \
	X(SAK, "sak", "a SAK was made, taken, first used, removed, or could not be")       \
	X(REKEY, "rekey", "a fresh SAK took the place of the one before")                  \
	X(CAK, "cak", "another CAK counts, or one came or went")                           \
	X(REFUSAL, "refusal", "an MKPDU was refused; of each reason one in 10 s at most")  \
	X(OBSTACLE, "obstacle", "why members that hear each other share no SAK")           \
	X(SUSPENSION, "suspension", "an end announced that it will be away, or came back") \
	X(KEY, "key", "a key of IBM Cloud came, or what its service says of it changed")   \
	X(RELOAD, "reload", "the configuration was read again: taken over or refused")     \
	X(LOG, "log", "log levels were changed by log.set")

enum event_kind {
#define X(name, word, meaning) EVENT_##name,
	EVENT_KINDS(X)
#undef X
		EVENT_KINDS_COUNT,
};

struct event_entry {
	uint64_t number; // from 1 on
	int64_t wall_ns; // since 1970-01-01T00:00:00Z
	enum event_kind kind;
	char link[CONFIG_NAME_MAX]; // "": it concerns no single link
	char text[EVENT_TEXT_OCTETS];
};

struct events;

/* An empty ring. wall_ns: the clock, nanoseconds since 1970-01-01T00:00:00Z. NULL without memory;
 * every function below allows that and does nothing then. */
struct events *events_create(int64_t (*wall_ns)(void));
void events_destroy(struct events *events);

/* Calls told(ctx) after each event from now on; it must not tell one itself. NULL ends it. */
void events_listen(struct events *events, void (*told)(void *ctx), void *ctx);

/*
 * Tells an event. link: a link's name, NULL when it concerns none; copied. The text
 * must be without key material; control characters and what is not UTF-8 become '?'.
 */
__attribute__((format(printf, 4, 5))) void
events_tell(struct events *events, enum event_kind kind, const char *link, const char *format, ...);

/* The number that the next event will have; and that of the oldest one kept, which is the same
 * when there is none. */
uint64_t events_next(const struct events *events);
uint64_t events_oldest(const struct events *events);

/* One that is kept, valid until the next events_tell; NULL when it is gone or yet to come. */
const struct event_entry *events_find(const struct events *events, uint64_t number);

/* Whether an event is for somebody who asked for this link: its own and those of no link. NULL or
 * "": everything is. */
bool event_concerns(const struct event_entry *entry, const char *link);

const char *event_kind_word(enum event_kind kind);
