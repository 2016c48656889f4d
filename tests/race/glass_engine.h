/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A crypto engine made of glass: no secrecy, but every access to a key is plain C, so that
 * ThreadSanitizer sees it, and a key that was given back is known by its poison. The ICV tells
 * which key and IV a frame was protected with.
 */
#pragma once

#include "dataplane/crypto.h"

/* Lives as long as the process. */
const struct crypto_engine *glass_engine(void);

/* A worker's context. */
struct crypto_context *glass_context(void);

/* The first octet of the SAK that an ICV was made with, and the three behind it, big endian. */
uint32_t glass_icv_key(const uint8_t icv[static ICV_OCTETS]);
