/* SPDX-License-Identifier: BSD-3-Clause */
/* The only place of the data plane that yields or sleeps. */
#pragma once

#include "dataplane/counters.h"
#include "dataplane/turn.h"

#include <stdbool.h>
#include <stdint.h>

struct rte_rcu_qsbr;

/*
 * Waits until `ticket` has the transmit turn: spins a bounded time, then yields a few times, then
 * naps between looks, because the worker that is waited for may have been descheduled. Worker
 * holding that ticket.
 */
void idle_wait_turn(const struct turn *turn, uint32_t ticket, struct lane_counters *counters);

/* How a worker without work behaves. */
struct idle {
	bool is_busy_polling; // never sleeps
	uint32_t empty_polls; // in a row
};

/*
 * After a round over all lanes that handled `frames` frames: with `polling: adaptive`, sleeps a
 * little once there has been nothing to do for a while. Offline for RCU meanwhile, so control never
 * waits for a sleeper. Holds no ticket (rule vi).
 */
void idle_round(struct idle *idle, unsigned frames, struct rte_rcu_qsbr *rcu, unsigned rcu_id);
