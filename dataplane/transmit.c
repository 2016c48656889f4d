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

void transmit_burst(const struct lane_worker *w) {
	struct burst *b = w->burst;
	struct rte_mbuf *out[BURST_FRAMES], *gone[BURST_FRAMES];
	uint16_t n_out = 0;
	uint16_t n_gone = 0;

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
