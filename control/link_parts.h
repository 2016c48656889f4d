/* SPDX-License-Identifier: BSD-3-Clause */
/* What a link consists of; shared by link.c (life), link_mka.c (agreement), link_caks.c (its keys)
 * and link_view.c (questions). */
#pragma once

#include "control/link_caks.h"
#include "control/sa_install.h"
#include "control/workers.h"
#include "dataplane/lane.h"

struct events;
struct ki_store;

/* What a link needs of the daemon. */
struct link_env {
	const struct config *config;
	const struct crypto_engine *engine;
	struct workers *workers;
	struct cak_source keys;
	struct events *events; // NULL: nobody is told
};

/* What the validate lane had counted at some time. */
struct link_sample {
	uint64_t at_ns; // 0: none yet
	struct counters validate;
};

struct link {
	char name[CONFIG_NAME_MAX];       // the same in every configuration of the link
	const struct config_link *config; // changes with a reload
	struct port *host, *line;
	struct lane *protect, *validate;
	struct frame_ring *inject, *punt;
	struct lane_counters_set protect_counters, validate_counters;
	struct ki_store *used_kis;
	struct sa_install *door;
	struct mka *mka;
	struct link_caks caks;
	struct events *events;
	uint64_t sci;
	uint64_t next_tick_ns;
	enum link_state state;
	uint64_t state_since_ns;
	bool was_secured;
	struct link_sample samples[2]; // the older one first
	uint64_t saks_used;
	uint64_t mkpdus_unsent; // the inject ring was full
};

/* Nanoseconds of CLOCK_REALTIME, not below 0. */
int64_t link_wall_ns(void);

/*
 * Opens the ports, makes SecY, lanes and the agreement; frames move only once the workers run.
 * Returns 0, or a negative errno after one log line that names the thing and the fix; nothing is
 * left behind then.
 */
int link_create(const struct link_env *env, const struct config_link *config, struct link **out);

/* The workers must have been stopped. Retires and wipes the keys, gives the ports back. NULL is
 * allowed. */
void link_destroy(struct link *link);

/*
 * EAPOL that has come, MKA's timers, what can be freed. To be called every few milliseconds;
 * bounded work. Returns true when there was so much EAPOL that the ring may run over until the next
 * call: call sooner then, so that honest MKPDUs find room.
 */
bool link_poll(struct link *link);

/* Takes a sample of the counters when it is time for one. */
void link_view_sample(struct link *link, uint64_t now_ns);

/* Begins the agreement with the CAKs of the configuration. Returns 0 or a negative errno after a
 * log line. */
int link_mka_start(struct link *link, const struct link_env *env);

/* Fits the link's state to the agreement's. */
void link_set_state(struct link *link, enum mka_state mka);
