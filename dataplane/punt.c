/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Punt: EAPOL from the line goes to control, as a copy in a ring (802.1X: the uncontrolled port).
 * Runs under the validate lane's transmit turn, which makes its holder the ring's one producer. On
 * exit no frame is FATE_PUNT: counted as punted and to be freed, or dropped because the ring is
 * full.
 */

#include "dataplane/lane.h"

#include <rte_mbuf.h>

static bool punt(struct frame_ring *ring, const struct rte_mbuf *m) {
	struct frame_slot *slot = frame_ring_reserve(ring);
	if (slot == NULL || m->pkt_len > FRAME_RING_OCTETS)
		return false;
	const void *from = rte_pktmbuf_read(m, 0, m->pkt_len, slot->data);
	if (from != slot->data)
		memcpy(slot->data, from, m->pkt_len);
	slot->octets = m->pkt_len;
	frame_ring_push(ring);
	return true;
}

void punt_burst(const struct lane_worker *w) {
	struct burst *b = w->burst;

	for (uint32_t i = 0; i < b->n; i++)
		if (b->fate[i] == FATE_PUNT)
			burst_drop(
				b, i,
				punt(w->lane->control, b->frame[i]) ? C_PUNTED : C_DROP_PUNT_FULL
			);
}
