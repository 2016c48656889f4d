/* SPDX-License-Identifier: BSD-3-Clause */
/* The child's side and the test's side of a scripted server; the contract is in cloud_server.h. */
#include "tests/unit/cloud_server.h"

#include <criterion/criterion.h>

#include <arpa/inet.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static size_t body_octets(const char *head) {
	const char *length = strcasestr(head, "\r\nContent-Length:");

	return length == NULL ? 0 : strtoul(length + 17, NULL, 10);
}

/* Head and body, as far as they fit. */
static void read_request(int fd, char *request) {
	size_t n = 0;

	while (n + 1 < CLOUD_REQUEST_MAX) {
		const char *end = strstr(request, "\r\n\r\n");
		ssize_t octets;

		if (end != NULL && n >= (size_t)(end - request) + 4 + body_octets(request))
			return;
		octets = read(fd, request + n, CLOUD_REQUEST_MAX - 1 - n);
		if (octets <= 0)
			return;
		n += (size_t)octets;
	}
}

static void say(int fd, const char *text, size_t octets) {
	while (octets > 0) {
		ssize_t n = send(fd, text, octets, MSG_NOSIGNAL);

		if (n <= 0)
			return;
		text += n;
		octets -= (size_t)n;
	}
}

/* Until the other end has had enough. */
static void drip(int fd) {
	struct timespec pause = {.tv_nsec = 50000000};

	while (send(fd, "x", 1, MSG_NOSIGNAL) == 1)
		nanosleep(&pause, NULL);
}

static void flood(int fd) {
	static char piece[65536];

	memset(piece, 'A', sizeof(piece));
	while (send(fd, piece, sizeof(piece), MSG_NOSIGNAL) > 0)
		;
}

static void end_connection(int fd, enum cloud_ending ending) {
	struct linger at_once = {.l_onoff = 1};
	char ignored[256];

	switch (ending) {
	case CLOUD_CLOSE:
		break;
	case CLOUD_RESET:
		setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
		break;
	case CLOUD_HANG:
		while (read(fd, ignored, sizeof(ignored)) > 0)
			;
		break;
	case CLOUD_DRIP:
		drip(fd);
		break;
	case CLOUD_FLOOD:
		flood(fd);
		break;
	}
	close(fd);
}

static void play(int listener, const struct cloud_script *script, struct cloud_seen *seen) {
	for (; script->text != NULL; script++) {
		int fd = accept(listener, NULL, NULL);

		if (fd < 0)
			break;
		read_request(fd, seen->requests[seen->n % CLOUD_REQUESTS_MAX]);
		seen->n++;
		say(fd, script->text, strlen(script->text));
		end_connection(fd, script->ending);
	}
	_exit(0);
}

static int listen_anywhere(struct cloud_server *server) {
	struct sockaddr_in address = {
		.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t octets = sizeof(address);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	cr_assert_geq(fd, 0);
	cr_assert_eq(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	cr_assert_eq(listen(fd, 8), 0);
	cr_assert_eq(getsockname(fd, (struct sockaddr *)&address, &octets), 0);
	server->port = ntohs(address.sin_port);
	snprintf(server->url, sizeof(server->url), "http://127.0.0.1:%u", server->port);
	return fd;
}

void cloud_server_start(struct cloud_server *server, const struct cloud_script *script) {
	int listener = listen_anywhere(server);

	server->seen =
		mmap(NULL, sizeof(*server->seen), PROT_READ | PROT_WRITE,
		     MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	cr_assert_neq(server->seen, MAP_FAILED);
	server->pid = fork();
	cr_assert_geq(server->pid, 0);
	if (server->pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		play(listener, script, server->seen);
	}
	close(listener);
}

void cloud_server_stop(struct cloud_server *server) {
	kill(server->pid, SIGKILL);
	waitpid(server->pid, NULL, 0);
	munmap(server->seen, sizeof(*server->seen));
}

bool cloud_server_saw(const struct cloud_server *server, uint32_t i, const char *text) {
	return strstr(server->seen->requests[i], text) != NULL;
}
