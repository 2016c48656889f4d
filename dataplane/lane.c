/* SPDX-License-Identifier: BSD-3-Clause */
/* One turn of a lane: receive, secure, transmit. The rules (i)–(vii) that are named here stand in
 * turn.h. */

#include "dataplane/lane.h"

#include "dataplane/idle.h"

#include <rte_ethdev.h>
#include <rte_mbuf.h>
#include <rte_prefetch.h>

/* Frames from control (MKPDUs) leave first: they are few, and a busy host must not delay them. */
static void lane_inject(const struct lane_worker *w) {
	struct burst *b = w->burst;
	const struct frame_slot *slot;

	while (b->n < BURST_FRAMES / 4 && (slot = frame_ring_peek(w->lane->control)) != NULL) {
		struct rte_mbuf *m = rte_pktmbuf_alloc(w->lane->pool);
		char *room = m == NULL ? NULL : rte_pktmbuf_append(m, (uint16_t)slot->octets);
		count(w->counters, C_INJECTED);
		if (room == NULL) {
			count(w->counters,
			      C_DROP_INJECT_NO_MBUF); // MKA says it again at the next hello
			rte_pktmbuf_free_bulk(&m, m != NULL);
		} else {
			memcpy(room, slot->data, slot->octets);
			b->fate[b->n] = FATE_SEND;
			b->frame[b->n++] = m;
		}
		frame_ring_pop(w->lane->control);
	}
}

static void lane_receive(const struct lane_worker *w) {
	struct burst *b = w->burst;
	const uint32_t injected = b->n;
	const uint16_t n = rte_eth_rx_burst(
		w->lane->rx_port, 0, b->frame + injected, (uint16_t)(BURST_FRAMES - injected)
	);
	for (uint32_t i = injected; i < injected + n; i++) {
		rte_prefetch0(rte_pktmbuf_mtod(b->frame[i], const void *));
		b->fate[i] = FATE_SECURE;
	}
	b->n += n;
	count_n(w->counters, C_RX_FRAMES, n);
}

/* Holding the receive turn: everything that must happen in the order of packet numbers. */
static bool lane_begin(const struct lane_worker *w) {
	struct lane *lane = w->lane;
	struct burst *b = w->burst;

	b->n = 0;
	if (lane->kind == LANE_PROTECT)
		lane_inject(w);
	lane_receive(w);
	if (b->n == 0) {
		if (lane->kind == LANE_VALIDATE && turn_holds_both(&lane->turn))
			validate_raise_floors(lane);
		return false; // rule (ii)
	}
	if (lane->kind == LANE_PROTECT) {
		classify_host_burst(w);
		protect_reserve(w); // rules (iii), (v)
	} else {
		classify_line_burst(w);
	}
	b->ticket = turn_draw_ticket(&lane->turn);
	return true;
}

/* Holding the transmit turn: commit and let go, in the order of tickets. */
static void lane_finish(const struct lane_worker *w) {
	if (w->lane->kind == LANE_VALIDATE) {
		validate_commit(w);
		punt_burst(w);
	}
	transmit_burst(w);
}

unsigned lane_poll(const struct lane_worker *w) {
	struct turn *turn = &w->lane->turn;

	if (!turn_try_receive(turn))
		return 0;
	const bool has_ticket = lane_begin(w);
	turn_end_receive(turn);
	if (!has_ticket)
		return 0;

	if (w->lane->kind == LANE_PROTECT)
		protect_burst(w);
	else
		validate_burst(w);

	idle_wait_turn(turn, w->burst->ticket, w->counters); // rule (vii)
	lane_finish(w);
	turn_pass(turn, w->burst->ticket); // rule (i)
	count(w->counters, C_BURSTS);
	return w->burst->n;
}
