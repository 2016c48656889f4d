/* SPDX-License-Identifier: BSD-3-Clause */
/* A client, shared by client.c (its life) and client_room.c (who has a turn). Control thread only.
 */
#pragma once

#include "control/server/client.h"
#include "control/server/rpc.h"

#include <stdbool.h>

struct bufferevent;

struct client {
	// set at create
	struct client_room *room;
	struct bufferevent *stream;
	struct event *half_request; // runs while the input ends in the middle of a line
	// moving
	struct rpc_stream events;
	TAILQ_ENTRY(client) all;
	TAILQ_ENTRY(client) ready;
	size_t searched_octets; // of the input: known to hold no line end
	bool is_ready;          // in the list `ready`
	bool has_ended;         // the peer sends no more
	bool is_closing;        // nothing is read any more; ends when its output is sent
};

/* Takes `fd` over. NULL without memory, and fd is closed then. */
struct client *client_create(struct client_room *room, evutil_socket_t fd);

/* Sets callbacks, bounds and time-outs; it is in the list of all. Returns 0 or -1. */
int client_begin(struct client *client);

/* Ends and frees it, wherever it is. */
void client_cut_off(struct client *client);

/* Gives the client a turn, unless it waits for one already. */
void client_queue(struct client *client);

/* Whether there are events for it, and room for them. */
bool client_takes_events(const struct client *client);

/* Its turn: one request, some events. The client may be gone afterwards. */
void client_serve(struct client *client);
