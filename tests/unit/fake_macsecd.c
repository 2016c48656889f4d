/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The control socket without an appliance behind it, for tests of macsecctl:
 * fake_macsecd SOCKET LINKS [ERRNO [LISTEN [CONFIG]]]. The first link refuses orders with this
 * errno; LISTEN is where /metrics is served; CONFIG is the configuration file that it says it uses.
 * Prints "ready" when it listens; ends when its standard input does.
 */
#include "control/server/metrics_server.h"
#include "control/server/server.h"
#include "tests/unit/fake_daemon.h"

#include <event2/event.h>

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static void on_input_end(evutil_socket_t fd, short what, void *ctx) {
	char octet;

	(void)what;
	if (read(fd, &octet, 1) <= 0)
		event_base_loopbreak(ctx);
}

static int
serve(struct event_base *base, struct daemon *daemon, const char *path, const char *listen) {
	struct metrics_server *metrics;
	struct server *server;

	if (server_start(base, daemon, path, &server) < 0)
		return 1;
	if (metrics_server_start(base, daemon, listen, &metrics_default_limits, &metrics) < 0)
		return 1;
	struct event *input =
		event_new(base, STDIN_FILENO, EV_READ | EV_PERSIST, on_input_end, base);
	event_add(input, NULL);
	puts("ready");
	fflush(stdout);
	event_base_dispatch(base);
	event_free(input);
	metrics_server_stop(metrics);
	server_stop(server);
	return 0;
}

int main(int argc, char **argv) {
	if (argc < 3)
		return 2;
	struct daemon *daemon = fake_daemon_create(strtoul(argv[2], NULL, 10));
	struct event_base *base = event_base_new();

	if (argc > 3) {
		fake_link_set_rekey(daemon, 0, -atoi(argv[3]));
		fake_link_set_suspend(daemon, 0, -atoi(argv[3]));
	}
	if (argc > 5)
		fake_daemon_set_config(daemon, argv[5]);
	const int ret = serve(base, daemon, argv[1], argc > 4 ? argv[4] : "off");
	event_base_free(base);
	fake_daemon_destroy(daemon);
	return ret;
}
