/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The text of metrics, made when somebody asks and then given to everybody for a while. It is made
 * in turns of the event loop, one link or a few keys in each, so that MKA's timers run in between
 * however many links there are. Control thread only.
 */
#pragma once

#include "control/server/metrics.h"

#include <sys/queue.h>

struct event_base;
struct metrics_pages;

/* Somebody who waits for a text. Embedded in what the caller knows of him. */
struct metrics_wait {
	TAILQ_ENTRY(metrics_wait) next;
	/* metrics: the caller's to metrics_release; NULL: there was no memory. `wait` is out of the
	 * list by then and may be freed. */
	void (*ready)(struct metrics_wait *wait, struct metrics *metrics);
};

/* Texts of `daemon`, each of which serves for reuse_ms after it was ready. base and daemon are
 * borrowed. NULL without memory. */
struct metrics_pages *
metrics_pages_create(struct event_base *base, struct daemon *daemon, uint32_t reuse_ms);

/* Frees all but texts that others hold; those who wait get NULL. NULL is allowed. */
void metrics_pages_free(struct metrics_pages *pages);

/* Calls wait->ready: before it returns when a text is at hand, else from the event loop. */
void metrics_pages_ask(
	struct metrics_pages *pages, enum metrics_format format, struct metrics_wait *wait
);
