/* SPDX-License-Identifier: BSD-3-Clause */

#include "dataplane/idle.h"

#include <rte_cycles.h>
#include <rte_pause.h>
#include <rte_rcu_qsbr.h>

#include <sched.h>
#include <time.h>

#define SPINS_BEFORE_YIELD 2000u
#define YIELDS_BEFORE_NAP 32u
#define EMPTY_POLLS_BEFORE_SLEEP 200u
#define SLEEP_MIN_NS 20000l
#define SLEEP_MAX_NS 200000l

static void count_wait(struct lane_counters *counters, uint64_t cycles) {
	_Atomic uint64_t *longest = &counters->value[C_TURN_WAIT_MAX_CYCLES];

	count(counters, C_TURN_WAITS);
	if (cycles > atomic_load_explicit(longest, memory_order_relaxed))
		atomic_store_explicit(longest, cycles, memory_order_relaxed);
}

/*
 * On CPUs of our own the spins suffice. Where CPUs are shared, a storm of yields can keep the very
 * worker that is waited for off its CPU for seconds (Linux 6.18 charges a yield as a whole slice);
 * a nap cannot. Whoever has the transmit turn never comes here, so the lane goes on meanwhile.
 */
static void wait_a_little(uint32_t looks) {
	const struct timespec nap = {.tv_nsec = SLEEP_MIN_NS};

	if (looks < SPINS_BEFORE_YIELD)
		rte_pause();
	else if (looks < SPINS_BEFORE_YIELD + YIELDS_BEFORE_NAP)
		sched_yield();
	else
		nanosleep(&nap, NULL);
}

void idle_wait_turn(const struct turn *turn, uint32_t ticket, struct lane_counters *counters) {
	if (turn_may_transmit(turn, ticket))
		return;
	const uint64_t began = rte_rdtsc();
	for (uint32_t looks = 0; !turn_may_transmit(turn, ticket); looks++)
		wait_a_little(looks);
	count_wait(counters, rte_rdtsc() - began);
}

/* Grows from the minimum to the maximum as the silence lasts. */
static long sleep_ns(uint32_t empty_polls) {
	const long ns = SLEEP_MIN_NS * (1 + (empty_polls - EMPTY_POLLS_BEFORE_SLEEP) / 16);
	return ns < SLEEP_MAX_NS ? ns : SLEEP_MAX_NS;
}

void idle_round(struct idle *idle, unsigned frames, struct rte_rcu_qsbr *rcu, unsigned rcu_id) {
	if (frames != 0 || idle->is_busy_polling) {
		idle->empty_polls = 0;
		return;
	}
	if (idle->empty_polls < EMPTY_POLLS_BEFORE_SLEEP + 1024)
		idle->empty_polls++;
	if (idle->empty_polls <= EMPTY_POLLS_BEFORE_SLEEP)
		return;
	const struct timespec pause = {.tv_nsec = sleep_ns(idle->empty_polls)};
	rte_rcu_qsbr_thread_offline(rcu, rcu_id);
	nanosleep(&pause, NULL);
	rte_rcu_qsbr_thread_online(rcu, rcu_id);
}
