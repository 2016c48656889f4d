/* SPDX-License-Identifier: BSD-3-Clause */
/* Making the SAs of one SAK, ready to be published by sa_install.c. Nothing here is visible to a
 * worker yet. */
#pragma once

#include "control/sa_install.h"

/* Everything that one SAK needs, in one piece of secret memory, which also holds the expanded key.
 */
struct sa_set {
	struct sa_set *next;
	uint64_t token; // RCU, once retired
	struct sak sak; // without the key's octets
	struct tx_sa tx;
	struct rx_sa rx[CA_MAX_MEMBERS];
	alignas(64) uint8_t key[]; // expanded; engine->key_octets
};

/* Returns 0 and a set to be freed with sa_set_free, or a negative errno. */
int sa_set_build(
	const struct sa_install_config *config, const struct sak *sak, struct sa_set **out
);

/* Wipes and frees. No worker may hold a pointer into it any more. */
void sa_set_free(const struct crypto_engine *engine, struct sa_set *set);
