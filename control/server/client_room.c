/* SPDX-License-Identifier: BSD-3-Clause */
/* Who comes in, who has a turn, and who hears of events; the contract is in client.h. */
#include "control/server/client_parts.h"
#include "control/server/events.h"

#include <errno.h>
#include <sys/time.h>

static void on_turn(evutil_socket_t fd, short what, void *ctx) {
	struct client_room *room = ctx;
	struct client *client = TAILQ_FIRST(&room->ready);
	const struct timeval next_turn_of_loop = {0};

	(void)fd;
	(void)what;
	if (client == NULL)
		return; // it was cut off meanwhile
	TAILQ_REMOVE(&room->ready, client, ready);
	client->is_ready = false;
	client_serve(client);
	if (!TAILQ_EMPTY(&room->ready))
		event_add(room->turn, &next_turn_of_loop);
}

/* After something was told. The walk is not made in the middle of what told it. */
static void on_news(evutil_socket_t fd, short what, void *ctx) {
	struct client_room *room = ctx;
	struct client *client;

	(void)fd;
	(void)what;
	TAILQ_FOREACH(client, &room->all, all) {
		if (client_takes_events(client))
			client_queue(client);
	}
}

static void on_told(void *ctx) {
	struct client_room *room = ctx;
	const struct timeval next_turn_of_loop = {0};

	event_add(room->news, &next_turn_of_loop);
}

int client_room_init(
	struct client_room *room, struct event_base *base, struct daemon *daemon,
	const struct server_limits *limits
) {
	*room = (struct client_room){.base = base, .daemon = daemon, .limits = *limits};
	TAILQ_INIT(&room->all);
	TAILQ_INIT(&room->ready);
	room->turn = evtimer_new(base, on_turn, room);
	room->news = evtimer_new(base, on_news, room);
	if (room->turn == NULL || room->news == NULL)
		return -ENOMEM;
	events_listen(daemon_events(daemon), on_told, room);
	return 0;
}

void client_room_end(struct client_room *room) {
	if (room->daemon == NULL)
		return;
	events_listen(daemon_events(room->daemon), NULL, NULL);
	while (!TAILQ_EMPTY(&room->all))
		client_cut_off(TAILQ_FIRST(&room->all));
	if (room->turn != NULL)
		event_free(room->turn);
	if (room->news != NULL)
		event_free(room->news);
	*room = (struct client_room){0};
}

void client_enter(struct client_room *room, evutil_socket_t fd) {
	if (room->n_clients >= room->limits.clients)
		client_cut_off(TAILQ_FIRST(&room->all));
	struct client *client = client_create(room, fd);
	if (client == NULL)
		return;
	TAILQ_INSERT_TAIL(&room->all, client, all);
	room->n_clients++;
	if (client_begin(client) < 0)
		client_cut_off(client);
}
