/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A metrics server and its HTTP clients in one thread: what a client does lets the server's loop
 * run. Criterion gives each test a process of its own, hence one laboratory.
 */
#pragma once

#include "control/server/metrics_server.h"
#include "tests/unit/fake_daemon.h"

#include <event2/event.h>

#include <stdint.h>

#define PATIENCE_MS 20000u
#define HTTP_ANSWER_OCTETS (32u << 20)
#define GET "GET /metrics HTTP/1.1\r\nHost: a\r\n\r\n"
#define GET_OPEN "GET /metrics HTTP/1.1\r\nHost: a\r\nAccept: application/openmetrics-text\r\n\r\n"

struct metrics_lab {
	struct event_base *base;
	struct daemon *fake;
	struct metrics_server *server; // NULL: not started, or stopped by the test
	uint16_t port;
	char listen[32];
	char answer[HTTP_ANSWER_OCTETS];
	char *body; // in answer
};
extern struct metrics_lab metrics_lab;

/* Fixtures of a test suite. */
void metrics_lab_begin(void);
void metrics_lab_end(void);

/* Starts the server with these limits, at a port of its own. */
void metrics_lab_start(const struct metrics_limits *limits);

/* One turn of the loop, which may have nothing to do. */
void metrics_lab_turn(void);

/* Monotonic. */
uint64_t metrics_lab_now_ms(void);

/* A non-blocking socket, connected. */
int http_connect(void);

/* Sends it, unless the server cuts the client off meanwhile. */
void http_send(int fd, const char *octets, size_t n);
void http_say(int fd, const char *text);

/* Everything up to the end of the connection, which must come; closes fd. */
const char *http_read(int fd);

/* All of that. */
const char *http_ask(const char *request);

/* The answer must have this status; it must be a page with the fake's links. */
void http_assert_status(const char *answer, const char *status);
void http_assert_page(const char *answer);
