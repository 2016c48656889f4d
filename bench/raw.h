/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The frames of a burst without a port, and what is done with them: the bare cryptography (the
 * limit), the lane's stages, and the peers' APIs. All contenders, with a struct raw as argument.
 */
#pragma once

#include "bench/peer.h"
#include "bench/rig.h"

#include <stdbool.h>

#define RAW_BURST FRAME_MIX_PERIOD

struct raw {
	struct rig *rig; // borrowed

	// never made new, so their content is soon anyone's guess: the bare call does not mind
	struct rte_mbuf *bare[RAW_BURST];
	struct crypto_op bare_op[RAW_BURST]; // header and IV written beforehand

	// made new before each round
	struct rte_mbuf *frame[RAW_BURST];
	struct crypto_op op[RAW_BURST];
};

/* Takes a burst of frames out of the rig's port. False without memory. To be ended with raw_close
 * before the rig. */
bool raw_open(struct raw *raw, struct rig *rig);
void raw_close(struct raw *raw);

/* The engine's call (ipsec-mb's AES-GCM) on the same frames over and over, hot in the cache. */
const char *raw_run(void *raw, struct meter *meter);

/* What makes the frames new again, alone: the floor of those below. */
const char *raw_run_renew(void *raw, struct meter *meter);

/* The lane's stages from classify to the commit, on frames made new each time. */
const char *raw_run_stages(void *raw, struct meter *meter);

/* A peer's AEAD on the same frames; `arg` is a struct raw_peer. */
struct raw_peer {
	struct raw *raw;
	struct peer *peer;
};
const char *raw_run_peer(void *raw_peer, struct meter *meter);

/*
 * Whether the peer does the work at all: a frame protected by it is, octet for octet, what the
 * engine makes of it. (When it validates it checks the engine's ICVs in each round.)
 */
bool raw_peer_agrees(struct raw *raw, struct peer *peer);
