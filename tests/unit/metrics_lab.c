/* SPDX-License-Identifier: BSD-3-Clause */
/* A metrics server and its clients; the contract is in metrics_lab.h. */
#include "tests/unit/metrics_lab.h"

#include "tests/unit/metrics_text.h"

#include <criterion/criterion.h>
#include <event2/event.h>

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

struct metrics_lab metrics_lab;

/* A socket that is closed while events are registered for it is told in this way. */
static void on_libevent(int severity, const char *text) {
	if (severity >= EVENT_LOG_WARN)
		cr_assert_fail("libevent: %s", text);
}

void metrics_lab_begin(void) {
	event_set_log_callback(on_libevent);
	metrics_lab.base = event_base_new();
	metrics_lab.fake = fake_daemon_create(2);
}

void metrics_lab_end(void) {
	metrics_server_stop(metrics_lab.server);
	event_base_free(metrics_lab.base);
	fake_daemon_destroy(metrics_lab.fake);
}

uint64_t metrics_lab_now_ms(void) {
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

/* A port that was free a moment ago. */
static uint16_t free_port(void) {
	struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(0x7f000001)};
	socklen_t octets = sizeof(address);
	const int fd = socket(AF_INET, SOCK_STREAM, 0);

	cr_assert_eq(bind(fd, (struct sockaddr *)&address, octets), 0);
	cr_assert_eq(getsockname(fd, (struct sockaddr *)&address, &octets), 0);
	close(fd);
	return ntohs(address.sin_port);
}

void metrics_lab_start(const struct metrics_limits *limits) {
	int ret = -EADDRINUSE;

	for (int i = 0; i < 20 && ret == -EADDRINUSE; i++) {
		metrics_lab.port = free_port();
		snprintf(
			metrics_lab.listen, sizeof(metrics_lab.listen), "127.0.0.1:%u",
			metrics_lab.port
		);
		ret = metrics_server_start(
			metrics_lab.base, metrics_lab.fake, metrics_lab.listen, limits,
			&metrics_lab.server
		);
	}
	cr_assert_eq(ret, 0);
}

int http_connect(void) {
	const struct sockaddr_in address = {
		.sin_family = AF_INET,
		.sin_addr.s_addr = htonl(0x7f000001),
		.sin_port = htons(metrics_lab.port)};
	const int fd = socket(AF_INET, SOCK_STREAM, 0);

	cr_assert_eq(connect(fd, (const struct sockaddr *)&address, sizeof(address)), 0);
	cr_assert_eq(fcntl(fd, F_SETFL, O_NONBLOCK), 0);
	return fd;
}

/* One turn of the loop, which may have nothing to do. */
void metrics_lab_turn(void) {
	event_base_loop(metrics_lab.base, EVLOOP_ONCE | EVLOOP_NONBLOCK);
}

/* Sends what the server takes; it may cut us off. */
void http_send(int fd, const char *octets, size_t n) {
	const uint64_t last = metrics_lab_now_ms() + PATIENCE_MS;

	while (n > 0 && metrics_lab_now_ms() < last) {
		const ssize_t sent = send(fd, octets, n, MSG_NOSIGNAL);

		if (sent < 0 && errno != EAGAIN)
			return;
		octets += sent > 0 ? sent : 0;
		n -= sent > 0 ? (size_t)sent : 0;
		metrics_lab_turn();
	}
}

void http_say(int fd, const char *text) {
	http_send(fd, text, strlen(text));
}

/* Everything up to the end of the connection, which must come; closes fd. */
const char *http_read(int fd) {
	const uint64_t last = metrics_lab_now_ms() + PATIENCE_MS;
	struct pollfd ready = {.fd = fd, .events = POLLIN};
	size_t n = 0;

	for (;;) {
		cr_assert_lt(metrics_lab_now_ms(), last, "the connection does not end");
		metrics_lab_turn();
		if (poll(&ready, 1, 1) != 1)
			continue;
		const ssize_t got =
			recv(fd, metrics_lab.answer + n, sizeof(metrics_lab.answer) - 1 - n, 0);
		if (got <= 0)
			break;
		n += (size_t)got;
	}
	close(fd);
	metrics_lab.answer[n] = '\0';
	metrics_lab.body = strstr(metrics_lab.answer, "\r\n\r\n");
	metrics_lab.body = metrics_lab.body != NULL ? metrics_lab.body + 4 : metrics_lab.answer + n;
	return metrics_lab.answer;
}

const char *http_ask(const char *request) {
	const int fd = http_connect();

	http_say(fd, request);
	return http_read(fd);
}

void http_assert_status(const char *answer, const char *status) {
	cr_assert(
		strncmp(answer, "HTTP/1.", 7) == 0 && strncmp(answer + 9, status, 3) == 0, "%.80s",
		answer
	);
}

void http_assert_page(const char *answer) {
	http_assert_status(answer, "200");
	metrics_text_has(metrics_lab.body, "macsec_link_state{link=\"cloud\",state=\"secured\"} 1");
}
