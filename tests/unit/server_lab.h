/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A server and its clients in one thread: reading and sending let the server's loop run until a
 * client has what it waits for. Criterion gives each test a process of its own, hence one
 * laboratory.
 */
#pragma once

#include "control/server/server.h"
#include "tests/unit/fake_daemon.h"

#include <event2/event.h>

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#define PATIENCE_S 20
#define ANSWER_OCTETS (1u << 20)
#define ASK "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"rpc.list\"}\n"
#define ASK_LINKS "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"link.show\"}\n"

struct server_lab {
	char folder[64], path[96];
	struct event_base *base;
	struct daemon *fake;
	struct server *server; // NULL: not started, or stopped by the test
	char answer[ANSWER_OCTETS];
};
extern struct server_lab lab;

/* Fixtures of a test suite. */
void lab_begin(void);
void lab_end(void);

/* Starts the server with these limits. */
void lab_start(const struct server_limits *limits);

/* A non-blocking socket, connected. */
int client_connect(void);

/* Sends all of it, unless the server cuts the client off meanwhile. */
void client_send(int fd, const char *octets, size_t n);

/* Receives a line, which must contain `part`. */
void assert_answered(int fd, const char *part);

/* The next thing to be received must be the end. Closes fd. */
void assert_cut_off(int fd);
