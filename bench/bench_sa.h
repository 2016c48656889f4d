/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The bench's own SA, for both directions: a measurement has no peer and no MKA, and its key
 * protects nothing.
 */
#pragma once

#include "dataplane/crypto.h"
#include "dataplane/secy.h"

#include <stdbool.h>
#include <stdint.h>

#define BENCH_SCI 0x0200000000000001u // of the first SC; the next ones have the MAC addresses after

struct bench_sa {
	struct tx_sa tx;
	struct rx_sa rx;
	struct rx_sc sc; // with `rx` in slot 0
	uint8_t sak[SAK_MAX_OCTETS];
	uint8_t sak_octets;
	const struct crypto_engine *engine;
	void *key; // expanded
};

/* SA number `index`, with an SCI and a key of its own. Returns NULL without memory. Main thread. */
struct bench_sa *bench_sa_create(
	const struct crypto_engine *engine, enum cipher_suite suite, bool is_encrypting,
	uint32_t index
);
/* NULL is allowed. */
void bench_sa_destroy(struct bench_sa *sa);
