/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A client's life: lines are cut from its input, whole ones wait for a turn, answers leave through
 * its output. One request of one client is answered per turn of the event loop, so that however
 * many clients ask at once, the loop looks at its other events (MKA's timers) in between. Who
 * subscribed to events gets some of them in a turn of its own; how far it has come is one number,
 * so a slow reader costs no memory beyond its output, and is told how many it lost.
 */
#include "control/server/client_parts.h"
#include "control/server/stream.h"

#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <unistd.h>

#define EVENTS_PER_TURN 16u

enum line_state { LINE_NONE, LINE_HALF, LINE_WHOLE, LINE_TOO_LONG };

static struct timeval timeval_from_ms(uint32_t ms) {
	return (struct timeval){.tv_sec = ms / 1000, .tv_usec = (suseconds_t)(ms % 1000) * 1000};
}

void client_cut_off(struct client *client) {
	struct client_room *room = client->room;

	if (client->is_ready)
		TAILQ_REMOVE(&room->ready, client, ready);
	TAILQ_REMOVE(&room->all, client, all);
	room->n_clients--;
	event_free(client->half_request);
	bufferevent_free(client->stream);
	free(client);
}

static size_t client_unread_octets(const struct client *client) {
	return evbuffer_get_length(bufferevent_get_output(client->stream));
}

/* Ends the client once it has read what was answered. The client may be gone afterwards. */
static void client_close(struct client *client) {
	if (client_unread_octets(client) == 0) {
		client_cut_off(client);
		return;
	}
	client->is_closing = true;
	bufferevent_disable(client->stream, EV_READ);
	event_del(client->half_request);
}

static void answer_free(const void *data, size_t octets, void *extra) {
	(void)octets;
	(void)extra;
	cJSON_free((void *)(uintptr_t)data);
}

/* Takes `answer` over; NULL says that there was no memory to make one. */
static int client_send(struct client *client, char *answer) {
	struct evbuffer *output = bufferevent_get_output(client->stream);

	if (answer == NULL)
		return evbuffer_add(output, RPC_OUT_OF_MEMORY "\n", strlen(RPC_OUT_OF_MEMORY) + 1);
	if (evbuffer_add_reference(output, answer, strlen(answer), answer_free, NULL) < 0) {
		cJSON_free(answer);
		return -1;
	}
	return evbuffer_add(output, "\n", 1);
}

/* Says what the client did wrong, then ends it: after this its lines cannot be told apart. */
static void client_refuse(struct client *client, const char *why) {
	char *answer;

	if (rpc_error_line(RPC_INVALID_REQUEST, why, &answer) < 0)
		answer = NULL;
	if (client_send(client, answer) < 0)
		client_cut_off(client);
	else
		client_close(client);
}

static enum line_state line_look(struct client *client) {
	struct evbuffer *input = bufferevent_get_input(client->stream);
	const size_t max = client->room->limits.request_octets;
	const size_t octets = evbuffer_get_length(input);
	struct evbuffer_ptr from, end;

	if (octets == 0)
		return LINE_NONE;
	end.pos = -1;
	// a line that trickles in is searched once, not once per octet
	if (octets > client->searched_octets &&
	    evbuffer_ptr_set(input, &from, client->searched_octets, EVBUFFER_PTR_SET) == 0)
		end = evbuffer_search(input, "\n", 1, &from);
	if (end.pos >= 0)
		return (size_t)end.pos > max ? LINE_TOO_LONG : LINE_WHOLE;
	client->searched_octets = octets;
	return octets > max ? LINE_TOO_LONG : LINE_HALF;
}

void client_queue(struct client *client) {
	struct client_room *room = client->room;
	const struct timeval next_turn_of_loop = {0};

	if (client->is_ready)
		return;
	client->is_ready = true;
	TAILQ_INSERT_TAIL(&room->ready, client, ready);
	// an event that is made active by hand would run before the loop polls again: a timer waits
	event_add(room->turn, &next_turn_of_loop);
}

/* A reader that lags is asked to read first: so its output stays bounded by one answer more. */
static bool client_has_room(const struct client *client, size_t octets) {
	return client_unread_octets(client) <= octets;
}

static void client_queue_request(struct client *client) {
	event_del(client->half_request);
	// with reading on, libevent calls back without end for a full input that is not emptied
	bufferevent_disable(client->stream, EV_READ);
	if (client_has_room(client, client->room->limits.unread_octets))
		client_queue(client);
}

bool client_takes_events(const struct client *client) {
	const struct client_room *room = client->room;

	return !client->is_closing && client_has_room(client, room->limits.event_octets) &&
	       stream_has_news(&client->events, daemon_events(room->daemon));
}

static void client_await_line_end(struct client *client) {
	const struct timeval left = timeval_from_ms(client->room->limits.half_request_ms);

	if (!event_pending(client->half_request, EV_TIMEOUT, NULL))
		event_add(client->half_request, &left);
}

/* Decides what comes next, after anything has changed. The client may be gone afterwards. */
static void client_continue(struct client *client) {
	const enum line_state state = line_look(client);

	if (client_takes_events(client))
		client_queue(client);
	if (state == LINE_WHOLE) {
		client_queue_request(client);
		return;
	}
	if (state == LINE_TOO_LONG) {
		client_refuse(client, "the request line is too long");
		return;
	}
	if (client->has_ended) {
		client_close(client);
		return;
	}
	bufferevent_enable(client->stream, EV_READ);
	if (state == LINE_HALF)
		client_await_line_end(client);
	else
		event_del(client->half_request);
}

static void on_read(struct bufferevent *stream, void *ctx) {
	(void)stream;
	client_continue(ctx);
}

static void on_written(struct bufferevent *stream, void *ctx) {
	struct client *client = ctx;

	(void)stream;
	if (!client->is_closing)
		client_continue(client);
	else if (client_unread_octets(client) == 0)
		client_cut_off(client);
}

static void on_event(struct bufferevent *stream, short what, void *ctx) {
	struct client *client = ctx;

	(void)stream;
	// the end of its requests; a reset or a reader without progress is the end of all
	if ((what & BEV_EVENT_EOF) == 0 || client->is_closing) {
		client_cut_off(client);
		return;
	}
	client->has_ended = true;
	client_continue(client);
}

static void on_half_request(evutil_socket_t fd, short what, void *ctx) {
	(void)fd;
	(void)what;
	client_refuse(ctx, "the request line did not end in time");
}

/* Sends some of the events that wait. Returns 0, or -1 when memory failed. */
static int client_send_events(struct client *client) {
	const struct events *events = daemon_events(client->room->daemon);
	char *line;

	for (uint32_t i = 0; i < EVENTS_PER_TURN && client_takes_events(client); i++) {
		const int ret = stream_line(&client->events, events, &line);
		if (ret < 0 || (ret > 0 && client_send(client, line) < 0))
			return -1;
	}
	return 0;
}

/* Answers one request line, taken from the input. Returns 0, or -1 when memory failed. */
static int client_answer(struct client *client) {
	struct client_room *room = client->room;
	char *answer = NULL;
	size_t octets;
	char *line =
		evbuffer_readln(bufferevent_get_input(client->stream), &octets, EVBUFFER_EOL_LF);

	client->searched_octets = 0;
	TAILQ_REMOVE(&room->all, client, all);
	TAILQ_INSERT_TAIL(&room->all, client, all);
	const int ret = line == NULL
				? -ENOMEM
				: rpc_answer(room->daemon, line, octets, &client->events, &answer);
	free(line);
	return ret < 0 || answer != NULL ? client_send(client, answer) : 0;
}

void client_serve(struct client *client) {
	if (client->is_closing)
		return; // its output is sent, and that is all
	const bool has_request = line_look(client) == LINE_WHOLE &&
				 client_has_room(client, client->room->limits.unread_octets);

	if ((has_request && client_answer(client) < 0) || client_send_events(client) < 0)
		client_cut_off(client);
	else
		client_continue(client);
}

int client_begin(struct client *client) {
	const struct server_limits *limits = &client->room->limits;
	const struct timeval unread = timeval_from_ms(limits->unread_ms);
	struct bufferevent *stream = client->stream;

	bufferevent_setcb(stream, on_read, on_written, on_event, client);
	// the longest line and its end; more stays in the kernel, where it holds the client up
	bufferevent_setwatermark(stream, EV_READ, 0, limits->request_octets + 1);
	bufferevent_setwatermark(stream, EV_WRITE, limits->unread_octets, 0);
	bufferevent_set_timeouts(stream, NULL, &unread);
	return bufferevent_enable(stream, EV_READ | EV_WRITE);
}

struct client *client_create(struct client_room *room, evutil_socket_t fd) {
	struct client *client = calloc(1, sizeof(*client));

	if (client == NULL)
		return NULL;
	client->room = room;
	client->half_request = evtimer_new(room->base, on_half_request, client);
	client->stream = bufferevent_socket_new(room->base, fd, BEV_OPT_CLOSE_ON_FREE);
	if (client->half_request != NULL && client->stream != NULL)
		return client;
	if (client->half_request != NULL)
		event_free(client->half_request);
	if (client->stream != NULL)
		bufferevent_free(client->stream);
	else
		close(fd);
	free(client);
	return NULL;
}
