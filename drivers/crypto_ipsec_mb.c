/* SPDX-License-Identifier: BSD-3-Clause */
/* AES-GCM by Intel ipsec-mb's direct calls: no job queue, keys expanded once per SA. */

#include "drivers/crypto_engines.h"

#include <intel-ipsec-mb.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct engine {
	struct crypto_engine common; // first: the engine's handle
	IMB_ARCH arch;
	IMB_MGR *manager; // control's, for key expansion
};

struct key {
	struct gcm_key_data expanded;
	bool is_256;
};

struct crypto_context {
	IMB_MGR *manager;
	struct gcm_context_data gcm;
};

static const char *arch_word(IMB_ARCH arch) {
	switch (arch) {
	case IMB_ARCH_SSE:
		return "sse";
	case IMB_ARCH_AVX2:
		return "avx2";
	case IMB_ARCH_AVX512:
		return "avx512";
	default:
		return "other";
	}
}

/* A manager of exactly this architecture. */
static IMB_MGR *manager_create(IMB_ARCH arch) {
	IMB_MGR *manager = alloc_mb_mgr(0);
	if (manager == NULL)
		return NULL;
	if (arch == IMB_ARCH_AVX512)
		init_mb_mgr_avx512(manager);
	else if (arch == IMB_ARCH_AVX2)
		init_mb_mgr_avx2(manager);
	else
		init_mb_mgr_sse(manager);
	if (imb_get_errno(manager) == 0)
		return manager;
	free_mb_mgr(manager);
	return NULL;
}

static int
key_expand(const struct crypto_engine *common, void *mem, const uint8_t *sak, size_t sak_octets) {
	const struct engine *engine = (const struct engine *)common;
	struct key *key = mem;

	key->is_256 = sak_octets == 32;
	if (key->is_256)
		IMB_AES256_GCM_PRE(engine->manager, sak, &key->expanded);
	else if (sak_octets == 16)
		IMB_AES128_GCM_PRE(engine->manager, sak, &key->expanded);
	else
		return -EINVAL;
	return 0;
}

static void key_release(const struct crypto_engine *engine, void *key) {
	(void)engine;
	(void)key; // nothing hangs on it: the caller wipes it
}

static struct crypto_context *context_create(const struct crypto_engine *common, unsigned worker) {
	const struct engine *engine = (const struct engine *)common;
	struct crypto_context *context = aligned_alloc(64, (sizeof(*context) + 63) / 64 * 64);

	(void)worker; // ipsec-mb keeps nothing per worker but what is in the context
	if (context == NULL)
		return NULL;
	*context = (struct crypto_context){.manager = manager_create(engine->arch)};
	if (context->manager != NULL)
		return context;
	free(context);
	return NULL;
}

static void context_destroy(struct crypto_context *context) {
	if (context == NULL)
		return;
	free_mb_mgr(context->manager);
	explicit_bzero(context, sizeof(*context)); // key stream of the last partial block
	free(context);
}

static bool protect(struct crypto_context *c, const void *mem, struct crypto_op *ops, unsigned n) {
	const struct key *key = mem;
	const aes_gcm_enc_dec_t encrypt =
		key->is_256 ? c->manager->gcm256_enc : c->manager->gcm128_enc;

	for (const struct crypto_op *op = ops; op < ops + n; op++)
		encrypt(&key->expanded, &c->gcm, op->text, op->text, op->text_octets, op->iv,
			op->aad, op->aad_octets, op->tag, ICV_OCTETS);
	return true;
}

static bool validate(struct crypto_context *c, const void *mem, struct crypto_op *ops, unsigned n) {
	const struct key *key = mem;
	const aes_gcm_enc_dec_t decrypt =
		key->is_256 ? c->manager->gcm256_dec : c->manager->gcm128_dec;

	for (const struct crypto_op *op = ops; op < ops + n; op++)
		decrypt(&key->expanded, &c->gcm, op->text, op->text, op->text_octets, op->iv,
			op->aad, op->aad_octets, op->tag, ICV_OCTETS);
	return true;
}

/* Integrity only: GMAC takes the additional data in pieces, which GCM's init call cannot. */
static void gmac_pieces(
	struct crypto_context *c, const struct key *key, const struct crypto_op *op,
	const struct crypto_piece *pieces, unsigned n
) {
	const IMB_MGR *m = c->manager;
	const aes_gmac_update_t update = key->is_256 ? m->gmac256_update : m->gmac128_update;
	const aes_gmac_init_t init = key->is_256 ? m->gmac256_init : m->gmac128_init;
	const aes_gmac_finalize_t finish = key->is_256 ? m->gmac256_finalize : m->gmac128_finalize;

	init(&key->expanded, &c->gcm, op->iv, 12);
	update(&key->expanded, &c->gcm, op->aad, op->aad_octets);
	for (unsigned i = 0; i < n; i++)
		update(&key->expanded, &c->gcm, pieces[i].data, pieces[i].octets);
	finish(&key->expanded, &c->gcm, op->tag, ICV_OCTETS);
}

static void gcm_pieces(
	struct crypto_context *c, const struct key *key, bool is_encrypting,
	const struct crypto_op *op, const struct crypto_piece *pieces, unsigned n
) {
	const IMB_MGR *m = c->manager;
	const aes_gcm_init_t init = key->is_256 ? m->gcm256_init : m->gcm128_init;
	const aes_gcm_enc_dec_update_t encrypt =
		key->is_256 ? m->gcm256_enc_update : m->gcm128_enc_update;
	const aes_gcm_enc_dec_update_t decrypt =
		key->is_256 ? m->gcm256_dec_update : m->gcm128_dec_update;
	const aes_gcm_enc_dec_finalize_t finish =
		key->is_256 ? m->gcm256_enc_finalize
			    : m->gcm128_enc_finalize; // the same for both directions

	init(&key->expanded, &c->gcm, op->iv, op->aad, op->aad_octets);
	for (unsigned i = 0; i < n; i++)
		(is_encrypting ? encrypt : decrypt
		)(&key->expanded, &c->gcm, pieces[i].data, pieces[i].data, pieces[i].octets);
	finish(&key->expanded, &c->gcm, op->tag, ICV_OCTETS);
}

static bool in_pieces(
	struct crypto_context *c, const void *key, enum crypto_direction direction,
	const struct crypto_op *op, const struct crypto_piece *pieces, unsigned n, bool is_clear
) {
	if (is_clear)
		gmac_pieces(c, key, op, pieces, n);
	else
		gcm_pieces(c, key, direction == CRYPTO_PROTECT, op, pieces, n);
	return true;
}

static void engine_destroy(struct crypto_engine *common) {
	struct engine *engine = (struct engine *)common;
	free_mb_mgr(engine->manager);
	free(engine);
}

static const struct crypto_ops ipsec_mb_ops = {
	.engine_destroy = engine_destroy,
	.key_expand = key_expand,
	.key_release = key_release,
	.context_create = context_create,
	.context_destroy = context_destroy,
	.protect = protect,
	.validate = validate,
	.pieces = in_pieces,
};

/*
 * The library's own choice for this CPU, cut down to the three that are forced by name here: what
 * lies between two of them (AVX without AVX2, on ipsec-mb 1.x) takes the lower one. IMB_ARCH_NONE
 * without AES instructions.
 */
static IMB_ARCH best_arch(void) {
	IMB_ARCH arch = IMB_ARCH_NONE;
	IMB_MGR *probe = alloc_mb_mgr(0);
	if (probe == NULL)
		return IMB_ARCH_NONE;
	init_mb_mgr_auto(probe, &arch);
	free_mb_mgr(probe);
	if (arch >= IMB_ARCH_AVX512)
		return IMB_ARCH_AVX512;
	if (arch >= IMB_ARCH_AVX2)
		return IMB_ARCH_AVX2;
	return arch >= IMB_ARCH_SSE ? IMB_ARCH_SSE : IMB_ARCH_NONE;
}

static IMB_ARCH arch_of(enum crypto_arch arch) {
	static const IMB_ARCH table[] = {
		[CRYPTO_ARCH_SSE] = IMB_ARCH_SSE,
		[CRYPTO_ARCH_AVX2] = IMB_ARCH_AVX2,
		[CRYPTO_ARCH_AVX512] = IMB_ARCH_AVX512,
	};
	const IMB_ARCH best = best_arch();
	if (arch == CRYPTO_ARCH_AUTO)
		return best;
	return table[arch] <= best ? table[arch] : IMB_ARCH_NONE;
}

int crypto_ipsec_mb_create(enum crypto_arch arch, struct crypto_engine **out) {
	struct engine *engine = calloc(1, sizeof(*engine));
	if (engine == NULL)
		return -ENOMEM;
	engine->arch = arch_of(arch);
	engine->manager = engine->arch < IMB_ARCH_SSE ? NULL : manager_create(engine->arch);
	if (engine->manager == NULL) {
		free(engine);
		return -ENODEV;
	}
	engine->common.ops = &ipsec_mb_ops;
	engine->common.key_octets = sizeof(struct key);
	snprintf(
		engine->common.description, sizeof(engine->common.description), "ipsec-mb %s %s",
		imb_get_version_str(), arch_word(engine->arch)
	);
	*out = &engine->common;
	return 0;
}
