/* SPDX-License-Identifier: BSD-3-Clause */
/* /metrics against clients that are slow, many, vanishing or hostile. */
#include "tests/unit/metrics_lab.h"

#include <criterion/criterion.h>

#include <poll.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

TestSuite(metrics_hostile, .init = metrics_lab_begin, .fini = metrics_lab_end, .timeout = 60);

static void on_tick(evutil_socket_t fd, short what, void *ctx) {
	unsigned *ticks = ctx;

	(void)fd;
	(void)what;
	(*ticks)++;
}

Test(metrics_hostile, refuses_what_is_no_request) {
	static const char *const requests[] = {
		"\r\n\r\n",
		"garbage\r\n\r\n",
		"GET\r\n\r\n",
		"GET /metrics\r\n\r\n",
		"GET /metrics HTTP/9.9\r\n\r\n",
		"GET /metrics HTTP/1.1\r\nno colon\r\n\r\n",
		"GET http://[::1 HTTP/1.1\r\n\r\n",
		"BREW /metrics HTTP/1.1\r\nHost: a\r\n\r\n",
		"POST /metrics HTTP/1.1\r\nContent-Length: -1\r\n\r\n",
		"POST /metrics HTTP/1.1\r\nContent-Length: 99999999999999999999\r\n\r\n",
		"POST /metrics HTTP/1.1\r\nContent-Length: 1025\r\n\r\n",
		"POST /metrics HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nffffffff\r\n",
		"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n",
	};

	metrics_lab_start(&metrics_default_limits);
	for (size_t i = 0; i < sizeof(requests) / sizeof(requests[0]); i++) {
		const int fd = http_connect();

		http_say(fd, requests[i]);
		shutdown(fd, SHUT_WR);
		http_read(fd);
		cr_assert(
			metrics_lab.answer[0] == '\0' || metrics_lab.answer[9] == '4' ||
				metrics_lab.answer[9] == '5',
			"%s -> %.60s", requests[i], metrics_lab.answer
		);
	}
	http_assert_page(http_ask(GET));
}

Test(metrics_hostile, cuts_off_endless_headers) {
	static char flood[1u << 20];

	metrics_lab_start(&metrics_default_limits);
	memset(flood, 'a', sizeof(flood));
	const int fd = http_connect();
	http_say(fd, "GET /metrics HTTP/1.1\r\nX: ");
	http_send(fd, flood, sizeof(flood));
	http_read(fd);
	cr_assert(
		metrics_lab.answer[0] == '\0' || metrics_lab.answer[9] == '4', "%.60s",
		metrics_lab.answer
	);
	http_assert_page(http_ask(GET));
}

/* Each octet comes before a time-out for silence would: only the whole life is bounded. */
Test(metrics_hostile, cuts_off_a_request_that_trickles) {
	struct metrics_limits limits = metrics_default_limits;
	struct pollfd gone = {.events = POLLRDHUP};
	uint64_t begun;

	limits.life_ms = 300;
	metrics_lab_start(&limits);
	gone.fd = http_connect();
	begun = metrics_lab_now_ms();
	http_say(gone.fd, "GET /metrics HTTP/1.1\r\nX: ");
	while (poll(&gone, 1, 10) == 0) {
		cr_assert_lt(metrics_lab_now_ms() - begun, PATIENCE_MS);
		http_say(gone.fd, "a");
	}
	cr_assert_geq(metrics_lab_now_ms() - begun, limits.life_ms - 20);
	close(gone.fd);
	http_assert_page(http_ask(GET));
}

Test(metrics_hostile, cuts_off_who_says_nothing_and_who_does_not_read) {
	struct metrics_limits limits = metrics_default_limits;

	fake_daemon_destroy(metrics_lab.fake);
	metrics_lab.fake = fake_daemon_create(600); // more than a socket holds
	limits.life_ms = 400;
	metrics_lab_start(&limits);
	const int silent = http_connect();
	const int small = 65536;
	const int deaf = http_connect();
	setsockopt(deaf, SOL_SOCKET, SO_RCVBUF, &small, sizeof(small));
	http_say(deaf, GET);
	http_read(silent);
	cr_assert_str_eq(metrics_lab.answer, "");
	for (uint64_t last = metrics_lab_now_ms() + 2 * limits.life_ms;
	     metrics_lab_now_ms() < last;)
		metrics_lab_turn();
	http_read(deaf);
	cr_assert_null(
		strstr(metrics_lab.answer, "macsec_turn_wait_max_cycles"), "it was given everything"
	);
}

Test(metrics_hostile, the_longest_connected_makes_room) {
	struct metrics_limits limits = metrics_default_limits;
	int fds[9];

	limits.connections = 8;
	metrics_lab_start(&limits);
	for (int i = 0; i < 9; i++) {
		fds[i] = http_connect();
		http_say(fds[i], "GET ");
		const uint64_t then = metrics_lab_now_ms();
		while (metrics_lab_now_ms() < then + 2) // the next one is younger
			metrics_lab_turn();
	}
	const uint64_t full_ms = metrics_lab_now_ms();
	http_read(fds[0]);
	cr_assert_lt(metrics_lab_now_ms() - full_ms, 2500, "cut off for its silence only");
	cr_assert_str_eq(metrics_lab.answer, "");
	for (int i = 1; i < 9; i++) {
		http_say(fds[i], "/metrics HTTP/1.1\r\nHost: a\r\n\r\n");
		http_assert_page(http_read(fds[i]));
	}
	for (int i = 0; i < 40; i++) // places of those that are over are free again
		http_assert_page(http_ask(GET));
}

Test(metrics_hostile, survives_clients_that_vanish) {
	metrics_lab_start(&metrics_default_limits);
	for (int i = 0; i < 400; i++) {
		const int fd = http_connect();
		const struct linger reset = {.l_onoff = 1};

		http_send(fd, GET, strlen(GET) - (size_t)(i % 4 == 1));
		if (i % 3 == 0)
			metrics_lab_turn();
		if (i % 2 == 0)
			setsockopt(fd, SOL_SOCKET, SO_LINGER, &reset, sizeof(reset));
		close(fd);
	}
	http_assert_page(http_ask(GET));
}

Test(metrics_hostile, answers_one_request_of_many_in_one_connection) {
	metrics_lab_start(&metrics_default_limits);
	http_assert_page(http_ask(GET GET GET));
	cr_assert_null(strstr(metrics_lab.body, "HTTP/1.1 200"));
}

Test(metrics_hostile, pauses_when_descriptors_run_out_and_recovers) {
	struct metrics_limits limits = metrics_default_limits;
	struct rlimit before, none;
	unsigned ticks = 0, turns = 0;

	limits.accept_pause_ms = 20;
	metrics_lab_start(&limits);
	const int fd = http_connect();
	getrlimit(RLIMIT_NOFILE, &before);
	none = before;
	none.rlim_cur = (rlim_t)fd + 1;
	cr_assert_eq(setrlimit(RLIMIT_NOFILE, &none), 0);
	struct event *tick = event_new(metrics_lab.base, -1, EV_PERSIST, on_tick, &ticks);
	event_add(tick, &(struct timeval){.tv_usec = 1000});
	do {
		event_base_loop(metrics_lab.base, EVLOOP_ONCE);
		turns++;
	} while (ticks < 10);
	event_free(tick);
	cr_assert_lt(turns, 100u, "the loop spins on a connection that it cannot accept");
	setrlimit(RLIMIT_NOFILE, &before);
	http_say(fd, GET);
	http_assert_page(http_read(fd));
}

Test(metrics_hostile, stops_in_the_middle_of_everything) {
	struct metrics_limits limits = metrics_default_limits;
	int fds[20];

	limits.reuse_ms = 0;
	metrics_lab_start(&limits);
	for (int i = 0; i < 20; i++) {
		fds[i] = http_connect();
		http_send(fds[i], GET, strlen(GET) * (size_t)(i % 4) / 3);
		http_say(fds[i], i % 2 == 0 ? GET : "");
	}
	metrics_server_stop(metrics_lab.server);
	metrics_lab.server = NULL;
	for (int i = 0; i < 20; i++)
		close(fds[i]);
}
