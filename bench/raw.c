/* SPDX-License-Identifier: BSD-3-Clause */

#include "bench/raw.h"

#include "bench/contest.h"

#include <rte_mbuf.h>

#include <stdlib.h>
#include <string.h>

#define FRAME_MAX_OCTETS 9100u // the longest of a mix, and MACsec's octets
#define TAGGED_OCTETS (ETHER_ADDRESSES_OCTETS + SECTAG_SCI_OCTETS)

/*
 * The operation on a frame whose SecTAG is in front and whose user data are so many octets. The IV
 * is that of the SecTAG's packet number, as a frame that is to be validated needs it.
 */
static void
fill_op(const struct bench_sa *sa, struct rte_mbuf *m, uint32_t user, uint32_t pn,
	struct crypto_op *op) {
	const bool is_encrypting = sa->tx.crypto.is_encrypting;
	uint8_t *head = rte_pktmbuf_mtod(m, uint8_t *);
	const wide_word iv = sa_iv(&sa->tx.crypto, pn);

	*op = (struct crypto_op){
		.aad = head,
		.aad_octets = TAGGED_OCTETS + (is_encrypting ? 0 : user),
		.text = head + TAGGED_OCTETS + (is_encrypting ? 0 : user),
		.text_octets = is_encrypting ? user : 0,
		.tag = head + TAGGED_OCTETS + user,
	};
	memcpy(op->iv, &iv, sizeof(iv));
}

/* Takes from the pool, which is seeded with the mix, one frame of each wanted size; those that fit
 * no place go back. */
static bool take_frames(const struct rig *rig, struct rte_mbuf *taken[RAW_BURST]) {
	const uint16_t more =
		rig->shape.direction == CRYPTO_VALIDATE ? SECTAG_SCI_OCTETS + ICV_OCTETS : 0;
	struct rte_mbuf **back = calloc(rig->source.pool->size, sizeof(struct rte_mbuf *));
	struct rte_mbuf *m;
	unsigned n_back = 0, n_taken = 0;

	while (back != NULL && n_taken < RAW_BURST &&
	       (m = rte_pktmbuf_alloc(rig->source.pool)) != NULL) {
		unsigned i = 0;
		while (i < RAW_BURST &&
		       (taken[i] != NULL ||
			frame_seed_of(m->buf_addr)->octets != rig->shape.mix->octets[i] + more))
			i++;
		if (i < RAW_BURST) {
			taken[i] = m;
			n_taken++;
		} else {
			back[n_back++] = m;
		}
	}
	if (n_back != 0)
		rte_pktmbuf_free_bulk(back, n_back);
	free(back);
	return n_taken == RAW_BURST;
}

bool raw_open(struct raw *raw, struct rig *rig) {
	*raw = (struct raw){.rig = rig};
	if (!take_frames(rig, raw->bare) || !take_frames(rig, raw->frame)) {
		raw_close(raw);
		return false;
	}
	for (unsigned i = 0; i < RAW_BURST; i++) {
		const uint8_t *head = frame_seed_of(raw->frame[i]->buf_addr)->head;
		const uint32_t user = rig->shape.mix->octets[i] - ETHER_ADDRESSES_OCTETS;
		const uint32_t pn = load_be32(head + ETHER_ADDRESSES_OCTETS + 4);
		fill_op(rig->sa[0], raw->bare[i], user, i + 1, &raw->bare_op[i]);
		fill_op(rig->sa[0], raw->frame[i], user, pn, &raw->op[i]);
	}
	return true;
}

void raw_close(struct raw *raw) {
	for (unsigned i = 0; i < RAW_BURST; i++) {
		rte_pktmbuf_free(raw->bare[i]);
		rte_pktmbuf_free(raw->frame[i]);
		raw->bare[i] = raw->frame[i] = NULL;
	}
}

const char *raw_run(void *arg, struct meter *meter) {
	struct raw *raw = arg;
	const struct crypto_ops *ops = raw->rig->shape.engine->ops;
	const bool is_protecting = raw->rig->shape.direction == CRYPTO_PROTECT;
	const void *key = raw->rig->sa[0]->key;
	bool is_good = true;

	while (!meter_is_done(meter)) {
		is_good &=
			(is_protecting ? ops->protect : ops->validate
			)(raw->rig->own.crypto, key, raw->bare_op, RAW_BURST);
		meter_tick(meter, RAW_BURST);
	}
	return is_good ? NULL : "the engine refuses the frames";
}

static void renew(const struct raw *raw) {
	struct burst *b = &raw->rig->burst;

	for (unsigned i = 0; i < RAW_BURST; i++) {
		frame_source_renew(&raw->rig->source, raw->frame[i]);
		b->frame[i] = raw->frame[i];
		b->fate[i] = FATE_SECURE;
	}
	b->n = RAW_BURST;
}

const char *raw_run_renew(void *arg, struct meter *meter) {
	const struct raw *raw = arg;

	rig_let_decrypt(raw->rig, false);
	while (!meter_is_done(meter)) {
		renew(raw);
		meter_tick(meter, RAW_BURST);
	}
	return NULL;
}

static void stages(const struct lane_worker *w) {
	if (w->lane->kind == LANE_PROTECT) {
		classify_host_burst(w);
		protect_reserve(w);
		protect_burst(w);
	} else {
		classify_line_burst(w);
		validate_burst(w);
		validate_commit(w);
	}
}

static unsigned count_secured(const struct burst *b) {
	unsigned n = 0;
	for (unsigned i = 0; i < b->n; i++)
		n += b->fate[i] == FATE_SEND;
	return n;
}

const char *raw_run_stages(void *arg, struct meter *meter) {
	const struct raw *raw = arg;
	unsigned lost = 0;

	rig_let_decrypt(raw->rig, raw->rig->shape.direction == CRYPTO_VALIDATE);
	while (!meter_is_done(meter)) {
		renew(raw);
		stages(&raw->rig->own);
		lost += RAW_BURST - count_secured(&raw->rig->burst);
		meter_tick(meter, RAW_BURST);
	}
	return lost == 0 ? NULL : "the stages lost frames, so they were not measured";
}

/* A peer finds the whole frame inside the mbuf's length, as in a received one. */
static void renew_for_peer(const struct raw *raw) {
	for (unsigned i = 0; i < RAW_BURST; i++) {
		frame_source_renew(&raw->rig->source, raw->frame[i]);
		raw->frame[i]->data_len =
			(uint16_t)(raw->rig->shape.mix->octets[i] + SECTAG_SCI_OCTETS + ICV_OCTETS);
		raw->frame[i]->pkt_len = raw->frame[i]->data_len;
	}
}

bool raw_peer_agrees(struct raw *raw, struct peer *peer) {
	const struct crypto_ops *ops = raw->rig->shape.engine->ops;
	struct rte_mbuf *m = raw->frame[0];
	uint8_t before[FRAME_MAX_OCTETS], engines[FRAME_MAX_OCTETS];

	if (raw->rig->shape.direction == CRYPTO_VALIDATE)
		return true;
	renew_for_peer(raw);
	memcpy(before, rte_pktmbuf_mtod(m, uint8_t *), m->data_len);
	const bool is_good = ops->protect(raw->rig->own.crypto, raw->rig->sa[0]->key, raw->op, 1);
	memcpy(engines, rte_pktmbuf_mtod(m, uint8_t *), m->data_len);
	memcpy(rte_pktmbuf_mtod(m, uint8_t *), before, m->data_len);
	return is_good && peer->ops->secure(peer, raw->frame, raw->op, 1) == 1 &&
	       memcmp(rte_pktmbuf_mtod(m, uint8_t *), engines, m->data_len) == 0;
}

const char *raw_run_peer(void *arg, struct meter *meter) {
	const struct raw_peer *raw_peer = arg;
	struct raw *raw = raw_peer->raw;
	struct peer *peer = raw_peer->peer;
	unsigned good = 0, all = 0;

	rig_let_decrypt(raw->rig, raw->rig->shape.direction == CRYPTO_VALIDATE);
	while (!meter_is_done(meter)) {
		renew_for_peer(raw);
		good += peer->ops->secure(peer, raw->frame, raw->op, RAW_BURST);
		all += RAW_BURST;
		meter_tick(meter, RAW_BURST);
	}
	return good == all ? NULL : "a peer failed on frames, so it was not measured";
}
