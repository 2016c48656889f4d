/* SPDX-License-Identifier: BSD-3-Clause */
/* Listening, and answers to requests; the contract is in metrics_server.h. */
#include "control/server/metrics_server.h"

#include "control/config_listen.h"
#include "control/log.h"
#include "control/server/metrics_gate.h"
#include "control/server/metrics_page.h"

#include <event2/buffer.h>
#include <event2/event.h>
#include <event2/http.h>
#include <event2/listener.h>

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>

#define PATH "/metrics"
#define HEADERS_MAX_OCTETS 8192
#define BODY_MAX_OCTETS 1024 // nobody has a reason to send one
#define SILENCE_S 5          // of a client, in the middle of a request or of an answer
#define BACKLOG 32
#define ALL_METHODS UINT16_MAX // so that every one of them gets the answer 405

const struct metrics_limits metrics_default_limits = {
	.connections = 32,
	.life_ms = 10000,
	.reuse_ms = 100,
	.accept_pause_ms = 1000,
};

struct metrics_server {
	struct metrics_limits limits;
	struct metrics_pages *pages;
	struct metrics_gate *gate;
	struct evhttp *http;
	struct evconnlistener *listener; // owned by http once it is bound
	struct event *resume;
};

/* One request that waits for its text. */
struct scrape {
	struct metrics_wait wait; // the first member
	struct evhttp_request *request;
	enum metrics_format format;
};

static void header_set(struct evhttp_request *request, const char *name, const char *value) {
	evhttp_add_header(evhttp_request_get_output_headers(request), name, value);
}

/* A connection serves one request: so its life is bounded, and a scraper opens another one. */
static void answer(struct evhttp_request *request, int status, const char *text) {
	struct evbuffer *body = evbuffer_new();

	header_set(request, "Connection", "close");
	header_set(request, "Content-Type", "text/plain; charset=utf-8");
	if (body != NULL && evhttp_request_get_command(request) != EVHTTP_REQ_HEAD)
		evbuffer_add(body, text, strlen(text));
	evhttp_send_reply(request, status, NULL, body);
	if (body != NULL)
		evbuffer_free(body);
}

static void piece_release(const void *at, size_t octets, void *metrics) {
	(void)at;
	(void)octets;
	metrics_release(metrics);
}

/* The text's pieces by reference. Returns their octets, or -1 without memory. */
static ssize_t body_fill(struct evbuffer *body, struct metrics *metrics) {
	struct metrics_piece piece;
	ssize_t octets = 0;

	for (size_t i = 0; metrics_piece(metrics, i, &piece); i++) {
		if (piece.octets == 0)
			continue;
		metrics_hold(metrics);
		if (evbuffer_add_reference(body, piece.at, piece.octets, piece_release, metrics) <
		    0) {
			metrics_release(metrics);
			return -1;
		}
		octets += (ssize_t)piece.octets;
	}
	return octets;
}

static void answer_text(const struct scrape *scrape, struct metrics *metrics) {
	struct evhttp_request *request = scrape->request;
	struct evbuffer *body = evbuffer_new();
	const ssize_t octets = body != NULL ? body_fill(body, metrics) : -1;
	char length[24];

	if (octets < 0) {
		answer(request, HTTP_SERVUNAVAIL, "out of memory\n");
	} else {
		if (evhttp_request_get_command(request) == EVHTTP_REQ_HEAD)
			evbuffer_drain(body, (size_t)octets);
		snprintf(length, sizeof(length), "%zd", octets);
		header_set(request, "Content-Length", length);
		header_set(request, "Content-Type", metrics_content_type(scrape->format));
		header_set(request, "Connection", "close");
		evhttp_send_reply(request, HTTP_OK, NULL, body);
	}
	if (body != NULL)
		evbuffer_free(body);
}

static void on_text(struct metrics_wait *wait, struct metrics *metrics) {
	struct scrape *scrape = (struct scrape *)wait;

	if (metrics != NULL)
		answer_text(scrape, metrics);
	else
		answer(scrape->request, HTTP_SERVUNAVAIL, "out of memory\n");
	metrics_release(metrics);
	free(scrape);
}

static void serve_text(struct metrics_server *server, struct evhttp_request *request) {
	const char *accept =
		evhttp_find_header(evhttp_request_get_input_headers(request), "Accept");
	struct scrape *scrape = calloc(1, sizeof(*scrape));

	if (scrape == NULL) {
		answer(request, HTTP_SERVUNAVAIL, "out of memory\n");
		return;
	}
	scrape->wait.ready = on_text;
	scrape->request = request;
	scrape->format = metrics_accepted(accept);
	metrics_pages_ask(server->pages, scrape->format, &scrape->wait);
}

static void on_request(struct evhttp_request *request, void *ctx) {
	const struct evhttp_uri *uri = evhttp_request_get_evhttp_uri(request);
	const char *path = uri != NULL ? evhttp_uri_get_path(uri) : NULL;
	const enum evhttp_cmd_type method = evhttp_request_get_command(request);

	if (path == NULL || strcmp(path, PATH) != 0) {
		answer(request, HTTP_NOTFOUND, "macsecd: the metrics are at " PATH "\n");
	} else if (method != EVHTTP_REQ_GET && method != EVHTTP_REQ_HEAD) {
		header_set(request, "Allow", "GET, HEAD");
		answer(request, HTTP_BADMETHOD, "macsecd: GET and HEAD only\n");
	} else {
		serve_text(ctx, request);
	}
}

/* The connection stays in the backlog and the socket readable: going on at once would spin. What
 * evhttp has put in the place of our ctx is its own. */
static void on_accept_error(struct evconnlistener *listener, void *ctx) {
	(void)ctx;
	log_warning("metrics", "accept failed: %s; tried again soon", strerror(errno));
	evconnlistener_disable(listener);
}

/* Once in a while, whether it was disabled or not. */
static void on_resume(evutil_socket_t fd, short what, void *ctx) {
	struct metrics_server *server = ctx;

	(void)fd;
	(void)what;
	evconnlistener_enable(server->listener);
}

static int plan_resume(struct metrics_server *server) {
	const uint32_t ms = server->limits.accept_pause_ms;
	const struct timeval pause = {
		.tv_sec = ms / 1000, .tv_usec = (suseconds_t)(ms % 1000) * 1000};

	return event_add(server->resume, &pause) == 0 ? 0 : -ENOMEM;
}

static int
parts_create(struct metrics_server *server, struct event_base *base, struct daemon *daemon) {
	const struct metrics_limits *limits = &server->limits;

	server->pages = metrics_pages_create(base, daemon, limits->reuse_ms);
	server->gate = metrics_gate_create(base, limits->connections, limits->life_ms);
	server->resume = event_new(base, -1, EV_PERSIST, on_resume, server);
	server->http = evhttp_new(base);
	if (server->pages == NULL || server->gate == NULL || server->resume == NULL ||
	    server->http == NULL)
		return -ENOMEM;
	evhttp_set_max_headers_size(server->http, HEADERS_MAX_OCTETS);
	evhttp_set_max_body_size(server->http, BODY_MAX_OCTETS);
	evhttp_set_timeout(server->http, SILENCE_S);
	evhttp_set_allowed_methods(server->http, ALL_METHODS);
	evhttp_set_bevcb(server->http, metrics_gate_enter, server->gate);
	evhttp_set_gencb(server->http, on_request, server);
	return 0;
}

static int listen_on(struct metrics_server *server, struct event_base *base, const char *listen) {
	const unsigned flags = LEV_OPT_CLOSE_ON_FREE | LEV_OPT_CLOSE_ON_EXEC | LEV_OPT_REUSEABLE;
	struct sockaddr_storage address;
	socklen_t octets;
	int ret = config_listen_parse(listen, &address, &octets);

	if (ret < 0)
		return ret;
	errno = ENOMEM; // whatever fails without a word
	server->listener = evconnlistener_new_bind(
		base, NULL, NULL, flags, BACKLOG, (struct sockaddr *)&address, (int)octets
	);
	if (server->listener == NULL)
		return -errno;
	if (evhttp_bind_listener(server->http, server->listener) == NULL) {
		evconnlistener_free(server->listener);
		return -ENOMEM;
	}
	evconnlistener_set_error_cb(server->listener, on_accept_error);
	return plan_resume(server);
}

int metrics_server_start(
	struct event_base *base, struct daemon *daemon, const char *listen,
	const struct metrics_limits *limits, struct metrics_server **out
) {
	struct metrics_server *server;
	int ret;

	*out = NULL;
	if (strcmp(listen, "off") == 0)
		return 0;
	server = calloc(1, sizeof(*server));
	signal(SIGPIPE, SIG_IGN);
	ret = server != NULL ? 0 : -ENOMEM;
	if (ret == 0) {
		server->limits = *limits;
		ret = parts_create(server, base, daemon);
	}
	if (ret == 0)
		ret = listen_on(server, base, listen);
	if (ret == 0) {
		*out = server;
		return 0;
	}
	metrics_server_stop(server);
	log_warning(
		"metrics",
		"no metrics: cannot listen on %s: %s; write another address or 'off' to "
		"control.metrics.listen",
		listen, strerror(-ret)
	);
	return ret;
}

void metrics_server_stop(struct metrics_server *server) {
	if (server == NULL)
		return;
	metrics_pages_free(server->pages); // answers who waits, so before the connections go
	if (server->http != NULL)
		evhttp_free(server->http);
	metrics_gate_free(server->gate);
	if (server->resume != NULL)
		event_free(server->resume);
	free(server);
}
