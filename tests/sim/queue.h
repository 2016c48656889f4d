/* SPDX-License-Identifier: BSD-3-Clause */
/* The order of events: a binary heap by time, equal times in the order of posting. */
#pragma once

#include "tests/sim/world.h"

#include <stdlib.h>

static inline bool event_is_before(const struct event *a, const struct event *b) {
	return a->at_ns != b->at_ns ? a->at_ns < b->at_ns : a->order < b->order;
}

static inline void swap_events(struct event *a, struct event *b) {
	struct event c = *a;

	*a = *b;
	*b = c;
}

/* Posts an event, which then owns its frame. */
static inline void world_push(struct world *world, struct event event) {
	size_t i = world->n_events++;

	if (i == world->events_size) {
		world->events_size = world->events_size * 2 + 64;
		world->events = realloc(world->events, world->events_size * sizeof(event));
		if (world->events == NULL)
			abort();
	}
	event.order = world->order++;
	world->events[i] = event;
	for (; i > 0 && event_is_before(&world->events[i], &world->events[(i - 1) / 2]);
	     i = (i - 1) / 2)
		swap_events(&world->events[i], &world->events[(i - 1) / 2]);
}

/* Takes the next event; there must be one. */
static inline struct event world_pop(struct world *world) {
	struct event *events = world->events;
	struct event first = events[0];
	size_t n = --world->n_events;

	events[0] = events[n];
	for (size_t i = 0, child; (child = 2 * i + 1) < n; i = child) {
		if (child + 1 < n && event_is_before(&events[child + 1], &events[child]))
			child++;
		if (!event_is_before(&events[child], &events[i]))
			break;
		swap_events(&events[child], &events[i]);
	}
	return first;
}
