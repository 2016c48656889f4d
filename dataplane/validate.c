/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Validate: 802.1AE frames from the line become what the host gets, or are dropped
 * (802.1AE-2018 10.6).
 *
 * validate_burst runs outside of any turn: pre-checks and IVs of the burst, then the cryptography.
 * validate_commit runs under the transmit turn: the replay check again, in order, on the SA that
 * was captured (rule iii). On exit a frame that was FATE_SECURE is FATE_SEND, without SecTAG and
 * ICV, or dropped. A frame that fails never moves the window.
 */

#include "dataplane/lane.h"
#include "dataplane/mbuf_chain.h"
#include "dataplane/pn.h"

#include <rte_mbuf.h>

/* Equal in constant time: how long it takes tells nothing about where two ICVs differ. */
static bool icv_is_equal(const uint8_t a[static ICV_OCTETS], const uint8_t b[static ICV_OCTETS]) {
	uint64_t differs = 0;
	for (unsigned i = 0; i < ICV_OCTETS; i += 8)
		differs |= load_be64(a + i) ^ load_be64(b + i);
	return differs == 0;
}

/* Removes SecTAG, ICV and the sender's MAC padding. The addresses and clear VLAN tags move up to
 * the user data. */
static void strip(struct burst *b, uint32_t i) {
	struct rte_mbuf *m = b->frame[i];
	uint8_t *head = rte_pktmbuf_mtod(m, uint8_t *);

	memmove(head + b->tag[i].octets, head, b->clear[i]);
	rte_pktmbuf_adj(m, b->tag[i].octets);
	const uint32_t octets = b->clear[i] + b->user[i];
	if (m->nb_segs == 1)
		m->data_len = (uint16_t)(m->pkt_len = octets);
	else
		mbuf_chain_cut(m, octets);
}

/* Delivers a frame that was not, or not successfully, verified; counted under `why`. */
static void deliver(const struct lane_worker *w, uint32_t i, enum counter why) {
	count(w->counters, why);
	strip(w->burst, i);
	w->burst->fate[i] = FATE_SEND;
}

static bool is_changed_text(const struct burst *b, uint32_t i) {
	return b->tag[i].tci_an & TCI_C;
}

/* No SC, or its SA is not in use: lost in strict mode or when encrypted, else delivered (10.6.1).
 */
static void without_sa(const struct lane_worker *w, uint32_t i) {
	if (w->lane->secy->validate == SECY_STRICT || is_changed_text(w->burst, i))
		burst_drop(w->burst, i, C_IN_PKTS_NO_SA_ERROR);
	else
		deliver(w, i, C_IN_PKTS_NO_SA);
}

/* The lowest acceptable PN with control's floor: after a loss of 2^31 frames only the floor tells
 * the upper half of an XPN, and a busy lane has no idle moment to take it over. */
static uint64_t lowest_of(const struct rx_sa *sa) {
	const uint64_t floor = atomic_load_explicit(&sa->lpn_floor, memory_order_relaxed);
	const uint64_t lowest = atomic_load_explicit(&sa->lowest_pn, memory_order_relaxed);
	return floor > lowest ? floor : lowest;
}

/*
 * Everything that needs no cryptography. True when the frame is to be validated, with its PN
 * recovered. The lowest PN may be stale here, but only too low: what is late now is late at commit
 * too.
 */
static bool pre_check(const struct lane_worker *w, uint32_t i) {
	struct burst *b = w->burst;
	const struct secy *secy = w->lane->secy;
	const struct rx_sa *sa = b->rx_sa[i];

	if (sa == NULL) {
		without_sa(w, i);
		return false;
	}
	if (b->tag[i].pn == 0 && !sa->crypto.is_xpn) {
		burst_drop(b, i, C_IN_PKTS_BAD_TAG);
		return false;
	}
	const uint64_t lowest = lowest_of(sa);
	b->pn[i] = sa->crypto.is_xpn ? pn_recover(lowest, b->tag[i].pn) : b->tag[i].pn;
	const bool is_late = b->pn[i] < lowest;
	if (is_late && secy->is_replay_protecting) {
		burst_drop(b, i, C_IN_PKTS_LATE);
		return false;
	}
	if (secy->validate == SECY_DISABLED && !is_changed_text(b, i)) {
		deliver(w, i, is_late ? C_IN_PKTS_DELAYED : C_IN_PKTS_UNCHECKED);
		return false;
	}
	return true;
}

/* Copies `octets` from `offset` of a frame into `to`, from wherever its segments lie. */
static void copy_out(const struct rte_mbuf *m, uint32_t offset, uint32_t octets, uint8_t *to) {
	const void *from = rte_pktmbuf_read(m, offset, octets, to);
	if (from != NULL && from != to)
		memcpy(to, from, octets);
}

static bool is_contiguous(const struct burst *b, uint32_t i) {
	return b->frame[i]->nb_segs == 1 && b->clear[i] == ETHER_ADDRESSES_OCTETS;
}

/*
 * Fills the operation of frame i from its own E bit: the sender says whether it encrypted, and the
 * tag is authenticated. AAD as in protect.c.
 */
static void set_op(struct burst *b, uint32_t i, struct crypto_op *op) {
	const struct sa_crypto *crypto = &b->rx_sa[i]->crypto;
	const bool is_encrypted = b->tag[i].tci_an & TCI_E;
	const uint32_t offset = crypto->offset < b->user[i] ? crypto->offset : b->user[i];
	const uint32_t tag_octets = b->tag[i].octets;
	uint32_t unencrypted = is_encrypted ? offset : 0;

	const wide_word iv = sa_iv(crypto, b->pn[i]);
	memcpy(op->iv, &iv, sizeof(iv));
	if (!is_encrypted && is_contiguous(b, i))
		unencrypted = b->user[i];
	op->aad_octets = ETHER_ADDRESSES_OCTETS + tag_octets + unencrypted;
	op->aad = rte_pktmbuf_mtod(b->frame[i], const uint8_t *);
	op->text =
		rte_pktmbuf_mtod(b->frame[i], uint8_t *) + b->clear[i] + tag_octets + unencrypted;
	op->text_octets = b->user[i] - unencrypted;
	op->tag = b->icv[i];
	if (is_contiguous(b, i))
		return;
	memcpy(b->aad[i], op->aad, ETHER_ADDRESSES_OCTETS);
	copy_out(
		b->frame[i], b->clear[i], tag_octets + unencrypted,
		b->aad[i] + ETHER_ADDRESSES_OCTETS
	);
	op->aad = b->aad[i];
}

static bool is_simple(const struct burst *b, uint32_t i) {
	return b->frame[i]->nb_segs == 1 &&
	       (b->tag[i].tci_an & TCI_E || b->clear[i] == ETHER_ADDRESSES_OCTETS);
}

static void validate_pieces(const struct lane_worker *w, uint32_t i, const struct crypto_op *op) {
	struct burst *b = w->burst;
	struct crypto_piece pieces[CRYPTO_PIECES_MAX];
	const uint32_t from = b->clear[i] + b->tag[i].octets + b->user[i] - op->text_octets;

	const unsigned n = mbuf_chain_pieces(b->frame[i], from, op->text_octets, pieces);
	if (n == 0 && op->text_octets != 0)
		burst_drop(b, i, C_DROP_SEGMENTS);
	else if (!w->lane->engine->ops->pieces(
			 w->crypto, b->rx_sa[i]->crypto.key, CRYPTO_VALIDATE, op, pieces, n,
			 !(b->tag[i].tci_an & TCI_E)
		 ))
		burst_drop(b, i, C_DROP_CRYPTO);
}

/* Second pass over operations first..last-1, which share an SA. */
static void validate_run(const struct lane_worker *w, uint32_t first, uint32_t last) {
	struct burst *b = w->burst;
	const void *key = b->rx_sa[b->op_frame[first]]->crypto.key;

	if (w->lane->engine->ops->validate(w->crypto, key, b->op + first, last - first))
		return;
	for (uint32_t k = first; k < last; k++)
		burst_drop(b, b->op_frame[k], C_DROP_CRYPTO);
}

static void validate_ops(const struct lane_worker *w) {
	const struct burst *b = w->burst;
	uint32_t first = 0;

	for (uint32_t k = 1; k <= b->n_ops; k++) {
		if (k < b->n_ops && b->rx_sa[b->op_frame[k]] == b->rx_sa[b->op_frame[first]])
			continue;
		validate_run(w, first, k);
		first = k;
	}
}

/* The ICV did not verify (10.6.4). */
static void not_valid(const struct lane_worker *w, uint32_t i) {
	if (w->lane->secy->validate == SECY_STRICT || is_changed_text(w->burst, i))
		burst_drop(w->burst, i, C_IN_PKTS_NOT_VALID);
	else
		deliver(w, i, C_IN_PKTS_INVALID);
}

static void judge(const struct lane_worker *w, uint32_t i) {
	struct burst *b = w->burst;
	uint8_t received[ICV_OCTETS];

	copy_out(b->frame[i], b->clear[i] + b->tag[i].octets + b->user[i], ICV_OCTETS, received);
	if (!icv_is_equal(received, b->icv[i])) {
		not_valid(w, i);
		return;
	}
	const bool is_encrypted = b->tag[i].tci_an & TCI_E;
	count_n(w->counters, is_encrypted ? C_IN_OCTETS_DECRYPTED : C_IN_OCTETS_VALIDATED,
		b->user[i]);
	strip(b, i);
}

void validate_burst(const struct lane_worker *w) {
	struct burst *b = w->burst;

	b->n_ops = 0;
	for (uint32_t i = 0; i < b->n; i++) {
		if (b->fate[i] != FATE_SECURE || !pre_check(w, i))
			continue;
		struct crypto_op *op = &b->op[b->n_ops];
		set_op(b, i, op);
		if (is_simple(b, i))
			b->op_frame[b->n_ops++] = (uint8_t)i;
		else
			validate_pieces(w, i, op); // rare; its slot is used again
	}
	if (b->n_ops != 0)
		validate_ops(w);
	for (uint32_t i = 0; i < b->n; i++)
		if (b->fate[i] == FATE_SECURE)
			judge(w, i);
}

/* The window of an SA as the holder of the transmit turn sees it. */
static struct pn_window window_of(const struct rx_sa *sa) {
	return (struct pn_window){
		.next = atomic_load_explicit(&sa->next_pn, memory_order_relaxed),
		.lowest = lowest_of(sa),
	};
}

static void window_store(struct rx_sa *sa, struct pn_window window) {
	atomic_store_explicit(&sa->next_pn, window.next, memory_order_relaxed);
	atomic_store_explicit(&sa->lowest_pn, window.lowest, memory_order_relaxed);
}

/* The key server chooses the suite, so an XPN may meet a window that only 32-bit suites may have:
 * recovery (pn.h) needs a lowest PN that stays near. */
static uint32_t replay_window(const struct secy *secy, const struct rx_sa *sa) {
	const bool is_too_wide = sa->crypto.is_xpn && secy->replay_window > PN_MAX_XPN_WINDOW;
	return is_too_wide ? PN_MAX_XPN_WINDOW : secy->replay_window;
}

/* The replay check again, now in order (10.6.2), then the window's update (10.6.5). */
static void commit(const struct lane_worker *w, uint32_t i) {
	struct burst *b = w->burst;
	const struct secy *secy = w->lane->secy;
	const struct pn_window window = window_of(b->rx_sa[i]);
	const bool is_late = b->pn[i] < window.lowest;

	if (is_late && secy->is_replay_protecting) {
		burst_drop(b, i, C_IN_PKTS_LATE);
		return;
	}
	window_store(b->rx_sa[i], pn_accept(window, b->pn[i], replay_window(secy, b->rx_sa[i])));
	count(w->counters, is_late ? C_IN_PKTS_DELAYED : C_IN_PKTS_OK);
	b->fate[i] = FATE_SEND;
}

void validate_commit(const struct lane_worker *w) {
	struct burst *b = w->burst;

	for (uint32_t i = 0; i < b->n; i++)
		if (b->fate[i] == FATE_SECURE)
			commit(w, i);
}

static void raise_floors_of(struct rx_sc *sc) {
	for (unsigned an = 0; an < SECY_AN_SLOTS; an++) {
		struct rx_sa *sa = atomic_load_explicit(&sc->sa[an], memory_order_acquire);
		if (sa != NULL)
			window_store(sa, window_of(sa));
	}
}

/* On a lane without traffic the floors of delay protection still take effect; the caller holds both
 * turns. */
void validate_raise_floors(struct lane *lane) {
	const uint32_t generation =
		atomic_load_explicit(&lane->secy->floor_generation, memory_order_acquire);
	if (generation == lane->floors_applied)
		return;
	const struct rx_sc_table *table =
		atomic_load_explicit(&lane->secy->rx_scs, memory_order_acquire);
	for (uint32_t i = 0; i <= table->mask; i++)
		if (table->slot[i] != NULL)
			raise_floors_of(table->slot[i]);
	lane->floors_applied = generation;
}
