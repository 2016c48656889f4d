/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * cryptodev as its programmer's guide teaches it: one session per SA, operations in bulk from a
 * pool with a cache, enqueue a burst, dequeue until all are back. Integrity only is GMAC there: its
 * AEAD takes additional data of one fixed length.
 */

#include "bench/peer.h"

#include <rte_bus_vdev.h>
#include <rte_cryptodev.h>
#include <rte_errno.h>
#include <rte_mbuf.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define OPS_MAX 32u
#define POOL_OPS 1023u
#define POOL_CACHE 128u
#define QUEUE_DESCRIPTORS 2048u
#define IV_OFFSET (sizeof(struct rte_crypto_op) + sizeof(struct rte_crypto_sym_op))

struct peer_cryptodev {
	struct peer common; // first: the peer's handle
	char device[48];
	uint8_t id;
	bool is_aead;
	struct rte_mempool *ops, *sessions;
	void *session;
};

static void fill_aead(struct rte_crypto_sym_op *sym, const struct crypto_op *op, uint32_t at) {
	sym->aead.data.offset = at;
	sym->aead.data.length = op->text_octets;
	sym->aead.aad.data = (uint8_t *)(uintptr_t)op->aad; // only read
	sym->aead.digest.data = op->tag;
}

static void fill_gmac(struct rte_crypto_sym_op *sym, const struct crypto_op *op, uint32_t at) {
	sym->auth.data.offset = at;
	sym->auth.data.length = op->aad_octets;
	sym->auth.digest.data = op->tag;
}

static void
fill(const struct peer_cryptodev *p, struct rte_crypto_op *c, struct rte_mbuf *m,
     const struct crypto_op *op) {
	const uint8_t *base = rte_pktmbuf_mtod(m, const uint8_t *);

	memcpy(rte_crypto_op_ctod_offset(c, uint8_t *, IV_OFFSET), op->iv, sizeof(op->iv));
	c->sym->m_src = m;
	if (p->is_aead)
		fill_aead(c->sym, op, (uint32_t)(op->text - base));
	else
		fill_gmac(c->sym, op, (uint32_t)(op->aad - base));
	rte_crypto_op_attach_sym_session(c, p->session);
}

static unsigned
collect(const struct peer_cryptodev *p, struct rte_crypto_op *done[], unsigned wanted) {
	unsigned n = 0, good = 0;

	while (n < wanted)
		n += rte_cryptodev_dequeue_burst(p->id, 0, done + n, (uint16_t)(wanted - n));
	for (unsigned i = 0; i < n; i++)
		good += done[i]->status == RTE_CRYPTO_OP_STATUS_SUCCESS;
	return good;
}

static unsigned
secure(struct peer *peer, struct rte_mbuf *const frames[], struct crypto_op ops[], unsigned n) {
	const struct peer_cryptodev *p = (const struct peer_cryptodev *)peer;
	struct rte_crypto_op *c[OPS_MAX];

	if (n > OPS_MAX ||
	    rte_crypto_op_bulk_alloc(p->ops, RTE_CRYPTO_OP_TYPE_SYMMETRIC, c, (uint16_t)n) != n)
		return 0;
	for (unsigned i = 0; i < n; i++)
		fill(p, c[i], frames[i], &ops[i]);
	const unsigned sent = rte_cryptodev_enqueue_burst(p->id, 0, c, (uint16_t)n);
	if (sent < n)
		rte_mempool_put_bulk(p->ops, (void **)(c + sent), n - sent);
	const unsigned good = collect(p, c, sent);
	rte_mempool_put_bulk(p->ops, (void **)c, sent);
	return good;
}

static void destroy(struct peer *peer) {
	struct peer_cryptodev *p = (struct peer_cryptodev *)peer;

	if (p->session != NULL)
		rte_cryptodev_sym_session_free(p->id, p->session);
	rte_cryptodev_stop(p->id);
	rte_vdev_uninit(p->device);
	rte_mempool_free(p->ops);
	rte_mempool_free(p->sessions);
	free(p);
}

/* The device under a name that was not used before, with one queue pair. */
static bool open_device(struct peer_cryptodev *p, const char *driver, unsigned serial) {
	const struct rte_cryptodev_qp_conf queue = {
		.nb_descriptors = QUEUE_DESCRIPTORS,
		.mp_session = p->sessions,
	};
	struct rte_cryptodev_config config = {.socket_id = 0, .nb_queue_pairs = 1};

	snprintf(p->device, sizeof(p->device), "%s%u", driver, serial);
	if (rte_vdev_init(p->device, "max_nb_queue_pairs=1,socket_id=0") != 0)
		return false;
	const int id = rte_cryptodev_get_dev_id(p->device);
	if (id < 0 || rte_cryptodev_configure((uint8_t)id, &config) != 0 ||
	    rte_cryptodev_queue_pair_setup((uint8_t)id, 0, &queue, 0) != 0 ||
	    rte_cryptodev_start((uint8_t)id) != 0) {
		rte_vdev_uninit(p->device);
		return false;
	}
	p->id = (uint8_t)id;
	return true;
}

static bool open_pools(struct peer_cryptodev *p, unsigned serial) {
	char name[RTE_MEMPOOL_NAMESIZE];

	snprintf(name, sizeof(name), "peer-ops-%u", serial);
	p->ops = rte_crypto_op_pool_create(
		name, RTE_CRYPTO_OP_TYPE_SYMMETRIC, POOL_OPS, POOL_CACHE, 16, SOCKET_ID_ANY
	);
	snprintf(name, sizeof(name), "peer-sessions-%u", serial);
	p->sessions = rte_cryptodev_sym_session_pool_create(
		name, 8, rte_cryptodev_sym_get_private_session_size(p->id), 0, 0, SOCKET_ID_ANY
	);
	return p->ops != NULL && p->sessions != NULL;
}

static struct rte_crypto_sym_xform aead_of(const struct peer_shape *shape) {
	const bool is_protecting = shape->direction == CRYPTO_PROTECT;

	return (struct rte_crypto_sym_xform){
		.type = RTE_CRYPTO_SYM_XFORM_AEAD,
		.aead =
			{
				.op = is_protecting ? RTE_CRYPTO_AEAD_OP_ENCRYPT
						    : RTE_CRYPTO_AEAD_OP_DECRYPT,
				.algo = RTE_CRYPTO_AEAD_AES_GCM,
				.key = {.data = shape->sa->sak, .length = shape->sa->sak_octets},
				.iv = {.offset = IV_OFFSET, .length = 12},
				.digest_length = ICV_OCTETS,
				.aad_length = 28, // addresses and SecTAG
			},
	};
}

static struct rte_crypto_sym_xform gmac_of(const struct peer_shape *shape) {
	const bool is_protecting = shape->direction == CRYPTO_PROTECT;

	return (struct rte_crypto_sym_xform){
		.type = RTE_CRYPTO_SYM_XFORM_AUTH,
		.auth =
			{
				.op = is_protecting ? RTE_CRYPTO_AUTH_OP_GENERATE
						    : RTE_CRYPTO_AUTH_OP_VERIFY,
				.algo = RTE_CRYPTO_AUTH_AES_GMAC,
				.key = {.data = shape->sa->sak, .length = shape->sa->sak_octets},
				.iv = {.offset = IV_OFFSET, .length = 12},
				.digest_length = ICV_OCTETS,
			},
	};
}

static bool open_session(struct peer_cryptodev *p, const struct peer_shape *shape) {
	struct rte_crypto_sym_xform xform = p->is_aead ? aead_of(shape) : gmac_of(shape);

	p->session = rte_cryptodev_sym_session_create(p->id, &xform, p->sessions);
	return p->session != NULL;
}

struct peer *peer_cryptodev_create(const char *driver, const struct peer_shape *shape) {
	static const struct peer_ops ops = {secure, destroy};
	static unsigned serial;
	struct peer_cryptodev *p = calloc(1, sizeof(*p));

	if (p == NULL)
		return NULL;
	p->common.ops = &ops;
	p->common.name = driver;
	p->is_aead = shape->is_encrypting;
	if (!open_device(p, driver, serial)) {
		free(p);
		return NULL;
	}
	if (open_pools(p, serial) && open_session(p, shape)) {
		serial++;
		return &p->common;
	}
	serial++;
	destroy(&p->common);
	return NULL;
}
