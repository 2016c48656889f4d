/* SPDX-License-Identifier: BSD-3-Clause */

#include "dataplane/mbuf_chain.h"

#include <rte_mbuf.h>

static uint8_t *append_segment(struct rte_mbuf *m, struct rte_mempool *pool, uint16_t octets) {
	struct rte_mbuf *more = rte_pktmbuf_alloc(pool);
	if (more == NULL)
		return NULL;
	uint8_t *room = (uint8_t *)rte_pktmbuf_append(more, octets);
	if (room == NULL || rte_pktmbuf_chain(m, more) != 0) {
		rte_pktmbuf_free_bulk(&more, 1);
		return NULL;
	}
	return room;
}

uint8_t *mbuf_chain_append(struct rte_mbuf *m, struct rte_mempool *pool, uint16_t octets) {
	uint8_t *room = (uint8_t *)rte_pktmbuf_append(m, octets);
	return room != NULL ? room : append_segment(m, pool, octets);
}

unsigned mbuf_chain_pieces(
	struct rte_mbuf *m, uint32_t offset, uint32_t octets,
	struct crypto_piece pieces[static CRYPTO_PIECES_MAX]
) {
	unsigned n = 0;

	for (; m != NULL && octets > 0; m = m->next) {
		if (offset >= m->data_len) {
			offset -= m->data_len;
			continue;
		}
		if (n == CRYPTO_PIECES_MAX)
			return 0;
		const uint32_t here = m->data_len - offset;
		pieces[n].data = rte_pktmbuf_mtod_offset(m, uint8_t *, offset);
		pieces[n].octets = here < octets ? here : octets;
		octets -= pieces[n++].octets;
		offset = 0;
	}
	return octets == 0 ? n : 0;
}

void mbuf_chain_cut(struct rte_mbuf *m, uint32_t octets) {
	struct rte_mbuf *last = m;
	uint16_t n_segs = 1;

	m->pkt_len = octets;
	while (octets > last->data_len) {
		octets -= last->data_len;
		last = last->next;
		n_segs++;
	}
	last->data_len = (uint16_t)octets;
	struct rte_mbuf *rest = last->next;
	last->next = NULL;
	m->nb_segs = n_segs;
	rte_pktmbuf_free_bulk(&rest, rest != NULL);
}
