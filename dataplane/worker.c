/* SPDX-License-Identifier: BSD-3-Clause */
/* The loop of the data plane. Each round ends with a quiescent report: no SA pointer is held across
 * it. */

#include "dataplane/worker.h"

#include <rte_rcu_qsbr.h>

static unsigned worker_round(const struct worker_lanes *lanes) {
	unsigned frames = 0;
	for (uint32_t i = 0; i < lanes->n; i++)
		frames += lane_poll(&lanes->lane[i]);
	return frames;
}

void worker_loop(struct worker *worker) {
	while (!atomic_load_explicit(&worker->is_stopping, memory_order_acquire)) {
		const unsigned frames =
			worker_round(atomic_load_explicit(&worker->lanes, memory_order_acquire));
		rte_rcu_qsbr_quiescent(worker->rcu, worker->index);
		idle_round(&worker->idle, frames, worker->rcu, worker->index);
	}
}
