/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Secure associations as the workers see them. Immutable once published, but for the few words
 * named at the end of each.
 *
 * Who touches what:
 *   tx next_pn    written under the protect lane's receive turn; read by control (LPN, thresholds)
 *   rx lowest_pn  written under the validate lane's transmit turn; read relaxed before (late check
 *                 and XPN recovery: stale-low is safe), checked again at commit
 *   rx next_pn    written under the validate lane's transmit turn; read by control
 *   rx lpn_floor  written by control, only upwards; the pre-check and the holder of the transmit
 *                 turn take the maximum
 */
#pragma once

#include "dataplane/suite.h"

#include <stdalign.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

/* 16 octets that are stored at once. */
typedef uint64_t wide_word __attribute__((vector_size(16), may_alias));

/* What both directions need for an IV and for the AAD. */
struct sa_crypto {
	const void *key;    // expanded; owned by control until the SA is retired
	wide_word iv_base;  // IV with PN 0: (SSCI | 0) ^ salt, or SCI | 0
	uint32_t offset;    // confidentiality offset in octets
	bool is_encrypting; // confidentiality; else integrity only
	bool is_xpn;
};

struct tx_sa {
	// set at create, worker ro
	struct sa_crypto crypto;
	uint64_t sci_be;       // as it lies in memory
	uint64_t pn_last;      // no PN above it is used
	uint8_t tci_an;        // of every frame
	uint8_t sectag_octets; // 8 or 16

	alignas(64) _Atomic uint64_t next_pn;
};

struct rx_sa {
	// set at create, worker ro
	struct sa_crypto crypto;

	alignas(64) _Atomic uint64_t next_pn;
	_Atomic uint64_t lowest_pn;
	_Atomic uint64_t lpn_floor;
};

/*
 * IV of a frame: the PN enters octets 4..11 in network order (XPN; with the 32-bit suites its upper
 * half is 0, so that octets 8..11 hold the PN behind the SCI). 802.1AE 14.7, 14.8. One register,
 * one store: GCM reads it as one wide load.
 */
static inline wide_word sa_iv(const struct sa_crypto *crypto, uint64_t pn) {
	const wide_word pn_word = {
		(uint64_t)__builtin_bswap32((uint32_t)(pn >> 32)) << 32,
		__builtin_bswap32((uint32_t)pn),
	};
	return crypto->iv_base ^ pn_word;
}
