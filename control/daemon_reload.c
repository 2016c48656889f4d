/* SPDX-License-Identifier: BSD-3-Clause */
/* The configuration file read again: all of it is judged before any of it is taken over. */
#include "control/config_diff.h"
#include "control/daemon_parts.h"
#include "control/log.h"
#include "control/notify.h"
#include "control/server/events.h"

#include <errno.h>
#include <stdio.h>

/* Whether `to` can be taken over; else a text that says why not, and a negative errno. */
static int
judge(const struct daemon *daemon, const struct config *to, char *problem, size_t octets) {
	char what[96];

	if (config_needs_restart(daemon->config, to, what, sizeof(what))) {
		snprintf(problem, octets, "%s differs: restart macsecd to apply it", what);
		return -EBUSY;
	}
	if (daemon->keys.agent == NULL && to->n_services > 0) {
		snprintf(
			problem, octets,
			"'keys' names services, and macsecd was started without: restart it"
		);
		return -EBUSY;
	}
	for (size_t i = 0; i < daemon->n_links; i++) {
		const int error = link_check_reload(daemon->links[i], to, &to->links[i]);

		if (error == 0)
			continue;
		snprintf(
			problem, octets, "link %s: a key cannot be read: the log says why",
			to->links[i].name
		);
		return error;
	}
	return 0;
}

/* Keys of both are wanted in between: what is in both is not fetched again. */
static void take_over(struct daemon *daemon, struct config *to) {
	struct config *from = daemon->config;

	// what log.set said holds on unless the file says something else now
	if (from->log_level != to->log_level)
		log_set_level((enum log_level)to->log_level);
	daemon->config = to;
	for (size_t i = 0; i < daemon->n_links; i++)
		link_reload(daemon->links[i], to, &to->links[i]);
	cak_source_drop(&daemon->keys, from);
	config_free(from);
}

int daemon_reload(struct daemon *daemon, char *problem, size_t octets) {
	struct config *to = NULL;
	int error;

	notify_reloading(daemon->notify); // on_poll of daemon.c tells the end of it
	error = config_load(daemon->config->path, &to);
	if (error != 0) {
		snprintf(problem, octets, "the configuration is refused: the log says why");
		events_tell(daemon->events, EVENT_RELOAD, NULL, "%s", problem);
		return error;
	}
	error = judge(daemon, to, problem, octets);
	if (error == 0) {
		error = cak_source_want(&daemon->keys, to);
		if (error != 0)
			snprintf(problem, octets, "a key cannot be asked for: the log says why");
	}
	if (error != 0) {
		log_warning("daemon", "reload: %s; nothing was changed", problem);
		events_tell(daemon->events, EVENT_RELOAD, NULL, "%s; nothing was changed", problem);
		config_free(to);
		return error;
	}
	take_over(daemon, to);
	log_info("daemon", "reload: %s is taken over", daemon->config->path);
	events_tell(daemon->events, EVENT_RELOAD, NULL, "%s is taken over", daemon->config->path);
	return 0;
}
