/* SPDX-License-Identifier: BSD-3-Clause */
/* A ring of events; the contract is in events.h. */
#include "control/server/events.h"

#include "control/server/utf8.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct events {
	int64_t (*wall_ns)(void);
	uint64_t next; // number n stands in place n % EVENTS_KEPT
	void (*told)(void *ctx);
	void *ctx;
	struct event_entry entries[EVENTS_KEPT];
};

struct events *events_create(int64_t (*wall_ns)(void)) {
	struct events *events = calloc(1, sizeof(*events));

	if (events == NULL)
		return NULL;
	events->next = 1;
	events->wall_ns = wall_ns;
	return events;
}

void events_destroy(struct events *events) {
	free(events);
}

void events_listen(struct events *events, void (*told)(void *ctx), void *ctx) {
	if (events == NULL)
		return;
	events->told = told;
	events->ctx = ctx;
}

void events_tell(
	struct events *events, enum event_kind kind, const char *link, const char *format, ...
) {
	va_list arguments;

	if (events == NULL)
		return;
	struct event_entry *entry = &events->entries[events->next % EVENTS_KEPT];
	entry->number = events->next++;
	entry->wall_ns = events->wall_ns();
	entry->kind = kind;
	snprintf(entry->link, sizeof(entry->link), "%s", link == NULL ? "" : link);
	va_start(arguments, format);
	vsnprintf(entry->text, sizeof(entry->text), format, arguments);
	va_end(arguments);
	utf8_neutralise(entry->text);
	if (events->told != NULL)
		events->told(events->ctx);
}

uint64_t events_next(const struct events *events) {
	return events == NULL ? 1 : events->next;
}

uint64_t events_oldest(const struct events *events) {
	const uint64_t next = events_next(events);

	return next > EVENTS_KEPT ? next - EVENTS_KEPT : 1;
}

const struct event_entry *events_find(const struct events *events, uint64_t number) {
	if (events == NULL || number < events_oldest(events) || number >= events->next)
		return NULL;
	return &events->entries[number % EVENTS_KEPT];
}

bool event_concerns(const struct event_entry *entry, const char *link) {
	return link == NULL || link[0] == '\0' || entry->link[0] == '\0' ||
	       strcmp(entry->link, link) == 0;
}

const char *event_kind_word(enum event_kind kind) {
	static const char *const words[] = {
#define X(name, word, meaning) word,
		EVENT_KINDS(X)
#undef X
	};

	return words[kind];
}
