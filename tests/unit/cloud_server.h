/* SPDX-License-Identifier: BSD-3-Clause */
/* A server on 127.0.0.1 in a child process that says what a test tells it to, octet for octet. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define CLOUD_REQUESTS_MAX 16u
#define CLOUD_REQUEST_MAX 8192u

enum cloud_ending { CLOUD_CLOSE, CLOUD_RESET, CLOUD_HANG, CLOUD_DRIP, CLOUD_FLOOD };

/* What one connection gets: the text, then its ending. */
struct cloud_script {
	const char *text; // NULL: the end of the script; nobody listens any more
	enum cloud_ending ending;
};

/* What was asked, head and body, by connection. Shared with the child. */
struct cloud_seen {
	uint32_t n;
	char requests[CLOUD_REQUESTS_MAX][CLOUD_REQUEST_MAX];
};

struct cloud_server {
	pid_t pid;
	uint16_t port;
	char url[64]; // "http://127.0.0.1:PORT"
	struct cloud_seen *seen;
};

/* Listens, and forks the child that plays `script`. Fails the test when it cannot. */
void cloud_server_start(struct cloud_server *server, const struct cloud_script *script);

/* Ends and reaps the child. */
void cloud_server_stop(struct cloud_server *server);

/* Whether request `i` has this text anywhere. */
bool cloud_server_saw(const struct cloud_server *server, uint32_t i, const char *text);
