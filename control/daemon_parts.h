/* SPDX-License-Identifier: BSD-3-Clause */
/* What the daemon consists of; shared by daemon.c (its life) and daemon_reload.c. */
#pragma once

#include "control/cak_source.h"
#include "control/daemon.h"
#include "drivers/eal.h"

struct event;

struct daemon {
	struct config *config; // owned; a reload replaces it
	struct cak_source keys;
	struct eal_report eal;
	bool has_eal;
	struct crypto_engine *engine;
	struct workers *workers;
	size_t n_links;
	struct link **links; // in the order of the configuration
	struct event_base *base;
	struct event *poll_timer, *on_term, *on_int, *on_hup;
	struct server *server;
	struct metrics_server *metrics; // NULL: none
	struct events *events;
	uint64_t keys_told_ns; // news of keys up to then are among the events
	struct notify *notify; // NULL: no service manager asked
	uint64_t started_ns;
};

/* Tells of each key that changed since this was called last. The key agent must run. */
void daemon_tell_keys(struct daemon *daemon);
