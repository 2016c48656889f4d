/* SPDX-License-Identifier: BSD-3-Clause */

#include "control/workers.h"

#include "control/lines.h"
#include "control/log.h"

#include <rte_rcu_qsbr.h>

#include <errno.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>

/* A worker and the lanes that are being gathered for it until it starts. */
struct staff {
	struct worker worker;
	struct crypto_context *crypto;
	struct worker_lanes *lanes;
	bool is_running;
};

struct workers {
	const struct crypto_engine *engine;
	struct rte_rcu_qsbr *rcu;
	bool is_busy_polling;
	cpu_set_t named;   // CPUs that some lane names
	uint16_t next_cpu; // where the search for a lane's own CPU goes on
	uint32_t n;
	struct staff *of[CRYPTO_WORKERS_MAX];
};

static void name_cpus(cpu_set_t *named, const struct config_cpus *cpus) {
	for (uint16_t i = 0; i < cpus->n; i++)
		CPU_SET(cpus->id[i], named);
}

int workers_create(
	const struct config *config, const struct crypto_engine *engine, struct workers **out
) {
	struct workers *workers = calloc(1, sizeof(*workers));
	if (workers == NULL)
		return -ENOMEM;
	workers->engine = engine;
	workers->is_busy_polling = config->polling == POLLING_BUSY;
	for (size_t i = 0; i < config->n_links; i++) {
		name_cpus(&workers->named, &config->links[i].protect_cpus);
		name_cpus(&workers->named, &config->links[i].validate_cpus);
	}
	workers->rcu = lines_alloc(rte_rcu_qsbr_get_memsize(CRYPTO_WORKERS_MAX));
	if (workers->rcu == NULL || rte_rcu_qsbr_init(workers->rcu, CRYPTO_WORKERS_MAX) != 0) {
		workers_destroy(workers);
		return -ENOMEM;
	}
	*out = workers;
	return 0;
}

static void staff_free(const struct crypto_engine *engine, struct staff *staff) {
	if (staff == NULL)
		return;
	for (uint32_t i = 0; staff->lanes != NULL && i < staff->lanes->n; i++)
		free(staff->lanes->lane[i].counters);
	if (staff->crypto != NULL)
		engine->ops->context_destroy(staff->crypto);
	free(staff->lanes);
	free(staff);
}

void workers_destroy(struct workers *workers) {
	if (workers == NULL)
		return;
	workers_stop(workers);
	for (uint32_t i = 0; i < workers->n; i++)
		staff_free(workers->engine, workers->of[i]);
	free(workers->rcu);
	free(workers);
}

struct rte_rcu_qsbr *workers_rcu(struct workers *workers) {
	return workers->rcu;
}

/* CPUs for lanes that name none: those this process may use and no lane names, or all when that
 * leaves none. */
static void free_cpus(const struct workers *workers, cpu_set_t *cpus) {
	cpu_set_t allowed;

	CPU_ZERO(&allowed);
	sched_getaffinity(0, sizeof(allowed), &allowed);
	CPU_XOR(cpus, &allowed, &workers->named);
	CPU_AND(cpus, cpus, &allowed);
	if (CPU_COUNT(cpus) == 0)
		*cpus = allowed;
}

/* The next one of them, round about. */
static uint16_t next_free_cpu(struct workers *workers) {
	cpu_set_t cpus;

	free_cpus(workers, &cpus);
	for (unsigned tried = 0; tried < CPU_SETSIZE; tried++) {
		const uint16_t cpu = workers->next_cpu;
		workers->next_cpu = (uint16_t)((cpu + 1) % CPU_SETSIZE);
		if (CPU_ISSET(cpu, &cpus))
			return cpu;
	}
	return WORKER_ANY_CPU;
}

static struct staff *staff_create(struct workers *workers, uint16_t cpu) {
	struct staff *staff = workers->n < CRYPTO_WORKERS_MAX ? lines_alloc(sizeof(*staff)) : NULL;
	if (staff == NULL)
		return NULL;
	staff->worker.index = workers->n;
	staff->worker.cpu = cpu;
	staff->worker.rcu = workers->rcu;
	staff->worker.idle.is_busy_polling = workers->is_busy_polling;
	staff->crypto = workers->engine->ops->context_create(workers->engine, workers->n);
	staff->lanes = calloc(1, sizeof(*staff->lanes));
	if (staff->crypto == NULL || staff->lanes == NULL) {
		staff_free(workers->engine, staff);
		return NULL;
	}
	workers->of[workers->n++] = staff;
	return staff;
}

static struct staff *staff_of(struct workers *workers, uint16_t cpu) {
	for (uint32_t i = 0; i < workers->n; i++)
		if (workers->of[i]->worker.cpu == cpu)
			return workers->of[i];
	return staff_create(workers, cpu);
}

static int
add(struct workers *workers, struct lane *lane, uint16_t cpu, struct lane_counters_set *counters) {
	struct staff *staff = staff_of(workers, cpu);
	struct lane_counters *own = lines_alloc(sizeof(*own));
	struct worker_lanes *grown = NULL;

	if (staff != NULL && own != NULL)
		grown =
			realloc(staff->lanes,
				sizeof(*grown) + (staff->lanes->n + 1) * sizeof(grown->lane[0]));
	if (grown == NULL) {
		free(own);
		return log_error(
			staff == NULL ? ENOSPC : ENOMEM, "worker",
			"cannot add a worker on CPU %u: at most %u workers, and memory for them",
			cpu, CRYPTO_WORKERS_MAX
		);
	}
	staff->lanes = grown;
	grown->lane[grown->n++] =
		(struct lane_worker){lane, own, staff->crypto, &staff->worker.burst};
	counters->of[counters->n++] = own;
	return 0;
}

int workers_add_lane(
	struct workers *workers, struct lane *lane, const struct config_cpus *cpus,
	struct lane_counters_set *counters
) {
	counters->n = 0;
	if (cpus->n == 0)
		return add(workers, lane, next_free_cpu(workers), counters);
	for (uint16_t i = 0; i < cpus->n; i++) {
		const int error = add(workers, lane, cpus->id[i], counters);
		if (error != 0)
			return error;
	}
	return 0;
}

int workers_start(struct workers *workers) {
	for (uint32_t i = 0; i < workers->n; i++) {
		struct staff *staff = workers->of[i];
		atomic_store_explicit(&staff->worker.lanes, staff->lanes, memory_order_release);
		const int error = worker_start(&staff->worker);
		if (error != 0)
			return log_error(
				-error, "worker",
				"cannot start on CPU %u: %s; see `taskset -p 1` for the CPUs "
				"allowed",
				staff->worker.cpu, strerror(-error)
			);
		staff->is_running = true;
	}
	return 0;
}

void workers_stop(struct workers *workers) {
	for (uint32_t i = 0; i < workers->n; i++) {
		if (workers->of[i]->is_running)
			worker_stop(&workers->of[i]->worker);
		workers->of[i]->is_running = false;
	}
}

void lane_counters_sum(const struct lane_counters_set *set, struct counters *sum) {
	*sum = (struct counters){0};
	for (uint32_t i = 0; i < set->n; i++)
		counters_add(sum, set->of[i]);
}
