/* SPDX-License-Identifier: BSD-3-Clause */
/* Key derivation, ICV and key wrap on OpenSSL 3; every intermediate is cleansed. */
#include "control/mka/keys.h"

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/params.h>

#include <errno.h>

static EVP_MAC_CTX *cmac_begin(const uint8_t *key, size_t key_octets) {
	char cipher[] = "AES-128-CBC";
	OSSL_PARAM params[2];
	EVP_MAC *mac = EVP_MAC_fetch(NULL, "CMAC", NULL);
	EVP_MAC_CTX *ctx = mac == NULL ? NULL : EVP_MAC_CTX_new(mac);

	EVP_MAC_free(mac);
	if (key_octets == 32)
		memcpy(cipher, "AES-256-CBC", sizeof(cipher));
	params[0] = OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_CIPHER, cipher, 0);
	params[1] = OSSL_PARAM_construct_end();
	if (ctx != NULL && EVP_MAC_init(ctx, key, key_octets, params) == 1)
		return ctx;
	EVP_MAC_CTX_free(ctx);
	return NULL;
}

static bool cmac_add(EVP_MAC_CTX *ctx, const void *octets, size_t n) {
	return n == 0 || EVP_MAC_update(ctx, octets, n) == 1;
}

static bool cmac_end(EVP_MAC_CTX *ctx, uint8_t mac[MKPDU_ICV_OCTETS]) {
	size_t written = 0;

	return EVP_MAC_final(ctx, mac, &written, MKPDU_ICV_OCTETS) == 1 &&
	       written == MKPDU_ICV_OCTETS;
}

int keys_cmac(
	const uint8_t *key, size_t key_octets, const uint8_t *message, size_t octets,
	uint8_t mac[MKPDU_ICV_OCTETS]
) {
	EVP_MAC_CTX *ctx = cmac_begin(key, key_octets);
	bool is_done = ctx != NULL && cmac_add(ctx, message, octets) && cmac_end(ctx, mac);

	EVP_MAC_CTX_free(ctx);
	return is_done ? 0 : -EIO;
}

/* One round: i | label | 00 | context | length in bits. */
static bool kdf_round(
	EVP_MAC_CTX *ctx, uint8_t i, const char *label, const uint8_t *context,
	size_t context_octets, unsigned int bits, uint8_t block[MKPDU_ICV_OCTETS]
) {
	uint8_t length[2] = {(uint8_t)(bits >> 8), (uint8_t)bits};

	return EVP_MAC_init(ctx, NULL, 0, NULL) == 1 && cmac_add(ctx, &i, 1) &&
	       cmac_add(ctx, label, strlen(label) + 1) && cmac_add(ctx, context, context_octets) &&
	       cmac_add(ctx, length, sizeof(length)) && cmac_end(ctx, block);
}

int keys_kdf(
	const uint8_t *key, size_t key_octets, const char *label, const uint8_t *context,
	size_t context_octets, unsigned int bits, uint8_t *out
) {
	uint8_t block[MKPDU_ICV_OCTETS];
	EVP_MAC_CTX *ctx;
	bool is_done;

	if (bits > 256 || bits % 128 != 0 || (key_octets != 16 && key_octets != 32))
		return -EINVAL;
	ctx = cmac_begin(key, key_octets);
	is_done = ctx != NULL;
	for (unsigned int i = 0; is_done && i < bits / 128; i++) {
		is_done = kdf_round(
			ctx, (uint8_t)(i + 1), label, context, context_octets, bits, block
		);
		memcpy(out + i * sizeof(block), block, sizeof(block));
	}
	OPENSSL_cleanse(block, sizeof(block));
	EVP_MAC_CTX_free(ctx);
	return is_done ? 0 : -EIO;
}

int keys_derive(
	struct mka_keys *keys, const uint8_t *cak, size_t cak_octets, const uint8_t *ckn,
	size_t ckn_octets
) {
	/* 9.3.3: the key identifier is the first 16 octets of the CKN, padded with zeros. */
	uint8_t key_id[16] = {0};
	unsigned int bits = (unsigned int)cak_octets * 8;
	int ret;

	memcpy(key_id, ckn, ckn_octets < sizeof(key_id) ? ckn_octets : sizeof(key_id));
	ret = keys_kdf(cak, cak_octets, "IEEE8021 KEK", key_id, sizeof(key_id), bits, keys->kek);
	if (ret == 0)
		ret = keys_kdf(
			cak, cak_octets, "IEEE8021 ICK", key_id, sizeof(key_id), bits, keys->ick
		);
	if (ret != 0)
		return ret;
	keys->octets = (uint8_t)cak_octets;
	return 0;
}

int keys_icv(
	const struct mka_keys *keys, const uint8_t *octets, size_t n, uint8_t icv[MKPDU_ICV_OCTETS]
) {
	/* A context for each call: a kept one would hold the key outside of secret memory. */
	EVP_MAC_CTX *ctx = cmac_begin(keys->ick, keys->octets);
	bool is_done = ctx != NULL && cmac_add(ctx, octets, n) && cmac_end(ctx, icv);

	EVP_MAC_CTX_free(ctx);
	return is_done ? 0 : -EIO;
}

bool keys_icv_is_valid(
	const struct mka_keys *keys, const uint8_t *octets, size_t n,
	const uint8_t icv[MKPDU_ICV_OCTETS]
) {
	uint8_t expected[MKPDU_ICV_OCTETS];

	return keys_icv(keys, octets, n, expected) == 0 &&
	       CRYPTO_memcmp(expected, icv, sizeof(expected)) == 0;
}

static EVP_CIPHER_CTX *wrap_begin(const struct mka_keys *keys, int is_wrapping) {
	EVP_CIPHER *cipher =
		EVP_CIPHER_fetch(NULL, keys->octets == 32 ? "AES-256-WRAP" : "AES-128-WRAP", NULL);
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	bool is_ready = cipher != NULL && ctx != NULL;

	if (is_ready) {
		EVP_CIPHER_CTX_set_flags(ctx, EVP_CIPHER_CTX_FLAG_WRAP_ALLOW);
		is_ready = EVP_CipherInit_ex2(ctx, cipher, keys->kek, NULL, is_wrapping, NULL) == 1;
	}
	EVP_CIPHER_free(cipher);
	if (is_ready)
		return ctx;
	EVP_CIPHER_CTX_free(ctx);
	return NULL;
}

/* The whole key is one update: RFC 3394 has no final block. */
static bool wrap_run(
	const struct mka_keys *keys, int is_wrapping, const uint8_t *in, size_t in_octets,
	uint8_t *out, size_t out_octets
) {
	EVP_CIPHER_CTX *ctx = wrap_begin(keys, is_wrapping);
	int written = 0;
	bool is_done = ctx != NULL &&
		       EVP_CipherUpdate(ctx, out, &written, in, (int)in_octets) == 1 &&
		       written == (int)out_octets;

	EVP_CIPHER_CTX_free(ctx);
	ERR_clear_error();
	return is_done;
}

int keys_wrap(
	const struct mka_keys *keys, const uint8_t *plain, size_t plain_octets, uint8_t *wrapped
) {
	size_t octets = plain_octets + WRAP_EXTRA_OCTETS;

	return wrap_run(keys, 1, plain, plain_octets, wrapped, octets) ? 0 : -EIO;
}

int keys_unwrap(
	const struct mka_keys *keys, const uint8_t *wrapped, size_t wrapped_octets, uint8_t *plain
) {
	size_t octets = wrapped_octets - WRAP_EXTRA_OCTETS;

	if (wrap_run(keys, 0, wrapped, wrapped_octets, plain, octets))
		return 0;
	OPENSSL_cleanse(plain, octets);
	return -EBADMSG;
}

void keys_salt(const struct ki *ki, uint8_t salt[SALT_OCTETS]) {
	memcpy(salt, ki->mi, SALT_OCTETS);
	salt[0] ^= (uint8_t)(ki->kn >> 8);
	salt[1] ^= (uint8_t)ki->kn;
	salt[2] ^= (uint8_t)(ki->kn >> 24);
	salt[3] ^= (uint8_t)(ki->kn >> 16);
}

void keys_wipe(struct mka_keys *keys) {
	OPENSSL_cleanse(keys, sizeof(*keys));
}
