/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * /metrics over HTTP, by evhttp in the control thread's event loop: GET and HEAD of that one page.
 * Clients are bounded in number, in time and in what they send, and share one text, so that none of
 * them delays MKA. docs/operations.md is what operators read. Control thread only.
 */
#pragma once

#include "control/daemon.h"

#include <stdint.h>

struct event_base;
struct metrics_server;

struct metrics_limits {
	uint32_t connections;     // one more takes the place of the longest connected one
	uint32_t life_ms;         // of a connection, whatever it does
	uint32_t reuse_ms;        // how long a text serves everybody
	uint32_t accept_pause_ms; // at most, after accept failed, e.g. for want of descriptors
};

extern const struct metrics_limits metrics_default_limits;

/*
 * Serves from the event loop from now on. base, daemon: borrowed, must outlive the server. listen:
 * as config_listen_parse reads it, or "off": then *out is NULL and nothing is served. limits:
 * copied. SIGPIPE is ignored in the whole process from here on.
 *
 * Returns 0, or a negative errno after one warning line that names the address and the fix: an
 * appliance works without metrics. *out is NULL then. Does not block.
 */
int metrics_server_start(
	struct event_base *base, struct daemon *daemon, const char *listen,
	const struct metrics_limits *limits, struct metrics_server **out
);

/* Cuts off every client, stops listening, frees. NULL is allowed. */
void metrics_server_stop(struct metrics_server *server);
