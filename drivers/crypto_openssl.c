/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * AES-GCM by OpenSSL's EVP: the slow reference that tests compare against, and a choice for CPUs
 * without AES instructions of ipsec-mb's liking. An EVP context is no worker's to share, so a key
 * holds one pair per worker, with the key schedule in it.
 */

#include "drivers/crypto_engines.h"

#include <openssl/evp.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

struct engine {
	struct crypto_engine common; // first: the engine's handle
	unsigned workers;
};

struct key {
	EVP_CIPHER_CTX *context[2][CRYPTO_WORKERS_MAX]; // by direction
};

struct crypto_context {
	unsigned worker;
};

static void key_release(const struct crypto_engine *engine, void *mem) {
	struct key *key = mem;
	(void)engine;
	for (unsigned i = 0; i < 2 * CRYPTO_WORKERS_MAX; i++) {
		EVP_CIPHER_CTX **context =
			&key->context[i / CRYPTO_WORKERS_MAX][i % CRYPTO_WORKERS_MAX];
		EVP_CIPHER_CTX_free(*context);
		*context = NULL;
	}
}

static EVP_CIPHER_CTX *schedule(const EVP_CIPHER *cipher, const uint8_t *sak, bool is_encrypting) {
	EVP_CIPHER_CTX *context = EVP_CIPHER_CTX_new();
	if (context != NULL &&
	    EVP_CipherInit_ex(context, cipher, NULL, sak, NULL, is_encrypting) == 1)
		return context;
	EVP_CIPHER_CTX_free(context);
	return NULL;
}

static int
key_expand(const struct crypto_engine *common, void *mem, const uint8_t *sak, size_t sak_octets) {
	const struct engine *engine = (const struct engine *)common;
	struct key *key = mem;

	if (sak_octets != 16 && sak_octets != 32)
		return -EINVAL;
	const EVP_CIPHER *cipher = sak_octets == 16 ? EVP_aes_128_gcm() : EVP_aes_256_gcm();
	*key = (struct key){0};
	for (unsigned i = 0; i < 2 * engine->workers; i++) {
		const enum crypto_direction direction = i % 2 ? CRYPTO_VALIDATE : CRYPTO_PROTECT;
		key->context[direction][i / 2] = schedule(cipher, sak, direction == CRYPTO_PROTECT);
		if (key->context[direction][i / 2] == NULL) {
			key_release(common, key);
			return -ENOMEM;
		}
	}
	return 0;
}

static struct crypto_context *context_create(const struct crypto_engine *common, unsigned worker) {
	const struct engine *engine = (const struct engine *)common;
	struct crypto_context *context = worker < engine->workers ? malloc(sizeof(*context)) : NULL;
	if (context != NULL)
		context->worker = worker;
	return context;
}

static void context_destroy(struct crypto_context *context) {
	free(context);
}

/* Feeds AAD (out NULL) or text in place. */
static bool update(EVP_CIPHER_CTX *evp, uint8_t *out, const uint8_t *in, uint32_t octets) {
	int done = 0;
	return octets == 0 || EVP_CipherUpdate(evp, out, &done, in, (int)octets) == 1;
}

static bool begin(EVP_CIPHER_CTX *evp, const struct crypto_op *op) {
	return EVP_CipherInit_ex(evp, NULL, NULL, NULL, op->iv, -1) == 1 &&
	       update(evp, NULL, op->aad, op->aad_octets);
}

static bool finish_protect(EVP_CIPHER_CTX *evp, uint8_t *tag) {
	int done = 0;
	return EVP_CipherFinal_ex(evp, tag, &done) == 1 &&
	       EVP_CIPHER_CTX_ctrl(evp, EVP_CTRL_AEAD_GET_TAG, ICV_OCTETS, tag) == 1;
}

static EVP_CIPHER_CTX *
evp_of(const struct crypto_context *context, const void *mem, enum crypto_direction direction) {
	const struct key *key = mem;
	return key->context[direction][context->worker];
}

static bool protect(struct crypto_context *c, const void *key, struct crypto_op *ops, unsigned n) {
	EVP_CIPHER_CTX *evp = evp_of(c, key, CRYPTO_PROTECT);
	for (struct crypto_op *op = ops; op < ops + n; op++)
		if (!begin(evp, op) || !update(evp, op->text, op->text, op->text_octets) ||
		    !finish_protect(evp, op->tag))
			return false;
	return true;
}

/*
 * EVP gives no tag when it decrypts: it only compares. Our callers compare themselves (in constant
 * time, for every engine), so the tag is computed over the ciphertext by encrypting the recovered
 * text again.
 */
static bool validate_one(
	struct crypto_context *c, const void *key, const struct crypto_op *op,
	const struct crypto_piece *pieces, unsigned n
) {
	EVP_CIPHER_CTX *decrypt = evp_of(c, key, CRYPTO_VALIDATE);
	EVP_CIPHER_CTX *encrypt = evp_of(c, key, CRYPTO_PROTECT);
	uint8_t again[512];

	if (!begin(decrypt, op) || !begin(encrypt, op))
		return false;
	for (unsigned i = 0; i < n; i++) {
		for (uint32_t at = 0, step; at < pieces[i].octets; at += step) {
			uint8_t *text = pieces[i].data + at;
			step = pieces[i].octets - at < sizeof(again) ? pieces[i].octets - at
								     : sizeof(again);
			if (!update(decrypt, text, text, step) ||
			    !update(encrypt, again, text, step))
				return false;
		}
	}
	return finish_protect(encrypt, op->tag);
}

static bool validate(struct crypto_context *c, const void *key, struct crypto_op *ops, unsigned n) {
	for (struct crypto_op *op = ops; op < ops + n; op++) {
		const struct crypto_piece all = {op->text, op->text_octets};
		if (!validate_one(c, key, op, &all, 1))
			return false;
	}
	return true;
}

static bool protect_pieces(
	EVP_CIPHER_CTX *evp, const struct crypto_op *op, const struct crypto_piece *pieces,
	unsigned n, bool is_clear
) {
	if (!begin(evp, op))
		return false;
	for (unsigned i = 0; i < n; i++)
		if (!update(evp, is_clear ? NULL : pieces[i].data, pieces[i].data,
			    pieces[i].octets))
			return false;
	return finish_protect(evp, op->tag);
}

static bool in_pieces(
	struct crypto_context *c, const void *key, enum crypto_direction direction,
	const struct crypto_op *op, const struct crypto_piece *pieces, unsigned n, bool is_clear
) {
	// over clear text both directions compute the same tag
	if (direction == CRYPTO_PROTECT || is_clear)
		return protect_pieces(evp_of(c, key, CRYPTO_PROTECT), op, pieces, n, is_clear);
	return validate_one(c, key, op, pieces, n);
}

static void engine_destroy(struct crypto_engine *common) {
	free(common);
}

static const struct crypto_ops openssl_ops = {
	.engine_destroy = engine_destroy,
	.key_expand = key_expand,
	.key_release = key_release,
	.context_create = context_create,
	.context_destroy = context_destroy,
	.protect = protect,
	.validate = validate,
	.pieces = in_pieces,
};

int crypto_openssl_create(unsigned workers, struct crypto_engine **out) {
	struct engine *engine = calloc(1, sizeof(*engine));
	if (engine == NULL)
		return -ENOMEM;
	engine->workers = workers < CRYPTO_WORKERS_MAX ? workers : CRYPTO_WORKERS_MAX;
	engine->common.ops = &openssl_ops;
	engine->common.key_octets = sizeof(struct key);
	snprintf(
		engine->common.description, sizeof(engine->common.description), "openssl %s",
		OpenSSL_version(OPENSSL_VERSION_STRING)
	);
	*out = &engine->common;
	return 0;
}
