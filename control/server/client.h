/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * One client of the control socket, between server.c (which accepts and gives turns) and rpc.c
 * (which answers). Private to the server. Control thread only.
 */
#pragma once

#include "control/daemon.h"
#include "control/server/server.h"

#include <event2/event.h>
#include <event2/util.h>

#include <sys/queue.h>

struct client;

TAILQ_HEAD(client_list, client);

/* What the clients of one server share. */
struct client_room {
	// set at create
	struct event_base *base;
	struct daemon *daemon;
	struct server_limits limits;
	struct event *turn;
	struct event *news; // pending: subscribers have events to be sent
	// moving
	struct client_list all;   // the longest silent first
	struct client_list ready; // those with a whole request, in the order of service
	uint32_t n_clients;
};

/* Prepares an empty room. `daemon` and `base` are borrowed, limits copied. Returns 0 or -ENOMEM. */
int client_room_init(
	struct client_room *room, struct event_base *base, struct daemon *daemon,
	const struct server_limits *limits
);

/* Cuts off all clients and frees what the room owns. An unprepared (zeroed) room is allowed. */
void client_room_end(struct client_room *room);

/*
 * Takes a new connection in; `fd` is non-blocking and owned from here on. In a full room the
 * client that was silent the longest is cut off first. Without memory the connection is closed.
 */
void client_enter(struct client_room *room, evutil_socket_t fd);
