/* SPDX-License-Identifier: BSD-3-Clause */
/* The control socket against slow, half-hearted, vanishing and hostile clients. */
#include "tests/unit/server_lab.h"

#include <criterion/criterion.h>
#include <event2/event.h>

#include <errno.h>
#include <poll.h>
#include <stdbool.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

/* The loops below wait without a limit of their own. The time-out is below the 30 s after which a
 * client is cut off, so that a server whose loop spins until then fails. */
TestSuite(server_hostile, .init = lab_begin, .fini = lab_end, .timeout = 25);

static void on_tick(evutil_socket_t fd, short what, void *ctx) {
	unsigned *ticks = ctx;

	(void)fd;
	(void)what;
	(*ticks)++;
}

static void long_line(size_t octets, char *text) {
	memset(text, ' ', octets);
	memcpy(text, ASK, strlen(ASK) - 1);
	text[octets] = '\n';
}

Test(server_hostile, takes_the_longest_line_and_refuses_one_octet_more) {
	static char text[(64u << 10) + 2];
	const size_t max = server_default_limits.request_octets;

	cr_assert_eq(max, sizeof(text) - 2);
	lab_start(&server_default_limits);
	int fd = client_connect();
	long_line(max, text);
	client_send(fd, text, max + 1);
	assert_answered(fd, "result");
	client_send(fd, text, max + 1);
	assert_answered(fd, "result");
	long_line(max + 1, text);
	client_send(fd, text, max + 2);
	assert_answered(fd, "\"code\":-32600,\"message\":\"the request line is too long\"");
	assert_cut_off(fd);
}

Test(server_hostile, cuts_off_an_endless_line) {
	static char flood[1u << 20];

	lab_start(&server_default_limits);
	const int fd = client_connect();
	memset(flood, 'a', sizeof(flood));
	client_send(fd, flood, sizeof(flood));
	assert_answered(fd, "\"code\":-32600");
	assert_cut_off(fd);
}

Test(server_hostile, cuts_off_a_request_that_does_not_end) {
	struct server_limits limits = server_default_limits;

	limits.half_request_ms = 50;
	lab_start(&limits);
	const int fd = client_connect(), idle = client_connect();
	client_send(fd, ASK "{", strlen(ASK) + 1);
	assert_answered(fd, "result");
	assert_answered(fd, "\"message\":\"the request line did not end in time\"");
	assert_cut_off(fd);
	// silence between requests is no offence
	client_send(idle, ASK, strlen(ASK));
	assert_answered(idle, "result");
	close(idle);
}

Test(server_hostile, finds_the_end_of_a_short_line_after_a_long_one_in_pieces) {
	static char text[1001];

	lab_start(&server_default_limits);
	const int fd = client_connect();
	long_line(sizeof(text) - 1, text);
	client_send(fd, text, sizeof(text) - 1);
	client_send(fd, "\n", 1);
	assert_answered(fd, "result");
	client_send(fd, ASK, strlen(ASK));
	assert_answered(fd, "result");
	close(fd);
}

/* Asks without reading. Returns whether the server stopped taking requests before `most` of them.
 */
static bool client_stuff(int fd, size_t most) {
	struct pollfd ready = {.fd = fd, .events = POLLOUT};
	unsigned refused = 0;

	for (size_t sent = 0; sent < most && refused < 50;) {
		if (send(fd, ASK_LINKS, strlen(ASK_LINKS), MSG_NOSIGNAL) > 0)
			sent++;
		else
			refused++;
		event_base_loop(lab.base, EVLOOP_NONBLOCK);
		if (refused > 0)
			poll(&ready, 1, 1);
	}
	return refused == 50;
}

Test(server_hostile, holds_up_a_client_that_does_not_read) {
	struct server_limits limits = server_default_limits;

	limits.unread_octets = 100000;
	lab_start(&limits);
	const int slow = client_connect(), other = client_connect();
	cr_assert(client_stuff(slow, 30000), "the output of a client has no bound");
	client_send(other, ASK, strlen(ASK));
	assert_answered(other, "result");
	assert_answered(slow, "result");
	close(slow);
	close(other);
}

Test(server_hostile, cuts_off_a_reader_that_does_not_read) {
	struct server_limits limits = server_default_limits;

	limits.unread_octets = 100000;
	limits.unread_ms = 200;
	lab_start(&limits);
	const int slow = client_connect(), other = client_connect();
	client_stuff(slow, 30000);
	client_send(other, ASK, strlen(ASK));
	assert_answered(other, "result");
	struct pollfd gone = {.fd = slow, .events = POLLRDHUP};
	while (poll(&gone, 1, 1) == 0)
		event_base_loop(lab.base, EVLOOP_NONBLOCK);
	close(slow);
	close(other);
}

Test(server_hostile, a_slow_reader_gets_every_answer_in_the_end) {
	struct server_limits limits = server_default_limits;

	limits.unread_octets = 10000;
	lab_start(&limits);
	const int fd = client_connect();
	for (int i = 0; i < 150; i++)
		client_send(fd, ASK_LINKS, strlen(ASK_LINKS));
	for (int i = 0; i < 150; i++)
		assert_answered(fd, "\"name\":\"lab\"");
	close(fd);
}

Test(server_hostile, survives_clients_that_vanish) {
	lab_start(&server_default_limits);
	for (int i = 0; i < 300; i++) {
		const int fd = client_connect();
		if (i % 3 > 0)
			client_send(fd, ASK_LINKS, strlen(ASK_LINKS) - (size_t)(i % 3 == 1));
		if (i % 2 == 0)
			event_base_loop(lab.base, EVLOOP_NONBLOCK);
		close(fd);
	}
	const int fd = client_connect();
	client_send(fd, ASK, strlen(ASK));
	assert_answered(fd, "result");
	close(fd);
}

Test(server_hostile, pauses_when_descriptors_run_out_and_recovers) {
	struct server_limits limits = server_default_limits;
	struct rlimit before, none;

	limits.accept_pause_ms = 20;
	lab_start(&limits);
	const int fd = client_connect();
	getrlimit(RLIMIT_NOFILE, &before);
	none = before;
	none.rlim_cur = (rlim_t)fd + 1;
	cr_assert_eq(setrlimit(RLIMIT_NOFILE, &none), 0);
	unsigned ticks = 0, turns = 0;
	struct event *tick = event_new(lab.base, -1, EV_PERSIST, on_tick, &ticks);
	event_add(tick, &(struct timeval){.tv_usec = 1000});
	do {
		event_base_loop(lab.base, EVLOOP_ONCE);
		turns++;
	} while (ticks < 10);
	event_free(tick);
	cr_assert_lt(turns, 100u, "the loop spins on a connection that it cannot accept");
	setrlimit(RLIMIT_NOFILE, &before);
	client_send(fd, ASK, strlen(ASK));
	assert_answered(fd, "result");
	close(fd);
}

Test(server_hostile, stops_in_the_middle_of_everything) {
	lab_start(&server_default_limits);
	const int asked = client_connect(), half = client_connect(), idle = client_connect();

	client_send(half, "{", 1);
	for (int i = 0; i < 200; i++)
		client_send(asked, ASK_LINKS, strlen(ASK_LINKS));
	server_stop(lab.server);
	lab.server = NULL;
	close(asked);
	close(half);
	close(idle);
}
