/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The control socket: newline-delimited JSON-RPC 2.0 on a UNIX stream socket. Many clients; none
 * can block another, the event loop or the traffic. docs/control-socket.md is what clients read.
 * Control thread only.
 */
#pragma once

#include "control/daemon.h"

#include <stddef.h>
#include <stdint.h>

struct event_base;
struct server;

struct server_limits {
	uint32_t clients;         // one more takes the place of the longest silent one
	size_t request_octets;    // of a line, its end not counted
	size_t unread_octets;     // no further request is answered while more is unread
	size_t event_octets;      // no further event is sent to a subscriber while more is unread
	uint32_t half_request_ms; // from the first octet of a line to its end
	uint32_t unread_ms;       // without progress of the reader
	uint32_t accept_pause_ms; // after accept failed, e.g. for want of descriptors
};

extern const struct server_limits server_default_limits;

/*
 * Binds the socket with mode 0660, listens, and from then on serves from the event loop.
 *
 * base, daemon: borrowed, must outlive the server. socket_path: its folder must exist; a socket
 * left behind by a daemon that is gone is replaced, anything else at that place is not touched.
 * SIGPIPE is ignored in the whole process from here on: a client may go at any time.
 * Returns 0 and the handle, or a negative errno after one error line that names the path and the
 * fix. Does not block.
 */
int server_start(
	struct event_base *base, struct daemon *daemon, const char *socket_path, struct server **out
);

/* The same with other limits (copied), for tests. */
int server_start_limited(
	struct event_base *base, struct daemon *daemon, const char *socket_path,
	const struct server_limits *limits, struct server **out
);

/* Cuts off every client, stops listening, removes the socket if it is still ours, frees. NULL is
 * allowed. */
void server_stop(struct server *server);
