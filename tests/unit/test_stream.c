/* SPDX-License-Identifier: BSD-3-Clause */
/* events.subscribe as a client of the socket sees it: order, filters, slow readers, many. */
#include "control/server/events.h"
#include "tests/unit/server_lab.h"

#include <criterion/criterion.h>
#include <event2/event.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define SUBSCRIBE "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"events.subscribe\"}\n"
#define SUBSCRIBE_TO(params) \
	"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"events.subscribe\",\"params\":{" params "}}\n"

TestSuite(stream, .init = lab_begin, .fini = lab_end, .timeout = 60);

static void ask(int fd, const char *line, const char *part) {
	client_send(fd, line, strlen(line));
	assert_answered(fd, part);
}

static void tell(const char *link, const char *text) {
	events_tell(daemon_events(lab.fake), EVENT_PEER, link, "%s", text);
}

Test(stream, sends_what_happens_in_order_and_answers_in_between) {
	lab_start(&server_default_limits);
	const int fd = client_connect();
	ask(fd, SUBSCRIBE, "\"result\":{\"next\":4}");
	tell("cloud", "one");
	tell(NULL, "two");
	assert_answered(
		fd, "{\"jsonrpc\":\"2.0\",\"method\":\"events.event\",\"params\":{\"number\":4,"
		    "\"time\":\"2026-12-01T00:00:00.123Z\",\"link\":\"cloud\",\"kind\":\"peer\","
		    "\"text\":\"one\"}}"
	);
	assert_answered(fd, "\"number\":5,\"time\":\"2026-12-01T00:00:00.123Z\",\"link\":null");
	ask(fd, ASK, "\"methods\"");
	tell("lab", "three");
	assert_answered(fd, "\"text\":\"three\"");
	close(fd);
}

/* What is asked from is sent first, so nothing is missed between events.show and this. */
Test(stream, begins_where_it_is_asked_to_and_only_for_its_link) {
	lab_start(&server_default_limits);
	const int fd = client_connect();
	ask(fd, SUBSCRIBE_TO("\"link\":\"lab\",\"from\":1"), "\"next\":1");
	assert_answered(fd, "\"text\":\"macsecd is ready\"");
	assert_answered(fd, "\"number\":3,");
	tell("cloud", "not for us");
	tell("lab", "for us");
	assert_answered(fd, "\"text\":\"for us\"");
	// a later one takes its place
	ask(fd, SUBSCRIBE_TO("\"link\":\"cloud\""), "\"next\":6");
	tell("lab", "no more");
	tell("cloud", "now");
	assert_answered(fd, "\"text\":\"now\"");
	close(fd);
}

Test(stream, refuses_wrong_parameters_and_does_not_begin) {
	lab_start(&server_default_limits);
	const int fd = client_connect();
	ask(fd, SUBSCRIBE_TO("\"link\":\"none\""), "\"code\":-32602");
	ask(fd, SUBSCRIBE_TO("\"from\":0"), "\"code\":-32602");
	ask(fd, SUBSCRIBE_TO("\"from\":1e300"), "\"code\":-32602");
	ask(fd, SUBSCRIBE_TO("\"from\":1.5"), "\"code\":-32602");
	ask(fd, SUBSCRIBE_TO("\"last\":1"), "\"code\":-32602");
	tell("cloud", "nobody listens");
	ask(fd, ASK, "\"methods\"");
	ask(fd, SUBSCRIBE_TO("\"from\":9007199254740991"), "\"next\":5"); // not yet: now
	close(fd);
}

/* What a slow reader's output has no room for is not kept: it is told how many it lost. */
Test(stream, a_slow_reader_is_told_how_many_it_lost) {
	uint64_t seen = 0, lost = 0, last = 3;

	lab_start(&server_default_limits);
	const int fd = client_connect(), other = client_connect();
	ask(fd, SUBSCRIBE, "\"next\":4");
	for (unsigned i = 0; i < 20 * EVENTS_KEPT; i++) {
		tell("cloud", "a text of some length, so that the socket and the output fill up");
		event_base_loop(lab.base, EVLOOP_NONBLOCK);
	}
	ask(other, ASK, "\"methods\"");
	while (last < 3 + 20 * EVENTS_KEPT) {
		assert_answered(fd, "\"method\":\"events.");
		const char *n = strstr(lab.answer, "\"lost\":");
		const char *number = strstr(lab.answer, "\"number\":");
		if (n != NULL) {
			lost += strtoull(n + 7, NULL, 10);
			last += strtoull(n + 7, NULL, 10);
		} else {
			cr_assert_eq(strtoull(number + 9, NULL, 10), last + 1);
			last++;
			seen++;
		}
	}
	cr_assert_eq(seen + lost, 20 * EVENTS_KEPT);
	cr_assert_gt(lost, 0u, "nothing was bounded");
	cr_log_info("of %llu events %llu were lost", 20ull * EVENTS_KEPT, (unsigned long long)lost);
	close(fd);
	close(other);
}

/* A subscriber that reads nothing is cut off; others go on. */
Test(stream, a_reader_that_stopped_is_cut_off) {
	struct server_limits limits = server_default_limits;
	char octets[4096];
	const time_t end = time(NULL) + PATIENCE_S;

	limits.unread_ms = 100;
	lab_start(&limits);
	const int fd = client_connect();
	ask(fd, SUBSCRIBE, "\"next\":4");
	for (unsigned i = 0; i < 8 * EVENTS_KEPT; i++) {
		tell("cloud", "a text of some length, so that the socket and the output fill up");
		event_base_loop(lab.base, EVLOOP_NONBLOCK);
	}
	// without reading: the end is seen behind what is in the socket
	while (send(fd, " ", 1, MSG_NOSIGNAL) == 1) {
		cr_assert_lt(time(NULL), end, "it was never cut off");
		event_base_loop(lab.base, EVLOOP_ONCE);
	}
	while (read(fd, octets, sizeof(octets)) > 0)
		;
	close(fd);
}

/* Lines that wait in a client's socket. */
static size_t lines_read(int fd) {
	static char octets[1u << 16];
	const ssize_t got = read(fd, octets, sizeof(octets));
	size_t lines = 0;

	for (ssize_t i = 0; i < got; i++)
		lines += octets[i] == '\n';
	return lines;
}

/* In one turn of the loop at most one subscriber is served, so MKA's timers wait for one only. */
Test(stream, two_hundred_subscribers_get_their_events_one_a_turn) {
	int fds[200];
	size_t lines = 0;

	lab_start(&server_default_limits);
	for (int i = 0; i < 200; i++) {
		fds[i] = client_connect();
		ask(fds[i], SUBSCRIBE, "\"next\":4");
	}
	tell("cloud", "for everybody");
	for (unsigned turns = 0; lines < 200; turns++) {
		size_t sent = 0;
		cr_assert_lt(turns, 10000u, "%zu of 200 subscribers got it", lines);
		event_base_loop(lab.base, EVLOOP_ONCE | EVLOOP_NONBLOCK);
		for (int i = 0; i < 200; i++)
			sent += lines_read(fds[i]);
		cr_assert_leq(sent, 1u, "%zu subscribers were served in one turn", sent);
		lines += sent;
	}
	for (int i = 0; i < 200; i++)
		close(fds[i]);
}

/* The server goes first; what is told then is told to nobody. */
Test(stream, outlives_its_server) {
	lab_start(&server_default_limits);
	const int fd = client_connect();
	ask(fd, SUBSCRIBE, "\"next\":4");
	tell("cloud", "one");
	server_stop(lab.server);
	lab.server = NULL;
	tell("cloud", "two");
	close(fd);
}

/* Half a request in the input, and events: the one is refused in time, the others stop. */
Test(stream, half_a_request_ends_a_subscriber_too) {
	struct server_limits limits = server_default_limits;

	limits.half_request_ms = 50;
	lab_start(&limits);
	const int fd = client_connect();
	ask(fd, SUBSCRIBE, "\"next\":4");
	client_send(fd, "{", 1);
	tell("cloud", "one");
	assert_answered(fd, "\"text\":\"one\"");
	assert_answered(fd, "did not end in time");
	assert_cut_off(fd);
}
