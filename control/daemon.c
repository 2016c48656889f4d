/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The daemon: brings everything up in order, runs the one control thread's event loop, and takes
 * everything down in the opposite order. The data plane starts last and stops first.
 */

#include "control/daemon_parts.h"
#include "control/daemon_run.h"
#include "control/link_parts.h"
#include "control/log.h"
#include "control/monotonic.h"
#include "control/notify.h"
#include "control/server/events.h"
#include "control/server/metrics_server.h"
#include "control/server/server.h"
#include "control/workers.h"
#include "drivers/crypto_engines.h"

#include <event2/event.h>

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define POLL_PERIOD_US 5000  // how long an MKPDU may lie in a punt ring
#define FLOOD_PERIOD_US 1000 // while somebody floods the line with EAPOL

const struct config *daemon_config(const struct daemon *daemon) {
	return daemon->config;
}

size_t daemon_link_count(const struct daemon *daemon) {
	return daemon->n_links;
}

struct link *daemon_link(const struct daemon *daemon, size_t index) {
	return daemon->links[index];
}

uint64_t daemon_uptime_ns(const struct daemon *daemon) {
	return monotonic_ns() - daemon->started_ns;
}

const char *daemon_version(void) {
	return MACSECD_VERSION;
}

const char *daemon_engine(const struct daemon *daemon) {
	return daemon->engine->description;
}

bool daemon_keys(const struct daemon *daemon, struct key_agent_status *status) {
	if (daemon->keys.agent == NULL)
		return false;
	key_agent_status(daemon->keys.agent, status);
	return true;
}

bool daemon_key(const struct daemon *daemon, uint32_t index, struct key_agent_view *view) {
	const uint64_t now_ns = monotonic_ns();

	if (daemon->keys.agent == NULL || !key_agent_view(daemon->keys.agent, index, view))
		return false;
	view->retry_ns = view->retry_ns > now_ns ? view->retry_ns - now_ns : 0;
	return true;
}

bool daemon_uses_hugepages(const struct daemon *daemon) {
	return daemon->eal.uses_hugepages;
}

static void tell_service_manager(struct daemon *daemon) {
	size_t n_secured = 0;

	for (size_t i = 0; i < daemon->n_links; i++)
		n_secured += daemon->links[i]->state == LINK_SECURED;
	notify_tell(daemon->notify, n_secured, daemon->n_links);
}

/* Polls of a flood come sooner; yet polls take half of this thread's time at most. */
static void plan_poll(const struct daemon *daemon, bool is_flooded, uint64_t spent_ns) {
	const uint64_t spent_us = spent_ns / 1000;
	const uint64_t period_us = is_flooded ? FLOOD_PERIOD_US : POLL_PERIOD_US;
	const uint64_t wait_us = spent_us > period_us ? spent_us : period_us;

	event_add(
		daemon->poll_timer, &(struct timeval
				    ){.tv_sec = (time_t)(wait_us / 1000000),
				      .tv_usec = (suseconds_t)(wait_us % 1000000)}
	);
}

static void on_poll(evutil_socket_t fd, short what, void *arg) {
	struct daemon *daemon = arg;
	const uint64_t began_ns = monotonic_ns();
	bool is_flooded = false;

	(void)fd;
	(void)what;
	for (size_t i = 0; i < daemon->n_links; i++)
		is_flooded |= link_poll(daemon->links[i]);
	tell_service_manager(daemon);
	plan_poll(daemon, is_flooded, monotonic_ns() - began_ns);
}

static void on_signal(evutil_socket_t number, short what, void *arg) {
	struct daemon *daemon = arg;
	(void)what;
	log_info("daemon", "%s: stopping", strsignal((int)number));
	events_tell(daemon->events, EVENT_DAEMON, NULL, "%s: stopping", strsignal((int)number));
	event_base_loopbreak(daemon->base);
}

static void on_hangup(evutil_socket_t number, short what, void *arg) {
	char problem[160];

	(void)number;
	(void)what;
	daemon_reload(arg, problem, sizeof(problem)); // it logs what became of it
}

static void on_keys(void *arg) {
	struct daemon *daemon = arg;

	daemon_tell_keys(daemon);
	for (size_t i = 0; i < daemon->n_links; i++)
		link_keys_changed(daemon->links[i]);
}

/* Pairs with hold_signals of main.c: what came during start-up is acted on now. */
static void release_signals(void) {
	sigset_t none;

	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

static int make_run_dir(const struct config *config) {
	if (mkdir(config->run_dir, 0750) == 0 || errno == EEXIST)
		return 0;
	return log_error(
		errno, "daemon", "%s: cannot be made: %s; create it or set control.run-dir",
		config->run_dir, strerror(errno)
	);
}

/* Demanded and absent: said here, because here the place in the file is known. */
static int check_hugepages(const struct config *config) {
	struct eal_report report = {0};

	if (config->hugepages != HUGEPAGES_REQUIRED)
		return 0;
	if (eal_probe(&report) == 0 && report.free_mib >= config_memory_mib(config))
		return 0;
	return config_error(
		config, &config->hugepages_mark, ENOMEM,
		"hugepages are required and %u MiB of %u are free: echo 512 > "
		"/proc/sys/vm/nr_hugepages",
		report.free_mib, config_memory_mib(config)
	);
}

/* Before EAL, threads and the first key: the agent is a child that sees none of them. */
static int start_keys(struct daemon *daemon) {
	int error;

	if (daemon->config->n_services == 0)
		return 0;
	error = key_agent_start(&daemon->keys.agent);
	return error != 0 ? error : cak_source_want(&daemon->keys, daemon->config);
}

static int start_eal(struct daemon *daemon) {
	const struct config *config = daemon->config;
	const struct eal_request request = {
		.allow_hugepages = config->hugepages != HUGEPAGES_NEVER,
		.require_hugepages = config->hugepages == HUGEPAGES_REQUIRED,
		.memory_mib = config_memory_mib(config),
		.file_prefix = config->file_prefix,
		.run_dir = config->run_dir,
	};
	int error = check_hugepages(config);
	if (error == 0)
		error = eal_start(&request, &daemon->eal);
	daemon->has_eal = error == 0;
	return error;
}

static int start_engine(struct daemon *daemon) {
	const int error = config_engine_create(daemon->config, &daemon->engine);
	if (error != 0)
		return error;
	if (workers_create(daemon->config, daemon->engine, &daemon->workers) == 0)
		return 0;
	return log_error(ENOMEM, "daemon", "no memory for the workers");
}

static int create_links(struct daemon *daemon) {
	const struct link_env env = {
		daemon->config, daemon->engine, daemon->workers, daemon->keys, daemon->events};

	daemon->links = calloc(daemon->config->n_links, sizeof(*daemon->links));
	if (daemon->links == NULL)
		return log_error(ENOMEM, "daemon", "no memory for the links");
	for (size_t i = 0; i < daemon->config->n_links; i++) {
		const int error = link_create(&env, &daemon->config->links[i], &daemon->links[i]);
		if (error != 0)
			return error;
		daemon->n_links++;
	}
	return 0;
}

static bool watch(struct event *event, const struct timeval *period) {
	return event != NULL && event_add(event, period) == 0;
}

static int make_events(struct daemon *daemon) {
	static const struct timeval period = {.tv_usec = POLL_PERIOD_US};

	daemon->base = event_base_new();
	if (daemon->base == NULL)
		return log_error(ENOMEM, "daemon", "no event loop");
	daemon->poll_timer = event_new(daemon->base, -1, 0, on_poll, daemon);
	daemon->on_term = evsignal_new(daemon->base, SIGTERM, on_signal, daemon);
	daemon->on_int = evsignal_new(daemon->base, SIGINT, on_signal, daemon);
	daemon->on_hup = evsignal_new(daemon->base, SIGHUP, on_hangup, daemon);
	if (!watch(daemon->poll_timer, &period) || !watch(daemon->on_term, NULL) ||
	    !watch(daemon->on_int, NULL) || !watch(daemon->on_hup, NULL))
		return log_error(ENOMEM, "daemon", "cannot watch timers and signals");
	if (daemon->keys.agent != NULL) {
		const int error =
			key_agent_watch(daemon->keys.agent, daemon->base, on_keys, daemon);
		if (error != 0)
			return error;
	}
	daemon->notify = notify_open(daemon->base);
	return server_start(daemon->base, daemon, daemon->config->socket_path, &daemon->server);
}

/* Without metrics a link is as secure as with them: a warning says what is wrong. */
static int start_metrics(struct daemon *daemon) {
	metrics_server_start(
		daemon->base, daemon, daemon->config->metrics_listen, &metrics_default_limits,
		&daemon->metrics
	);
	return 0;
}

static int bring_up(struct daemon *daemon) {
	static int (*const steps[])(struct daemon *) = {
		start_keys, start_eal, start_engine, create_links, make_events, start_metrics,
	};
	int error = make_run_dir(daemon->config);

	for (size_t i = 0; error == 0 && i < sizeof(steps) / sizeof(steps[0]); i++)
		error = steps[i](daemon);
	return error != 0 ? error : workers_start(daemon->workers);
}

static void free_event(struct event *event) {
	if (event != NULL)
		event_free(event);
}

static void take_down(struct daemon *daemon) {
	notify_close(daemon->notify);
	if (daemon->workers != NULL)
		workers_stop(daemon->workers);
	if (daemon->server != NULL)
		server_stop(daemon->server);
	metrics_server_stop(daemon->metrics);
	for (size_t i = 0; i < daemon->n_links; i++)
		link_destroy(daemon->links[i]);
	free(daemon->links);
	key_agent_stop(daemon->keys.agent);
	workers_destroy(daemon->workers);
	crypto_engine_destroy(daemon->engine);
	free_event(daemon->poll_timer);
	free_event(daemon->on_term);
	free_event(daemon->on_int);
	free_event(daemon->on_hup);
	if (daemon->base != NULL)
		event_base_free(daemon->base);
	events_destroy(daemon->events);
	if (daemon->has_eal)
		eal_stop();
}

int daemon_run(struct config *config) {
	struct daemon daemon = {
		.config = config,
		.started_ns = monotonic_ns(),
		.events = events_create(link_wall_ns),
	};
	int error = bring_up(&daemon);

	if (error == 0) {
		log_info(
			"daemon", "ready: %zu link(s), %s, %s", daemon.n_links,
			daemon_engine(&daemon),
			daemon.eal.uses_hugepages ? "hugepages" : "no hugepages"
		);
		events_tell(
			daemon.events, EVENT_DAEMON, NULL, "macsecd %s is ready: %zu link(s)",
			daemon_version(), daemon.n_links
		);
		tell_service_manager(&daemon);
		log_limit_lines();
		release_signals();
		if (event_base_dispatch(daemon.base) != 0)
			error = log_error(EIO, "daemon", "the event loop failed");
	}
	take_down(&daemon);
	config_free(daemon.config);
	return error;
}
