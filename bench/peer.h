/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What somebody would use who does not have our lane: another API for the same AEAD work, written
 * as its users would write it. Each has its key expanded once and keeps its context or session.
 */
#pragma once

#include "bench/bench_sa.h"
#include "dataplane/crypto.h"

#include <stdbool.h>

struct peer;
struct rte_mbuf;

struct peer_ops {
	/*
	 * Protects n frames in place (at most BURST_FRAMES), or validates them: then the tag of
	 * each operation is the ICV in the frame. Both lie in `frames`, one segment each. Returns
	 * how many went well.
	 */
	unsigned (*secure
	)(struct peer *peer, struct rte_mbuf *const frames[], struct crypto_op ops[], unsigned n);
	void (*destroy)(struct peer *peer);
};

struct peer {
	const struct peer_ops *ops;
	const char *name;
};

/* What a peer is made for. */
struct peer_shape {
	const struct bench_sa *sa;
	enum crypto_direction direction;
	bool is_encrypting;
};

/* OpenSSL's EVP, frame by frame: what a program without ipsec-mb does. NULL on failure. */
struct peer *peer_openssl_create(const struct peer_shape *shape);

/*
 * DPDK's cryptodev with one of the two drivers of crypto_ipsec_mb: bursts, operations from a pool,
 * one session. `driver` is "crypto_aesni_gcm" or "crypto_aesni_mb". NULL when DPDK does not have it
 * (Debian: librte-meta-crypto).
 */
struct peer *peer_cryptodev_create(const char *driver, const struct peer_shape *shape);

/* NULL is allowed. */
static inline void peer_destroy(struct peer *peer) {
	if (peer != NULL)
		peer->ops->destroy(peer);
}
