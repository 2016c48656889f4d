/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * All workers of the daemon and the lanes they poll: one thread per CPU that any lane names, one
 * worker per lane as long as free CPUs last when none is named. Control thread only.
 */
#pragma once

#include "control/config.h"
#include "dataplane/counters.h"
#include "dataplane/worker.h"

#include <stdint.h>

struct workers;
struct rte_rcu_qsbr;

/* The counters of one lane, one for each worker that polls it. */
struct lane_counters_set {
	uint32_t n;
	struct lane_counters *of[CONFIG_CPUS_MAX];
};

/*
 * Makes room for the workers of all links of `config`; of it `polling` and the named CPUs count,
 * which lanes that name none then leave alone. Returns 0 or -ENOMEM. `engine` must outlive the
 * workers.
 */
int workers_create(
	const struct config *config, const struct crypto_engine *engine, struct workers **out
);

/* Stops what still runs and frees all, counters included. NULL is allowed. */
void workers_destroy(struct workers *workers);

/* The RCU variable under which the workers read SA tables. Lives as long as the workers. */
struct rte_rcu_qsbr *workers_rcu(struct workers *workers);

/*
 * Gives a lane to the workers of the named CPUs, before workers_start; with n = 0 to the worker of
 * the next CPU that this process may use, in turn. Fills `counters`. Returns 0, -ENOMEM or -ENOSPC
 * (more than CRYPTO_WORKERS_MAX CPUs), after a log line.
 */
int workers_add_lane(
	struct workers *workers, struct lane *lane, const struct config_cpus *cpus,
	struct lane_counters_set *counters
);

/* Starts all threads; they poll when this returns. Returns 0 or a negative errno after a log line.
 */
int workers_start(struct workers *workers);

/* Stops all threads. After this no lane is touched any more. Harmless when none runs. */
void workers_stop(struct workers *workers);

/* Sum over a lane's workers, read while they run. */
void lane_counters_sum(const struct lane_counters_set *set, struct counters *sum);
