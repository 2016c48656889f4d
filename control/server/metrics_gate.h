/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Who may stay connected to the metrics' HTTP server, and for how long: evhttp itself bounds
 * neither. The longest connected one makes room for one more. Control thread only.
 */
#pragma once

#include <event2/util.h>

#include <stdint.h>

struct bufferevent;
struct event_base;
struct metrics_gate;

#define METRICS_GATE_MAX 256u

/* At most `connections` (up to METRICS_GATE_MAX), each of life_ms. NULL without memory. */
struct metrics_gate *
metrics_gate_create(struct event_base *base, uint32_t connections, uint32_t life_ms);

/* A connection's bufferevent, as evhttp_set_bevcb wants it; ctx is the gate. */
struct bufferevent *metrics_gate_enter(struct event_base *base, void *ctx);

/* After evhttp_free. NULL is allowed. */
void metrics_gate_free(struct metrics_gate *gate);
