/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * evhttp tells nobody that a connection has ended. So each bufferevent is held by a reference of
 * ours: one whose event callback is gone was freed by evhttp, and nothing but our reference is left
 * of it. To cut a connection off, its socket is shut down: evhttp sees its end and frees it.
 *
 * The socket is closed with its bufferevent, not by evhttp: its number must not come to the next
 * connection while events of this one are still registered for it.
 */
#include "control/server/metrics_gate.h"

#include "control/monotonic.h"

#include <event2/bufferevent.h>
#include <event2/event.h>

#include <stdbool.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <time.h>

#define SWEEP_MS 50u
#define INPUT_OCTETS 16384u // of one that is over, too: more than evhttp's longest request

struct held {
	struct bufferevent *stream; // NULL: free
	uint64_t since_ms;
};

struct metrics_gate {
	uint32_t n, life_ms;
	struct event *sweep; // while anybody is connected
	struct held held[METRICS_GATE_MAX];
};

static bool is_over(const struct held *held) {
	bufferevent_event_cb on_event;

	bufferevent_getcb(held->stream, NULL, NULL, &on_event, NULL);
	return on_event == NULL;
}

static void let_go(struct held *held) {
	bufferevent_decref(held->stream);
	held->stream = NULL;
}

static void cut_off(struct held *held) {
	shutdown(bufferevent_getfd(held->stream), SHUT_RDWR);
	let_go(held);
}

static void plan_sweep(struct metrics_gate *gate) {
	static const struct timeval wait = {.tv_usec = SWEEP_MS * 1000};

	if (!event_pending(gate->sweep, EV_TIMEOUT, NULL))
		event_add(gate->sweep, &wait);
}

static void on_sweep(evutil_socket_t fd, short what, void *ctx) {
	struct metrics_gate *gate = ctx;
	const uint64_t now = monotonic_ms();

	(void)fd;
	(void)what;
	for (uint32_t i = 0; i < gate->n; i++) {
		struct held *held = &gate->held[i];

		if (held->stream == NULL)
			continue;
		if (is_over(held))
			let_go(held);
		else if (now - held->since_ms >= gate->life_ms)
			cut_off(held);
		else
			plan_sweep(gate);
	}
}

/* A free place: one that is, or one whose connection is over, or the longest connected one's. */
static struct held *make_room(struct metrics_gate *gate) {
	struct held *oldest = &gate->held[0];

	for (uint32_t i = 0; i < gate->n; i++) {
		struct held *held = &gate->held[i];

		if (held->stream == NULL)
			return held;
		if (is_over(held)) {
			let_go(held);
			return held;
		}
		if (held->since_ms < oldest->since_ms)
			oldest = held;
	}
	cut_off(oldest);
	return oldest;
}

struct bufferevent *metrics_gate_enter(struct event_base *base, void *ctx) {
	struct metrics_gate *gate = ctx;
	struct bufferevent *stream = bufferevent_socket_new(base, -1, BEV_OPT_CLOSE_ON_FREE);

	if (stream == NULL)
		return NULL;
	bufferevent_setwatermark(stream, EV_READ, 0, INPUT_OCTETS);
	bufferevent_incref(stream);
	*make_room(gate) = (struct held){stream, monotonic_ms()};
	plan_sweep(gate);
	return stream;
}

struct metrics_gate *
metrics_gate_create(struct event_base *base, uint32_t connections, uint32_t life_ms) {
	struct metrics_gate *gate = calloc(1, sizeof(*gate));

	if (gate == NULL)
		return NULL;
	gate->n = connections < METRICS_GATE_MAX ? connections : METRICS_GATE_MAX;
	gate->life_ms = life_ms;
	gate->sweep = evtimer_new(base, on_sweep, gate);
	if (gate->sweep != NULL)
		return gate;
	free(gate);
	return NULL;
}

void metrics_gate_free(struct metrics_gate *gate) {
	if (gate == NULL)
		return;
	for (uint32_t i = 0; i < gate->n; i++)
		if (gate->held[i].stream != NULL)
			let_go(&gate->held[i]);
	event_free(gate->sweep);
	free(gate);
}
