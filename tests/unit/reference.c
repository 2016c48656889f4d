/* SPDX-License-Identifier: BSD-3-Clause */

#include "tests/unit/reference.h"

#include <openssl/evp.h>

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

static void require(bool holds) {
	if (!holds)
		abort();
}

static uint8_t *put(uint8_t *to, uint64_t value, unsigned octets) {
	for (unsigned i = 0; i < octets; i++)
		to[i] = (uint8_t)(value >> 8 * (octets - 1 - i));
	return to + octets;
}

/* 802.1AE 14.7, 14.8. */
static void make_iv(const struct reference *sender, uint64_t pn, uint8_t iv[static 12]) {
	if (!suite_info(sender->sak->suite)->is_xpn) {
		put(put(iv, sender->sci, 8), pn, 4);
		return;
	}
	put(put(iv, sender->ssci, 4), pn, 8);
	for (unsigned i = 0; i < SALT_OCTETS; i++)
		iv[i] ^= sender->sak->salt[i];
}

struct sealed {
	const uint8_t *aad[2]; // addresses; SecTAG and what of the user data stays in clear
	int aad_octets[2];
	uint8_t *text;
	int text_octets;
	uint8_t *icv;
};

static void
seal(const struct reference *sender, const uint8_t iv[static 12], const struct sealed *s) {
	EVP_CIPHER_CTX *gcm = EVP_CIPHER_CTX_new();
	const bool is_256 = suite_info(sender->sak->suite)->sak_octets == 32;
	int done;

	require(gcm != NULL);
	require(EVP_EncryptInit_ex(
			gcm, is_256 ? EVP_aes_256_gcm() : EVP_aes_128_gcm(), NULL,
			sender->sak->octets, iv
		) == 1);
	for (unsigned i = 0; i < 2; i++)
		require(EVP_EncryptUpdate(gcm, NULL, &done, s->aad[i], s->aad_octets[i]) == 1);
	if (s->text_octets > 0)
		require(EVP_EncryptUpdate(gcm, s->text, &done, s->text, s->text_octets) == 1);
	require(EVP_EncryptFinal_ex(gcm, s->icv, &done) == 1);
	require(EVP_CIPHER_CTX_ctrl(gcm, EVP_CTRL_AEAD_GET_TAG, 16, s->icv) == 1);
	EVP_CIPHER_CTX_free(gcm);
}

uint32_t reference_clear_octets(const struct reference *sender) {
	return 12u + 4u * sender->clear_tags;
}

uint32_t reference_protect(
	const struct reference *sender, uint64_t pn, const uint8_t *plain, uint32_t octets,
	uint8_t *out
) {
	const uint32_t clear = reference_clear_octets(sender);
	const uint32_t user = octets - clear;
	const bool is_encrypted = sender->tci_an & 0x08;
	const uint32_t offset = sender->sak->confidentiality_offset;
	uint8_t iv[12];

	require(octets > clear);
	memcpy(out, plain, clear);
	uint8_t *tag = out + clear;
	uint8_t *at = put(tag, 0x88e5, 2);
	at = put(at, sender->tci_an, 1);
	at = put(at, user < 48 ? user : 0, 1);
	at = put(at, pn & 0xffffffff, 4);
	if (sender->tci_an & 0x20)
		at = put(at, sender->sci, 8);
	memcpy(at, plain + clear, user);
	const uint32_t unencrypted = !is_encrypted || offset > user ? user : offset;
	make_iv(sender, pn, iv);
	seal(sender, iv,
	     &(struct sealed){
		     .aad = {out, tag},
		     .aad_octets = {12, (int)(at - tag) + (int)unencrypted},
		     .text = at + unencrypted,
		     .text_octets = (int)(user - unencrypted),
		     .icv = at + user,
	     });
	return (uint32_t)(at - out) + user + 16;
}
