/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What monitoring reads, as text: OpenMetrics 1.0.0, or Prometheus' text format 0.0.4. Pure: views
 * go in, text comes out; metrics_page.c spreads the work over turns of the event loop, and
 * metrics_server.c speaks HTTP. docs/operations.md is what operators read. Control thread only.
 *
 * Both formats want all samples of one metric in one place, and views come link by link: so each
 * metric has a text of its own, and the whole is these pieces in their order.
 */
#pragma once

#include "control/daemon.h"

#include <stdbool.h>
#include <stddef.h>

enum metrics_format { METRICS_OPENMETRICS, METRICS_PROMETHEUS, METRICS_FORMATS };

struct metrics;

/* An empty text with one user. NULL without memory. */
struct metrics *metrics_create(enum metrics_format format);

/* One user more, one less; the last one frees it. NULL is allowed to metrics_release. */
struct metrics *metrics_hold(struct metrics *metrics);
void metrics_release(struct metrics *metrics);

/* Adds what is known of the daemon and its key agent, at most once. */
void metrics_add_daemon(struct metrics *metrics, const struct daemon *daemon);

/* Adds key `index` of the key agent; false behind the last. */
bool metrics_add_key(struct metrics *metrics, const struct daemon *daemon, uint32_t index);

/* Adds one link. Its name must not have been added yet: a sample that stands twice makes a scraper
 * refuse the whole text. */
void metrics_add_link(struct metrics *metrics, const struct link_view *view);

/* Ends the text. Returns 0, or -ENOMEM when any of it was lost for want of memory. */
int metrics_finish(struct metrics *metrics);

/* Piece `index` of the text, not terminated; false behind the last. Lives as long as `metrics`. */
struct metrics_piece {
	const char *at;
	size_t octets; // may be 0
};
bool metrics_piece(const struct metrics *metrics, size_t index, struct metrics_piece *piece);

/* Value of the Content-Type header. Never NULL. */
const char *metrics_content_type(enum metrics_format format);

/* The format that a client wants by its Accept header (RFC 9110 12.5.1); NULL: it sent none. Who
 * does not ask for OpenMetrics gets Prometheus' format, which everyone reads. */
enum metrics_format metrics_accepted(const char *accept);
