/* SPDX-License-Identifier: BSD-3-Clause */
/* Listening and accepting; the contract is in server.h, a client's life in client.c. */
#include "control/server/server.h"

#include "control/log.h"
#include "control/server/client.h"
#include "control/server/socket_path.h"

#include <event2/event.h>
#include <event2/listener.h>

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

const struct server_limits server_default_limits = {
	.clients = 256,
	.request_octets = 64u << 10,
	.unread_octets = 1u << 20,
	.event_octets = 64u << 10,
	.half_request_ms = 30000,
	.unread_ms = 30000,
	.accept_pause_ms = 1000,
};

struct server {
	struct client_room room;
	struct socket_path socket;
	struct evconnlistener *listener; // owns socket.fd
	struct event *resume;
};

static void on_accept(
	struct evconnlistener *listener, evutil_socket_t fd, struct sockaddr *address, int octets,
	void *ctx
) {
	struct server *server = ctx;

	(void)listener;
	(void)address;
	(void)octets;
	client_enter(&server->room, fd);
}

/* The connection stays in the backlog and the socket readable: going on at once would spin. */
static void on_accept_error(struct evconnlistener *listener, void *ctx) {
	struct server *server = ctx;
	const uint32_t ms = server->room.limits.accept_pause_ms;
	const struct timeval pause = {
		.tv_sec = ms / 1000, .tv_usec = (suseconds_t)(ms % 1000) * 1000};

	log_warning(
		"server", "control socket %s: accept failed: %s; next try in %u ms",
		server->socket.path, strerror(errno), ms
	);
	evconnlistener_disable(listener);
	event_add(server->resume, &pause);
}

static void on_resume(evutil_socket_t fd, short what, void *ctx) {
	struct server *server = ctx;

	(void)fd;
	(void)what;
	evconnlistener_enable(server->listener);
}

static int listener_create(struct server *server, struct event_base *base) {
	server->resume = evtimer_new(base, on_resume, server);
	if (server->resume == NULL)
		return -ENOMEM;
	// backlog 0: it listens already
	server->listener = evconnlistener_new(
		base, on_accept, server, LEV_OPT_CLOSE_ON_FREE | LEV_OPT_CLOSE_ON_EXEC, 0,
		server->socket.fd
	);
	if (server->listener == NULL)
		return -ENOMEM;
	evconnlistener_set_error_cb(server->listener, on_accept_error);
	return 0;
}

int server_start_limited(
	struct event_base *base, struct daemon *daemon, const char *socket_path,
	const struct server_limits *limits, struct server **out
) {
	struct server *server = calloc(1, sizeof(*server));

	if (server == NULL)
		return log_error(ENOMEM, "server", "control socket: out of memory");
	int ret = socket_path_listen(socket_path, &server->socket);
	if (ret < 0) {
		free(server);
		return ret;
	}
	signal(SIGPIPE, SIG_IGN);
	ret = client_room_init(&server->room, base, daemon, limits);
	if (ret == 0)
		ret = listener_create(server, base);
	if (ret < 0) {
		server_stop(server);
		return log_error(-ret, "server", "control socket: out of memory");
	}
	*out = server;
	return 0;
}

int server_start(
	struct event_base *base, struct daemon *daemon, const char *socket_path, struct server **out
) {
	return server_start_limited(base, daemon, socket_path, &server_default_limits, out);
}

void server_stop(struct server *server) {
	if (server == NULL)
		return;
	socket_path_remove(&server->socket);
	if (server->listener != NULL)
		evconnlistener_free(server->listener);
	else
		close(server->socket.fd);
	if (server->resume != NULL)
		event_free(server->resume);
	client_room_end(&server->room);
	free(server);
}
