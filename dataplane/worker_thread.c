/* SPDX-License-Identifier: BSD-3-Clause */
/* Birth and end of a worker's thread; the only part of the data plane that is not on a frame's way.
 */

#include "dataplane/worker.h"

#include <rte_errno.h>
#include <rte_lcore.h>
#include <rte_rcu_qsbr.h>

#include <errno.h>
#include <sched.h>
#include <stdio.h>

#define START_UNKNOWN (1 << 30)

static int worker_pin(const struct worker *worker) {
	cpu_set_t cpus;

	if (worker->cpu == WORKER_ANY_CPU)
		return 0;
	if (worker->cpu >= CPU_SETSIZE)
		return EINVAL;
	CPU_ZERO(&cpus);
	CPU_SET(worker->cpu, &cpus);
	return pthread_setaffinity_np(pthread_self(), sizeof(cpus), &cpus);
}

static int worker_register(struct worker *worker) {
	const int error = worker_pin(worker);
	if (error != 0)
		return error;
	if (rte_thread_register() != 0)
		return EMFILE;
	rte_rcu_qsbr_thread_register(worker->rcu, worker->index);
	rte_rcu_qsbr_thread_online(worker->rcu, worker->index);
	return 0;
}

static void *worker_main(void *arg) {
	struct worker *worker = arg;
	const int error = worker_register(worker);

	atomic_store_explicit(&worker->start_error, error, memory_order_release);
	if (error != 0)
		return NULL;
	worker_loop(worker);
	rte_rcu_qsbr_thread_offline(worker->rcu, worker->index);
	rte_rcu_qsbr_thread_unregister(worker->rcu, worker->index);
	rte_thread_unregister();
	return NULL;
}

int worker_start(struct worker *worker) {
	char name[16];

	atomic_store_explicit(&worker->is_stopping, false, memory_order_relaxed);
	atomic_store_explicit(&worker->start_error, START_UNKNOWN, memory_order_relaxed);
	int error = pthread_create(&worker->thread, NULL, worker_main, worker);
	if (error != 0)
		return -error;
	snprintf(name, sizeof(name), "worker-%u", worker->index);
	pthread_setname_np(worker->thread, name);
	while ((error = atomic_load_explicit(&worker->start_error, memory_order_acquire)) ==
	       START_UNKNOWN)
		sched_yield();
	if (error != 0)
		pthread_join(worker->thread, NULL);
	return -error;
}

void worker_stop(struct worker *worker) {
	atomic_store_explicit(&worker->is_stopping, true, memory_order_release);
	pthread_join(worker->thread, NULL);
}
