/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Turns: how several workers share a lane and still transmit in PN order, without a distributor
 * core or a reorder ring.
 *
 * Whoever holds the receive turn takes a burst, reserves its packet numbers and draws a ticket.
 * Cryptography then runs in parallel. Tickets transmit in the order in which they were drawn.
 *
 * Why it cannot deadlock, and never reuses a PN:
 *   (i)   a worker holds at most one ticket over all lanes: lane_poll draws one and passes it
 *         before it returns;
 *   (ii)  nothing received and nothing injected draws no ticket;
 *   (iii) a ticket captures {SA pointer, PN base, count} within one receive turn, and its end
 *         commits to that SA, never to the slot it was found in;
 *   (iv)  PNs of frames that are dropped later stay holes, they are never handed back;
 *   (v)   reservation stops at the SA's limit by itself: the rest of the burst drops as
 *         pn-exhausted;
 *   (vi)  a worker leaves, goes idle or RCU-offline only between tickets;
 *   (vii) a wait spins a bounded time, then yields, then naps (idle.c); the longest wait is a
 *         counter.
 */
#pragma once

#include <stdalign.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

struct turn {
	// receive side: every worker of the lane tries it
	alignas(64) atomic_bool is_receiving;
	uint32_t next_ticket; // receive turn holder only

	// transmit side: waited for by ticket holders, written by the one that is served
	alignas(64) _Atomic uint32_t serving;
};

/*
 * Takes the receive turn if it is free. Acquire: pairs with the release in turn_end_receive, so
 * what the last holder did (next PN, ring indices) is seen. The exchange is the lane's only locked
 * instruction in a burst.
 */
static inline bool turn_try_receive(struct turn *turn) {
	if (atomic_load_explicit(&turn->is_receiving, memory_order_relaxed))
		return false;
	return !atomic_exchange_explicit(&turn->is_receiving, true, memory_order_acquire);
}

/* Receive turn holder only. The ticket must be passed on by turn_pass (rule i). */
static inline uint32_t turn_draw_ticket(struct turn *turn) {
	return turn->next_ticket++;
}

/* Release: pairs with turn_try_receive. */
static inline void turn_end_receive(struct turn *turn) {
	atomic_store_explicit(&turn->is_receiving, false, memory_order_release);
}

/* Acquire: pairs with turn_pass, so the lowest PN and the transmit queue are as the ticket before
 * left them. */
static inline bool turn_may_transmit(const struct turn *turn, uint32_t ticket) {
	return atomic_load_explicit(&turn->serving, memory_order_acquire) == ticket;
}

/* The holder of the transmit turn hands it to the next ticket. Release: pairs with
 * turn_may_transmit. */
static inline void turn_pass(struct turn *turn, uint32_t ticket) {
	atomic_store_explicit(&turn->serving, ticket + 1, memory_order_release);
}

/*
 * Receive turn holder only: true when every ticket ever drawn has been passed on. As long as the
 * receive turn is held nobody can draw another, so the caller then holds the transmit turn as well.
 */
static inline bool turn_holds_both(const struct turn *turn) {
	return turn_may_transmit(turn, turn->next_ticket);
}
