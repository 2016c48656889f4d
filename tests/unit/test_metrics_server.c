/* SPDX-License-Identifier: BSD-3-Clause */
/* /metrics over HTTP: what is answered to whom, and when a text is made. */
#include "tests/unit/capture_stderr.h"
#include "tests/unit/metrics_lab.h"
#include "tests/unit/metrics_text.h"

#include <criterion/criterion.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/time.h>

TestSuite(metrics_server, .init = metrics_lab_begin, .fini = metrics_lab_end, .timeout = 60);

Test(metrics_server, serves_either_format) {
	metrics_lab_start(&metrics_default_limits);
	http_assert_page(http_ask(GET));
	cr_assert_not_null(strstr(metrics_lab.answer, "Content-Type: text/plain; version=0.0.4"));
	metrics_text_check(metrics_lab.body, METRICS_PROMETHEUS);
	http_assert_page(http_ask(GET_OPEN));
	cr_assert_not_null(strstr(
		metrics_lab.answer, "Content-Type: application/openmetrics-text; version=1.0.0; "
	));
	metrics_text_check(metrics_lab.body, METRICS_OPENMETRICS);
	http_assert_page(http_ask("GET /metrics?debug=1 HTTP/1.0\r\n\r\n"));
}

Test(metrics_server, tells_the_length_and_nothing_more_to_head) {
	char length[64];

	metrics_lab_start(&metrics_default_limits);
	http_assert_page(http_ask(GET));
	snprintf(length, sizeof(length), "\r\nContent-Length: %zu\r\n", strlen(metrics_lab.body));
	cr_assert_not_null(strstr(metrics_lab.answer, length), "%.300s", metrics_lab.answer);
	http_assert_status(http_ask("HEAD /metrics HTTP/1.1\r\nHost: a\r\n\r\n"), "200");
	cr_assert_not_null(strstr(metrics_lab.answer, length), "%.300s", metrics_lab.answer);
	cr_assert_str_eq(metrics_lab.body, "");
}

Test(metrics_server, serves_nothing_else) {
	static const char *const paths[] = {"/",        "/metrics/", "/metrics/a",  "//metrics",
					    "/Metrics", "/metric",   "/../metrics", "/%6detrics"};
	static const char *const methods[] = {"POST", "PUT", "DELETE", "OPTIONS", "TRACE", "PATCH"};
	char request[128];

	metrics_lab_start(&metrics_default_limits);
	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
		snprintf(request, sizeof(request), "GET %s HTTP/1.1\r\nHost: a\r\n\r\n", paths[i]);
		http_assert_status(http_ask(request), "404");
		metrics_text_lacks(metrics_lab.body, "macsec_link");
	}
	for (size_t i = 0; i < sizeof(methods) / sizeof(methods[0]); i++) {
		snprintf(
			request, sizeof(request),
			"%s /metrics HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n", methods[i]
		);
		http_assert_status(http_ask(request), "405");
		cr_assert_not_null(strstr(metrics_lab.answer, "\r\nAllow: GET, HEAD\r\n"));
		metrics_text_lacks(metrics_lab.body, "macsec_link");
	}
}

Test(metrics_server, gives_one_text_to_everybody_for_a_while) {
	struct metrics_limits limits = metrics_default_limits;
	struct link_view *view = fake_link_view(metrics_lab.fake, 0);

	limits.reuse_ms = 60000;
	metrics_lab_start(&limits);
	view->rekeys = 77;
	http_assert_page(http_ask(GET));
	metrics_text_has(metrics_lab.body, "macsec_link_rekeys_total{link=\"cloud\"} 77");
	view->rekeys = 78;
	http_assert_page(http_ask(GET));
	metrics_text_has(metrics_lab.body, "macsec_link_rekeys_total{link=\"cloud\"} 77");
	http_assert_page(http_ask(GET_OPEN)); // of another format there was none yet
	metrics_text_has(metrics_lab.body, "macsec_link_rekeys_total{link=\"cloud\"} 78");
}

Test(metrics_server, makes_a_new_text_after_that) {
	struct metrics_limits limits = metrics_default_limits;
	struct link_view *view = fake_link_view(metrics_lab.fake, 0);

	limits.reuse_ms = 0;
	metrics_lab_start(&limits);
	for (unsigned i = 0; i < 5; i++) {
		char line[80];

		view->rekeys = i;
		snprintf(line, sizeof(line), "macsec_link_rekeys_total{link=\"cloud\"} %u", i);
		http_assert_page(http_ask(GET));
		metrics_text_has(metrics_lab.body, line);
	}
}

static struct {
	struct event *event;
	unsigned runs;
} rival;

static void on_rival(evutil_socket_t fd, short what, void *ctx) {
	(void)fd;
	(void)what;
	(void)ctx;
	rival.runs++;
	event_add(rival.event, &(struct timeval){0});
}

/* A timer that is always due runs between any two turns: so does MKA's. */
Test(metrics_server, makes_the_text_of_many_links_in_many_turns) {
	const size_t n = 300;

	fake_daemon_destroy(metrics_lab.fake);
	metrics_lab.fake = fake_daemon_create(n);
	metrics_lab_start(&metrics_default_limits);
	rival.event = evtimer_new(metrics_lab.base, on_rival, NULL);
	event_add(rival.event, &(struct timeval){0});
	const int a = http_connect(), b = http_connect();
	http_say(b, GET);
	http_say(a, GET);
	http_assert_page(http_read(a));
	cr_assert_gt(rival.runs, n);
	metrics_text_check(metrics_lab.body, METRICS_PROMETHEUS);
	metrics_text_has(
		metrics_lab.body, "macsec_link_state{link=\"link299\",state=\"secured\"} 1"
	);
	http_assert_page(http_read(b));
	event_free(rival.event);
}

Test(metrics_server, off_and_a_port_that_is_taken) {
	struct metrics_server *other = NULL;
	struct capture *capture;

	cr_assert_eq(
		metrics_server_start(
			metrics_lab.base, metrics_lab.fake, "off", &metrics_default_limits, &other
		),
		0
	);
	cr_assert_null(other);
	metrics_lab_start(&metrics_default_limits);
	capture = capture_begin();
	const int ret = metrics_server_start(
		metrics_lab.base, metrics_lab.fake, metrics_lab.listen, &metrics_default_limits,
		&other
	);
	capture_end(capture);
	cr_assert_eq(ret, -EADDRINUSE);
	cr_assert_null(other);
	cr_assert_eq(capture_lines(capture), 1, "%s", capture->text);
	cr_assert_not_null(strstr(capture->text, "WARNING metrics: no metrics"));
	cr_assert_not_null(strstr(capture->text, metrics_lab.listen));
	cr_assert_not_null(strstr(capture->text, "control.metrics.listen"));
	free(capture);
	http_assert_page(http_ask(GET));
}
