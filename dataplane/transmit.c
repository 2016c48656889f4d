/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Transmit: the end of every frame's way, under the transmit turn. What is FATE_SEND goes to the
 * port in order; everything else is counted under its reason and freed: the only place of the data
 * plane where frames end.
 */

#include "dataplane/lane.h"

#include <rte_ethdev.h>
#include <rte_mbuf.h>

#define TRANSMIT_TRIES \
	8 // a full queue is given a moment, then the frames are lost: waiting would stop the lane

static uint16_t transmit(const struct lane *lane, struct rte_mbuf **frames, uint16_t n) {
	uint16_t sent = 0;
	for (int tries = 0; sent < n && tries < TRANSMIT_TRIES; tries++)
		sent += rte_eth_tx_burst(lane->tx_port, 0, frames + sent, (uint16_t)(n - sent));
	return sent;
}

/*
 * A port loses without a word what is longer than it takes. Protected frames were judged before
 * they cost a packet number; this is for what crosses in clear and for what the line brings.
 */
static void drop_too_long(const struct lane_worker *w) {
	struct burst *b = w->burst;
	const bool is_to_line = w->lane->kind == LANE_PROTECT;

	for (uint32_t i = 0; i < b->n; i++)
		if (b->fate[i] == FATE_SEND && b->frame[i]->pkt_len > w->lane->tx_max_octets)
			burst_drop(b, i, is_to_line ? C_OUT_PKTS_TOO_LONG : C_DROP_TOO_LONG);
}

void transmit_burst(const struct lane_worker *w) {
	struct burst *b = w->burst;
	struct rte_mbuf *out[BURST_FRAMES], *gone[BURST_FRAMES];
	uint16_t n_out = 0;
	uint16_t n_gone = 0;

	drop_too_long(w);
	for (uint32_t i = 0; i < b->n; i++) {
		if (b->fate[i] == FATE_SEND) {
			out[n_out++] = b->frame[i];
		} else {
			count(w->counters, b->reason[i]);
			gone[n_gone++] = b->frame[i];
		}
	}
	const uint16_t sent = transmit(w->lane, out, n_out);
	count_n(w->counters, C_TX_FRAMES, sent);
	count_n(w->counters, C_DROP_TX_FULL, n_out - sent);
	if (sent < n_out)
		rte_pktmbuf_free_bulk(out + sent, n_out - sent);
	if (n_gone != 0)
		rte_pktmbuf_free_bulk(gone, n_gone);
}
