/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * How IBM stores a CAK (facts/ibm.md 1.3, 1.6): 64 hexadecimal digits as text, in the KMS as
 * base64 of that text; a Secrets Manager secret may hold either form. A key of less is padded with
 * '0' digits on the right to 64: a key of 32 octets like any other then. Constant time where it
 * handles digits. Pure.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PAYLOAD_CAK_OCTETS 32u
#define PAYLOAD_HEX_DIGITS 64u
#define PAYLOAD_BASE64_MAX 89u // 88 characters and a terminator

enum payload_form { PAYLOAD_BASE64, PAYLOAD_EITHER };

/* What is wrong with a stored key; payload_fault_text says it and the fix. */
enum payload_fault {
	PAYLOAD_GOOD,
	PAYLOAD_MISSING,    // empty
	PAYLOAD_NOT_BASE64, // other characters, or wrong padding
	PAYLOAD_RAW_KEY,    // base64 of 32 octets that are no text: generated
	PAYLOAD_LENGTH,     // text of another length than 64
	PAYLOAD_NOT_HEX,    // 64 characters, not all of them hexadecimal digits
	PAYLOAD_LINE_BREAK, // 64 digits and a line break; is_lenient would take it
	PAYLOAD_ALL_ZERO,   // a key of zeroes only
};

/*
 * Decodes what a service stores into a CAK of PAYLOAD_CAK_OCTETS. cak: secret memory; all zero
 * unless PAYLOAD_GOOD is returned. ASCII white space inside base64 is skipped (clients wrap lines).
 * Scratch copies are wiped.
 */
enum payload_fault payload_decode(
	const char *text, size_t octets, enum payload_form form, bool is_lenient, uint8_t *cak
);

/* One sentence with the fix, without any part of the key. Never NULL. */
const char *payload_fault_text(enum payload_fault fault);

/*
 * The stored form of a key of 16 or 32 octets: base64 of its hexadecimal digits (lower case), those
 * of 16 octets padded with '0' to 64. base64: PAYLOAD_BASE64_MAX octets of secret memory. Returns 0
 * or -EINVAL for another n_octets.
 */
int payload_encode(const uint8_t *cak, size_t n_octets, char *base64);
