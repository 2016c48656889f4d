/* SPDX-License-Identifier: BSD-3-Clause */
/* The AES-GCM engines that there are. Each serves any number of SAs and up to CRYPTO_WORKERS_MAX
 * workers. */
#pragma once

#include "dataplane/crypto.h"

/* Instruction sets that ipsec-mb knows; CRYPTO_ARCH_AUTO takes the best of this CPU. */
enum crypto_arch { CRYPTO_ARCH_AUTO, CRYPTO_ARCH_SSE, CRYPTO_ARCH_AVX2, CRYPTO_ARCH_AVX512 };

/*
 * The product's engine: Intel ipsec-mb's direct AES-GCM calls. One architecture is chosen here and
 * forced on every manager, control's included: a key expanded by another one gives wrong tags
 * without a word. Returns 0 and an engine to be ended with crypto_engine_destroy, -ENODEV (this CPU
 * lacks the instructions), -ENOMEM.
 */
int crypto_ipsec_mb_create(enum crypto_arch arch, struct crypto_engine **out);

/* The slow reference: OpenSSL's EVP. `workers`: how many contexts each key serves. Returns 0 or
 * -ENOMEM. */
int crypto_openssl_create(unsigned workers, struct crypto_engine **out);

/* Frees an engine after its keys were released and its contexts destroyed. NULL is allowed. */
void crypto_engine_destroy(struct crypto_engine *engine);

/*
 * Protects and validates a known frame of IEEE 802.1AE Annex C with each key size, whole and in
 * pieces. Returns 0, or -EIO: then the engine must not be used. Control thread, at start.
 */
int crypto_selftest(const struct crypto_engine *engine);
