/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Keys of one CAK (802.1X-2020 6.2, 9.3): derivation, the ICV of MKPDUs, and the wrapping of SAKs.
 * All cryptography is OpenSSL's. Outputs are secret unless said otherwise: callers keep them in
 * secret memory.
 */
#pragma once

#include "control/mka/mka.h"
#include "control/mka/wire.h"

#define KEY_MAX_OCTETS 32u
#define WRAP_EXTRA_OCTETS 8u // RFC 3394 adds one block of integrity

struct mka_keys {
	uint8_t kek[KEY_MAX_OCTETS];
	uint8_t ick[KEY_MAX_OCTETS];
	uint8_t octets; // of both: that of the CAK
};

/*
 * KDF of 6.2.1 with AES-CMAC. key: 16 or 32 octets; label without its terminating zero on the
 * wire; out takes bits / 8 octets, bits at most 256. Returns 0, -EINVAL or -EIO (OpenSSL).
 */
int keys_kdf(
	const uint8_t *key, size_t key_octets, const char *label, const uint8_t *context,
	size_t context_octets, unsigned int bits, uint8_t *out
);

/* AES-CMAC with a key of 16 or 32 octets. Returns 0 or -EIO. */
int keys_cmac(
	const uint8_t *key, size_t key_octets, const uint8_t *message, size_t octets,
	uint8_t mac[MKPDU_ICV_OCTETS]
);

/* Derives KEK and ICK (9.3.3). cak: 16 or 32 octets. Returns 0, -EINVAL, -ENOMEM or -EIO. */
int keys_derive(
	struct mka_keys *keys, const uint8_t *cak, size_t cak_octets, const uint8_t *ckn,
	size_t ckn_octets
);

/* ICV over a frame's octets up to the ICV (not secret). Returns 0 or -EIO. */
int keys_icv(
	const struct mka_keys *keys, const uint8_t *octets, size_t n, uint8_t icv[MKPDU_ICV_OCTETS]
);

/* Whether the ICV is right, compared in constant time. */
bool keys_icv_is_valid(
	const struct mka_keys *keys, const uint8_t *octets, size_t n,
	const uint8_t icv[MKPDU_ICV_OCTETS]
);

/* RFC 3394 with the KEK. plain: 16 or 32 octets; wrapped takes 8 more. Returns 0 or -EIO. */
int keys_wrap(
	const struct mka_keys *keys, const uint8_t *plain, size_t plain_octets, uint8_t *wrapped
);

/* The reverse. Returns 0, or -EBADMSG when the wrap's own check fails (plain is wiped then). */
int keys_unwrap(
	const struct mka_keys *keys, const uint8_t *wrapped, size_t wrapped_octets, uint8_t *plain
);

/* XPN salt (802.1AE-2018 10.7.8): the key server's MI mixed with the KN. Not secret. */
void keys_salt(const struct ki *ki, uint8_t salt[SALT_OCTETS]);

/* Wipes and frees what keys_derive made. Harmless on zeroed keys. */
void keys_wipe(struct mka_keys *keys);
