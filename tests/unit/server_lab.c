/* SPDX-License-Identifier: BSD-3-Clause */
/* A server and its clients; the contract is in server_lab.h. */
#include "tests/unit/server_lab.h"

#include <criterion/criterion.h>

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

struct server_lab lab;

void lab_begin(void) {
	snprintf(lab.folder, sizeof(lab.folder), "/tmp/test-server-XXXXXX");
	cr_assert_not_null(mkdtemp(lab.folder));
	snprintf(lab.path, sizeof(lab.path), "%s/control.sock", lab.folder);
	lab.base = event_base_new();
	lab.fake = fake_daemon_create(2);
}

void lab_end(void) {
	server_stop(lab.server);
	event_base_free(lab.base);
	fake_daemon_destroy(lab.fake);
	unlink(lab.path);
	rmdir(lab.folder);
}

void lab_start(const struct server_limits *limits) {
	cr_assert_eq(server_start_limited(lab.base, lab.fake, lab.path, limits, &lab.server), 0);
}

int client_connect(void) {
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	memcpy(address.sun_path, lab.path, strlen(lab.path) + 1);
	cr_assert_eq(connect(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	cr_assert_eq(fcntl(fd, F_SETFL, O_NONBLOCK), 0);
	return fd;
}

static time_t now_s(void) {
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec;
}

/* Runs the loop until the client's socket is readable. Takes octets up to the end of a line and
 * returns their number, 0 when the client was cut off. */
static size_t pump_read(int fd, char *octets, size_t room) {
	struct pollfd ready = {.fd = fd, .events = POLLIN};
	const time_t end = now_s() + PATIENCE_S;

	do {
		cr_assert_lt(now_s(), end, "the server did nothing within %d s", PATIENCE_S);
		event_base_loop(lab.base, EVLOOP_NONBLOCK);
	} while (poll(&ready, 1, 1) != 1);
	const ssize_t seen = recv(fd, octets, room, MSG_PEEK);
	if (seen <= 0)
		return 0;
	const char *line_end = memchr(octets, '\n', (size_t)seen);
	const size_t wanted = line_end == NULL ? (size_t)seen : (size_t)(line_end - octets) + 1;
	cr_assert_eq(read(fd, octets, wanted), (ssize_t)wanted);
	return wanted;
}

void client_send(int fd, const char *octets, size_t n) {
	struct pollfd ready = {.fd = fd, .events = POLLOUT};

	while (n > 0) {
		const ssize_t sent = send(fd, octets, n, MSG_NOSIGNAL);
		if (sent > 0) {
			octets += sent;
			n -= (size_t)sent;
		} else if (sent < 0 && errno == EPIPE) {
			return; // cut off in the middle: what it reads tells
		}
		event_base_loop(lab.base, EVLOOP_NONBLOCK);
		poll(&ready, 1, 1);
	}
}

/* Receives one line into `answer`. Returns false when the client was cut off before its end. */
static bool client_receive(int fd) {
	size_t octets = 0;

	while (octets == 0 || lab.answer[octets - 1] != '\n') {
		cr_assert_lt(octets, ANSWER_OCTETS - 1);
		const size_t got = pump_read(fd, lab.answer + octets, ANSWER_OCTETS - 1 - octets);
		if (got == 0)
			return false;
		octets += got;
	}
	lab.answer[octets] = '\0';
	return true;
}

void assert_answered(int fd, const char *part) {
	cr_assert(client_receive(fd));
	cr_assert_not_null(strstr(lab.answer, part), "%s lacks %s", lab.answer, part);
}

void assert_cut_off(int fd) {
	char octet;

	cr_assert_eq(pump_read(fd, &octet, 1), 0);
	close(fd);
}
