/* SPDX-License-Identifier: BSD-3-Clause */

#include "bench/peer_path.h"

#include "bench/contest.h"

#include <rte_ethdev.h>
#include <rte_mbuf.h>

#include <string.h>

#define TAGGED_OCTETS (ETHER_ADDRESSES_OCTETS + SECTAG_SCI_OCTETS)

/* The operation on a frame that has its SecTAG and room for, or already, its ICV. */
static void
fill_op(const struct bench_sa *sa, uint8_t *head, uint32_t user, uint64_t pn,
	struct crypto_op *op) {
	const wide_word iv = sa_iv(&sa->tx.crypto, pn);
	const uint32_t clear = sa->tx.crypto.is_encrypting ? 0 : user;

	memcpy(op->iv, &iv, sizeof(iv));
	op->aad = head;
	op->aad_octets = TAGGED_OCTETS + clear;
	op->text = head + TAGGED_OCTETS + clear;
	op->text_octets = user - clear;
	op->tag = head + TAGGED_OCTETS + user;
}

static void prepare_protect(struct peer_path *path, struct rte_mbuf *m, struct crypto_op *op) {
	const struct bench_sa *sa = path->rig->sa[0];
	const uint32_t user = m->pkt_len - ETHER_ADDRESSES_OCTETS;
	const uint8_t *old = rte_pktmbuf_mtod(m, const uint8_t *);
	const wide_word tag = {
		sectag_first_word(sa->tx.tci_an, sectag_sl(user), (uint32_t)path->pn),
		sa->tx.sci_be,
	};

	rte_pktmbuf_append(m, ICV_OCTETS);
	uint8_t *head = (uint8_t *)rte_pktmbuf_prepend(m, SECTAG_SCI_OCTETS);
	memcpy(head, old, sizeof(wide_word));
	memcpy(head + ETHER_ADDRESSES_OCTETS, &tag, sizeof(tag));
	fill_op(sa, head, user, path->pn++, op);
}

static void prepare_validate(struct peer_path *path, struct rte_mbuf *m, struct crypto_op *op) {
	uint8_t *head = rte_pktmbuf_mtod(m, uint8_t *);
	const uint32_t user = m->pkt_len - TAGGED_OCTETS - ICV_OCTETS;

	fill_op(path->rig->sa[0], head, user, load_be32(head + ETHER_ADDRESSES_OCTETS + 4), op);
}

static void strip(struct rte_mbuf *m) {
	uint8_t *head = rte_pktmbuf_mtod(m, uint8_t *);

	memmove(head + SECTAG_SCI_OCTETS, head, ETHER_ADDRESSES_OCTETS);
	rte_pktmbuf_adj(m, SECTAG_SCI_OCTETS);
	rte_pktmbuf_trim(m, ICV_OCTETS);
}

/* Returns how many frames were lost. */
static unsigned round_of(struct peer_path *path) {
	const bool is_protecting = path->rig->shape.direction == CRYPTO_PROTECT;
	struct rte_mbuf *frames[BURST_FRAMES];
	struct crypto_op ops[BURST_FRAMES];
	const uint16_t n = rte_eth_rx_burst(path->rig->lane.rx_port, 0, frames, BURST_FRAMES);

	for (uint16_t i = 0; i < n; i++)
		(is_protecting ? prepare_protect : prepare_validate)(path, frames[i], &ops[i]);
	const unsigned good = path->peer->ops->secure(path->peer, frames, ops, n);
	for (uint16_t i = 0; !is_protecting && i < n; i++)
		strip(frames[i]);
	rte_eth_tx_burst(path->rig->lane.tx_port, 0, frames, n);
	return n - good;
}

const char *peer_path_run(void *arg, struct meter *meter) {
	struct peer_path *path = arg;
	unsigned lost = 0;

	rig_let_decrypt(path->rig, path->rig->shape.direction == CRYPTO_VALIDATE);
	path->rig->sink.meter = meter;
	while (!meter_is_done(meter))
		lost += round_of(path);
	path->rig->sink.meter = NULL;
	return lost == 0 ? NULL : "a peer failed on frames, so it was not measured";
}
