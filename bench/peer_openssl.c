/* SPDX-License-Identifier: BSD-3-Clause */
/* EVP as its manual page teaches it: the cipher and the key are set once, a frame sets its IV. */

#include "bench/peer.h"

#include <openssl/evp.h>

#include <stdlib.h>

struct peer_openssl {
	struct peer common; // first: the peer's handle
	EVP_CIPHER *cipher;
	EVP_CIPHER_CTX *context;
};

static bool begin(EVP_CIPHER_CTX *c, const struct crypto_op *op) {
	int done = 0;
	return EVP_CipherInit_ex(c, NULL, NULL, NULL, op->iv, -1) == 1 &&
	       EVP_CipherUpdate(c, NULL, &done, op->aad, (int)op->aad_octets) == 1 &&
	       (op->text_octets == 0 ||
		EVP_CipherUpdate(c, op->text, &done, op->text, (int)op->text_octets) == 1);
}

static bool protect_one(EVP_CIPHER_CTX *c, const struct crypto_op *op) {
	int done = 0;
	return begin(c, op) && EVP_CipherFinal_ex(c, op->tag, &done) == 1 &&
	       EVP_CIPHER_CTX_ctrl(c, EVP_CTRL_AEAD_GET_TAG, ICV_OCTETS, op->tag) == 1;
}

static bool validate_one(EVP_CIPHER_CTX *c, const struct crypto_op *op) {
	uint8_t nothing[16];
	int done = 0;
	return begin(c, op) &&
	       EVP_CIPHER_CTX_ctrl(c, EVP_CTRL_AEAD_SET_TAG, ICV_OCTETS, op->tag) == 1 &&
	       EVP_CipherFinal_ex(c, nothing, &done) == 1;
}

static unsigned
protect(struct peer *peer, struct rte_mbuf *const frames[], struct crypto_op ops[], unsigned n) {
	const struct peer_openssl *p = (const struct peer_openssl *)peer;
	unsigned good = 0;

	(void)frames;
	for (unsigned i = 0; i < n; i++)
		good += protect_one(p->context, &ops[i]);
	return good;
}

static unsigned
validate(struct peer *peer, struct rte_mbuf *const frames[], struct crypto_op ops[], unsigned n) {
	const struct peer_openssl *p = (const struct peer_openssl *)peer;
	unsigned good = 0;

	(void)frames;
	for (unsigned i = 0; i < n; i++)
		good += validate_one(p->context, &ops[i]);
	return good;
}

static void destroy(struct peer *peer) {
	struct peer_openssl *p = (struct peer_openssl *)peer;

	EVP_CIPHER_CTX_free(p->context);
	EVP_CIPHER_free(p->cipher);
	free(p);
}

struct peer *peer_openssl_create(const struct peer_shape *shape) {
	static const struct peer_ops protect_ops = {protect, destroy};
	static const struct peer_ops validate_ops = {validate, destroy};
	const bool is_protecting = shape->direction == CRYPTO_PROTECT;
	struct peer_openssl *p = calloc(1, sizeof(*p));

	if (p == NULL)
		return NULL;
	p->common.ops = is_protecting ? &protect_ops : &validate_ops;
	p->common.name = "openssl";
	p->cipher = EVP_CIPHER_fetch(
		NULL, shape->sa->sak_octets == 16 ? "AES-128-GCM" : "AES-256-GCM", NULL
	);
	p->context = EVP_CIPHER_CTX_new();
	if (p->cipher != NULL && p->context != NULL &&
	    EVP_CipherInit_ex(p->context, p->cipher, NULL, shape->sa->sak, NULL, is_protecting) ==
		    1)
		return &p->common;
	destroy(&p->common);
	return NULL;
}
