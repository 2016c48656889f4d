/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What the data plane asks of an AES-GCM engine. The engines live in drivers/; nothing here knows
 * DPDK.
 *
 * An expanded key is made once per SA by control and only read by workers. A context is one
 * worker's own.
 */
#pragma once

#include "dataplane/suite.h"

#include <stdalign.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CRYPTO_WORKERS_MAX 64u
#define CRYPTO_PIECES_MAX 48u // of one frame: 9 kB in 256-octet segments and some to spare

/* One frame's AEAD work where AAD and text are contiguous. Text is replaced in place. */
struct crypto_op {
	alignas(16) uint8_t iv[16]; // 12 octets count; written by one 16-octet store
	const uint8_t *aad;
	uint8_t *text;
	uint8_t *tag; // ICV_OCTETS: written, by protect into the frame, by validate to be compared
		      // by the caller
	uint32_t aad_octets;
	uint32_t text_octets;
};

/* A stretch of a frame that lies in several mbuf segments. */
struct crypto_piece {
	uint8_t *data;
	uint32_t octets;
};

enum crypto_direction { CRYPTO_PROTECT, CRYPTO_VALIDATE };

struct crypto_engine;
struct crypto_context; // one worker's

struct crypto_ops {
	/* Frees the engine. Control thread, when no key and no context of it is left. */
	void (*engine_destroy)(struct crypto_engine *engine);
	/*
	 * Expands a SAK into `key` (engine->key_octets, 64-octet aligned, secret memory of the
	 * caller). sak_octets is 16 or 32. Returns 0 or a negative errno. Control thread.
	 */
	int (*key_expand
	)(const struct crypto_engine *engine, void *key, const uint8_t *sak, size_t sak_octets);
	/* Frees what hangs on an expanded key; the caller wipes and frees `key` itself. Control
	 * thread. */
	void (*key_release)(const struct crypto_engine *engine, void *key);
	/* `worker` is below CRYPTO_WORKERS_MAX and unique among live contexts. NULL on failure. The
	 * worker's start. */
	struct crypto_context *(*context_create
	)(const struct crypto_engine *engine, unsigned worker);
	void (*context_destroy)(struct crypto_context *context);
	/*
	 * n operations with one key. Returns false when the library refused one: then all are to be
	 * dropped. ipsec-mb's direct calls have no way to fail on what the stages give them.
	 */
	bool (*protect
	)(struct crypto_context *, const void *key, struct crypto_op *ops, unsigned n);
	bool (*validate
	)(struct crypto_context *, const void *key, struct crypto_op *ops, unsigned n);
	/*
	 * One frame in pieces: iv, aad and tag of `op` count, the text is in `pieces`. With
	 * `is_clear` the pieces are authenticated only (integrity without confidentiality).
	 */
	bool (*pieces
	)(struct crypto_context *, const void *key, enum crypto_direction direction,
	  const struct crypto_op *op, const struct crypto_piece *pieces, unsigned n, bool is_clear);
};

struct crypto_engine {
	const struct crypto_ops *ops;
	size_t key_octets;    // size of an expanded key
	char description[64]; // "ipsec-mb 1.3.0 avx512"
};
