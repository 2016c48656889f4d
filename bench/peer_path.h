/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A peer on the rig's ports: receive a burst, SecTAG, the peer's AEAD, transmit. The frame work is
 * ours at its best (wide stores, headers and IVs of the burst first), so that only the AEAD's API
 * differs; classification, turns, counters and the replay window are left out in the peer's favour.
 */
#pragma once

#include "bench/peer.h"
#include "bench/rig.h"

struct peer_path {
	struct rig *rig;
	struct peer *peer;
	uint64_t pn;
};

/* A contender, with a struct peer_path as argument. */
const char *peer_path_run(void *peer_path, struct meter *meter);
