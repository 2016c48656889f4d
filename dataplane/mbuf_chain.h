/* SPDX-License-Identifier: BSD-3-Clause */
/* Frames in one or several mbuf segments: room, stretches, tail. Worker; no lock, no wait. */
#pragma once

#include "dataplane/crypto.h"

#include <stdbool.h>
#include <stdint.h>

struct rte_mbuf;
struct rte_mempool;

/*
 * Appends `octets` (at most 16) contiguous octets to a frame; takes one more segment from `pool`
 * when the last one is full. Returns where they are, or NULL when there is no room.
 */
uint8_t *mbuf_chain_append(struct rte_mbuf *m, struct rte_mempool *pool, uint16_t octets);

/*
 * Lists the stretches that make up `octets` octets from `offset`. Returns how many, or 0 when they
 * are more than CRYPTO_PIECES_MAX or the frame is shorter.
 */
unsigned mbuf_chain_pieces(
	struct rte_mbuf *m, uint32_t offset, uint32_t octets,
	struct crypto_piece pieces[static CRYPTO_PIECES_MAX]
);

/* Cuts a frame to its first `octets` octets (at least 1); segments that become empty are freed. */
void mbuf_chain_cut(struct rte_mbuf *m, uint32_t octets);
