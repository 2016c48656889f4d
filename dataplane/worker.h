/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A worker: one thread on one CPU that polls its lanes. Registered with DPDK (not an EAL lcore
 * fixed at start) and with the RCU variable that guards SA tables.
 */
#pragma once

#include "dataplane/idle.h"
#include "dataplane/lane.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#define WORKER_ANY_CPU UINT16_MAX

/* The lanes of one worker; replaced as a whole, so that a reload can add links. */
struct worker_lanes {
	uint32_t n;
	struct lane_worker lane[];
};

struct worker {
	// set at create
	unsigned index; // below CRYPTO_WORKERS_MAX; its RCU identity too
	uint16_t cpu;   // WORKER_ANY_CPU: not pinned
	struct rte_rcu_qsbr *rcu;

	// control wo (release), worker ro (acquire)
	_Atomic(const struct worker_lanes *) lanes;
	atomic_bool is_stopping;

	// worker wo, control ro
	atomic_int start_error; // errno; 1 << 30 until it is known

	// worker only
	struct idle idle;
	struct burst burst;

	pthread_t thread;
};

/* Polls lanes until it is told to stop. Runs in the worker's thread; the loop of the data plane. */
void worker_loop(struct worker *worker);

/*
 * Starts the thread, pins it, registers it with DPDK and RCU, and waits until it polls.
 * `worker` is filled by the caller (index, cpu, rcu, lanes, idle.is_busy_polling), 64-octet
 * aligned, and stays where it is. Returns 0 or a negative errno: -EINVAL when the CPU does not
 * exist or is not allowed to us, -EMFILE when DPDK has no lcore id left. Control thread.
 */
int worker_start(struct worker *worker);

/* Tells the worker to leave after its present round and waits for it. Control thread. */
void worker_stop(struct worker *worker);
