/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Protect: frames from the host become 802.1AE frames (802.1AE-2018 10.5, IV and AAD 14.5–14.8).
 *
 * protect_reserve runs under the receive turn; protect_burst outside of any turn. On exit a frame
 * that was FATE_SECURE is FATE_SEND, with SecTAG and ICV, or dropped.
 *
 * Two passes: headers and IVs of the whole burst, then the cryptography. GCM reads both in wide
 * loads; had they been stored just before, each load would wait for the store buffer (40–50 cycles
 * a frame).
 */

#include "dataplane/lane.h"
#include "dataplane/mbuf_chain.h"
#include "dataplane/pn.h"

#include <rte_mbuf.h>

/* Without a transmit SA a frame crosses in clear if the policy says so, and is lost otherwise. */
static void protect_without_sa(const struct lane_worker *w, uint32_t i, bool is_clear_allowed) {
	if (is_clear_allowed) {
		count(w->counters, C_OUT_PKTS_UNTAGGED);
		w->burst->fate[i] = FATE_SEND;
	} else {
		burst_drop(w->burst, i, C_DROP_NO_TX_SA);
	}
}

static uint32_t secured_octets(const struct rte_mbuf *m, const struct tx_sa *sa) {
	return m->pkt_len + sa->sectag_octets + ICV_OCTETS;
}

/*
 * Captures the transmit SA and gives each frame its packet number. The acquire loads pair with
 * control/sa_install.c; next_pn is written by the receive turn's holder alone, so load + store is
 * enough.
 */
void protect_reserve(const struct lane_worker *w) {
	struct burst *b = w->burst;
	struct secy *secy = w->lane->secy;
	// is_clear_allowed first: control clears it after the SA is in, so "no SA, clear allowed"
	// is never a mix of two states
	const bool is_clear_allowed =
		atomic_load_explicit(&secy->is_clear_allowed, memory_order_acquire);
	struct tx_sa *sa = atomic_load_explicit(&secy->tx_sa, memory_order_acquire);
	uint64_t pn = sa == NULL ? 0 : atomic_load_explicit(&sa->next_pn, memory_order_relaxed);

	b->tx_sa = sa;
	for (uint32_t i = 0; i < b->n; i++) {
		if (b->fate[i] != FATE_SECURE)
			continue;
		if (sa == NULL)
			protect_without_sa(w, i, is_clear_allowed);
		else if (secured_octets(b->frame[i], sa) > w->lane->tx_max_octets)
			burst_drop(b, i, C_OUT_PKTS_TOO_LONG);
		else if (!pn_is_usable(pn, sa->pn_last))
			burst_drop(b, i, C_DROP_PN_EXHAUSTED); // rule (v)
		else
			b->pn[i] = pn++;
	}
	if (sa != NULL)
		atomic_store_explicit(&sa->next_pn, pn, memory_order_relaxed);
}

/*
 * Makes room for the SecTAG behind the addresses and clear VLAN tags, and writes it. Returns the
 * frame's new start. The frame's first 16 octets are always in its buffer, so without VLAN tags the
 * addresses move in one load and store.
 */
static uint8_t *push_sectag(
	struct rte_mbuf *m, const struct tx_sa *sa, uint64_t pn, uint32_t clear, uint32_t user
) {
	const uint8_t *old = rte_pktmbuf_mtod(m, const uint8_t *);
	uint8_t *head = (uint8_t *)rte_pktmbuf_prepend(m, sa->sectag_octets);
	const wide_word tag = {
		sectag_first_word(sa->tci_an, sectag_sl(user), (uint32_t)pn),
		sa->sci_be,
	};

	if (head == NULL)
		return NULL;
	if (clear == ETHER_ADDRESSES_OCTETS && sa->sectag_octets == SECTAG_SCI_OCTETS) {
		memcpy(head, old, sizeof(wide_word));
		memcpy(head + ETHER_ADDRESSES_OCTETS, &tag, sizeof(tag));
	} else {
		memmove(head, old, clear);
		memcpy(head + clear, &tag, sa->sectag_octets);
	}
	return head;
}

/*
 * AAD: the addresses, the SecTAG (clear VLAN tags are not authenticated) and the confidentiality
 * offset. Contiguous in the frame but for clear VLAN tags or a chain, where it is copied together.
 */
static void set_aad(struct burst *b, uint32_t i, struct crypto_op *op, uint32_t behind) {
	const uint32_t rest = op->aad_octets - ETHER_ADDRESSES_OCTETS;
	struct rte_mbuf *m = b->frame[i];

	op->aad = rte_pktmbuf_mtod(m, const uint8_t *);
	if (m->nb_segs == 1 && b->clear[i] == ETHER_ADDRESSES_OCTETS)
		return;
	memcpy(b->aad[i], op->aad, ETHER_ADDRESSES_OCTETS);
	const void *tag = rte_pktmbuf_read(
		m, behind - b->tx_sa->sectag_octets, rest, b->aad[i] + ETHER_ADDRESSES_OCTETS
	);
	if (tag != b->aad[i] + ETHER_ADDRESSES_OCTETS)
		memcpy(b->aad[i] + ETHER_ADDRESSES_OCTETS, tag, rest);
	op->aad = b->aad[i];
}

/* Fills the operation of frame i, whose SecTAG ends at `behind`. In clear (integrity only) all of
 * the user data is AAD. */
static void
set_op(struct burst *b, uint32_t i, struct crypto_op *op, uint32_t behind, uint8_t *icv) {
	const struct sa_crypto *crypto = &b->tx_sa->crypto;
	const uint32_t offset = crypto->offset < b->user[i] ? crypto->offset : b->user[i];
	const bool is_whole_aad = !crypto->is_encrypting && b->frame[i]->nb_segs == 1 &&
				  b->clear[i] == ETHER_ADDRESSES_OCTETS;

	const wide_word iv = sa_iv(crypto, b->pn[i]);
	memcpy(op->iv, &iv, sizeof(iv));
	const uint32_t unencrypted = is_whole_aad ? b->user[i] : offset;
	op->aad_octets = ETHER_ADDRESSES_OCTETS + b->tx_sa->sectag_octets + unencrypted;
	op->text = rte_pktmbuf_mtod(b->frame[i], uint8_t *) + behind + unencrypted;
	op->text_octets = b->user[i] - unencrypted;
	op->tag = icv;
	set_aad(b, i, op, behind);
}

/* First pass for one frame: ICV room, header, IV. False when there is no room for them. */
static bool prepare(const struct lane_worker *w, uint32_t i) {
	struct burst *b = w->burst;
	struct rte_mbuf *m = b->frame[i];

	b->user[i] = m->pkt_len - b->clear[i];
	uint8_t *icv = mbuf_chain_append(m, w->lane->pool, ICV_OCTETS);
	if (icv == NULL || push_sectag(m, b->tx_sa, b->pn[i], b->clear[i], b->user[i]) == NULL) {
		burst_drop(b, i, C_DROP_NO_ROOM);
		return false;
	}
	b->op_frame[b->n_ops] = (uint8_t)i;
	set_op(b, i, &b->op[b->n_ops], b->clear[i] + b->tx_sa->sectag_octets, icv);
	return true;
}

/* Frames whose text is not contiguous, or whose clear VLAN tags split an integrity-only AAD, go one
 * by one. */
static bool is_simple(const struct burst *b, uint32_t i) {
	return b->frame[i]->nb_segs == 1 &&
	       (b->tx_sa->crypto.is_encrypting || b->clear[i] == ETHER_ADDRESSES_OCTETS);
}

static void protect_pieces(const struct lane_worker *w, uint32_t i, const struct crypto_op *op) {
	struct burst *b = w->burst;
	const struct sa_crypto *crypto = &b->tx_sa->crypto;
	struct crypto_piece pieces[CRYPTO_PIECES_MAX];
	const uint32_t from = b->clear[i] + b->tx_sa->sectag_octets + b->user[i] - op->text_octets;

	const unsigned n = mbuf_chain_pieces(b->frame[i], from, op->text_octets, pieces);
	if (n == 0 && op->text_octets != 0)
		burst_drop(b, i, C_DROP_SEGMENTS);
	else if (!w->lane->engine->ops->pieces(
			 w->crypto, crypto->key, CRYPTO_PROTECT, op, pieces, n,
			 !crypto->is_encrypting
		 ))
		burst_drop(b, i, C_DROP_CRYPTO);
}

static void count_protected(const struct lane_worker *w, uint32_t frames, uint64_t octets) {
	const bool is_encrypting = w->burst->tx_sa->crypto.is_encrypting;
	count_n(w->counters, is_encrypting ? C_OUT_PKTS_ENCRYPTED : C_OUT_PKTS_PROTECTED, frames);
	count_n(w->counters, is_encrypting ? C_OUT_OCTETS_ENCRYPTED : C_OUT_OCTETS_PROTECTED,
		octets);
}

/* What survived both passes leaves; in one place, so that nothing is counted as protected that was
 * dropped. */
static void settle(const struct lane_worker *w) {
	struct burst *b = w->burst;
	uint32_t frames = 0;
	uint64_t octets = 0;

	for (uint32_t i = 0; i < b->n; i++) {
		if (b->fate[i] != FATE_SECURE)
			continue;
		b->fate[i] = FATE_SEND;
		frames++;
		octets += b->user[i];
	}
	if (frames != 0)
		count_protected(w, frames, octets);
}

void protect_burst(const struct lane_worker *w) {
	struct burst *b = w->burst;

	b->n_ops = 0;
	for (uint32_t i = 0; i < b->n; i++) {
		if (b->fate[i] != FATE_SECURE || !prepare(w, i))
			continue;
		if (is_simple(b, i))
			b->n_ops++;
		else
			protect_pieces(w, i, &b->op[b->n_ops]); // rare; its slot is used again
	}
	if (b->n_ops != 0 &&
	    !w->lane->engine->ops->protect(w->crypto, b->tx_sa->crypto.key, b->op, b->n_ops))
		for (uint32_t k = 0; k < b->n_ops; k++)
			burst_drop(b, b->op_frame[k], C_DROP_CRYPTO);
	settle(w);
}
