/* SPDX-License-Identifier: BSD-3-Clause */
/* Stored keys: IBM's documented vectors, every fault, every character at every place. */
#include "control/cloud/payload.h"

#include <criterion/criterion.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* facts/ibm.md 1.3 */
#define HEX_ONE "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"
#define BASE64_ONE \
	"MDAxMTIyMzM0NDU1NjY3Nzg4OTlhYWJiY2NkZGVlZmYwMDExMjIzMzQ0NTU2Njc3ODg5OWFhYmJjY2RkZWVmZg=="
#define BASE64_PADDED \
	"MDAxMTIyMzM0NDU1NjY3Nzg4OTlhYWJiY2NkZGVlZmYwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMA=="
#define HEX_DOC "abcdef0123456789abcdef0123456789abcdef0123456789abcdef0123456789"
#define HEX_BAD "gbcdef0123456789abcdef0123456789abcdef0123456789abcdef0123456789"
#define BASE64_DOC \
	"YWJjZGVmMDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWYwMTIzNDU2Nzg5YWJjZGVmMDEyMzQ1Njc4OQ=="

static uint8_t cak[PAYLOAD_CAK_OCTETS];

static enum payload_fault decode(const char *text, enum payload_form form, bool is_lenient) {
	memset(cak, 0xee, sizeof(cak));
	return payload_decode(text, strlen(text), form, is_lenient, cak);
}

static void expect(enum payload_fault fault, const char *text, enum payload_form form) {
	static const uint8_t zeroes[PAYLOAD_CAK_OCTETS];

	cr_assert_eq(decode(text, form, false), fault, "%s: %d", text, decode(text, form, false));
	if (fault != PAYLOAD_GOOD)
		cr_assert_arr_eq(cak, zeroes, sizeof(cak));
}

/* base64 of any octets, by a plain encoder of our own for tests. */
static char *encode(const void *octets, size_t n) {
	static const char digits[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	static char out[1024];
	const uint8_t *at = octets;
	char *end = out;

	for (size_t i = 0; i < n; i += 3) {
		uint32_t bits = (uint32_t)at[i] << 16 | (i + 1 < n ? (uint32_t)at[i + 1] << 8 : 0) |
				(i + 2 < n ? at[i + 2] : 0u);

		*end++ = digits[bits >> 18];
		*end++ = digits[bits >> 12 & 63];
		*end++ = i + 1 < n ? digits[bits >> 6 & 63] : '=';
		*end++ = i + 2 < n ? digits[bits & 63] : '=';
	}
	*end = '\0';
	return out;
}

Test(cloud_payload, documented_vectors) {
	uint8_t one[PAYLOAD_CAK_OCTETS];

	for (uint32_t i = 0; i < 32; i++)
		one[i] = (uint8_t)((i % 16) * 0x11);
	expect(PAYLOAD_GOOD, BASE64_ONE, PAYLOAD_BASE64);
	cr_assert_arr_eq(cak, one, 32);
	expect(PAYLOAD_GOOD, BASE64_PADDED, PAYLOAD_BASE64);
	memset(one + 16, 0, 16);
	cr_assert_arr_eq(cak, one, 32);
	expect(PAYLOAD_GOOD, BASE64_DOC, PAYLOAD_BASE64);
	cr_assert_arr_eq(cak, "\xab\xcd\xef\x01\x23\x45\x67\x89\xab\xcd", 10);
}

Test(cloud_payload, either_form) {
	uint8_t from_base64[PAYLOAD_CAK_OCTETS];

	expect(PAYLOAD_GOOD, BASE64_DOC, PAYLOAD_EITHER);
	memcpy(from_base64, cak, sizeof(cak));
	expect(PAYLOAD_GOOD, HEX_DOC, PAYLOAD_EITHER);
	cr_assert_arr_eq(cak, from_base64, sizeof(cak));
	/* In the KMS, 64 digits are base64 of something else. */
	expect(PAYLOAD_LENGTH, HEX_DOC, PAYLOAD_BASE64);
	expect(PAYLOAD_NOT_HEX, HEX_BAD, PAYLOAD_EITHER);
}

Test(cloud_payload, capitals) {
	char text[PAYLOAD_HEX_DIGITS + 1] = HEX_DOC;
	uint8_t small[PAYLOAD_CAK_OCTETS];

	expect(PAYLOAD_GOOD, text, PAYLOAD_EITHER);
	memcpy(small, cak, sizeof(cak));
	for (size_t i = 0; i < PAYLOAD_HEX_DIGITS; i += 2)
		text[i] = (char)(text[i] >= 'a' ? text[i] - 32 : text[i]);
	expect(PAYLOAD_GOOD, encode(text, 64), PAYLOAD_BASE64);
	cr_assert_arr_eq(cak, small, sizeof(cak));
}

/* Whatever stands at one place of 64 digits, exactly the hexadecimal ones pass. */
Test(cloud_payload, each_digit) {
	for (int c = 1; c < 256; c++)
		for (size_t at = 0; at < PAYLOAD_HEX_DIGITS; at += 21) {
			char text[PAYLOAD_HEX_DIGITS + 1] = HEX_DOC;
			bool is_hex = strchr("0123456789abcdefABCDEF", c) != NULL;

			text[at] = (char)c;
			expect(is_hex ? PAYLOAD_GOOD : PAYLOAD_NOT_HEX, encode(text, 64),
			       PAYLOAD_BASE64);
			if (is_hex && at == 0)
				cr_assert_eq(
					cak[0] >> 4, strtoul((char[]){(char)c, '\0'}, NULL, 16)
				);
		}
}

Test(cloud_payload, each_base64_character) {
	for (int c = 1; c < 256; c++) {
		char text[PAYLOAD_BASE64_MAX] = BASE64_DOC;
		bool is_digit = strchr("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
				       "0123456789+/",
				       c) != NULL;
		enum payload_fault fault;

		text[5] = (char)c;
		fault = decode(text, PAYLOAD_BASE64, false);
		if (is_digit)
			cr_assert(fault == PAYLOAD_GOOD || fault == PAYLOAD_NOT_HEX, "%d", c);
		else /* white space too: it is skipped, and a character is missing then */
			cr_assert_eq(fault, PAYLOAD_NOT_BASE64, "%d", c);
	}
}

Test(cloud_payload, faults) {
	static const uint8_t raw[32] = {0x00, 0xff, 0x80, 7};

	expect(PAYLOAD_MISSING, "", PAYLOAD_BASE64);
	expect(PAYLOAD_MISSING, " \r\n\t", PAYLOAD_EITHER);
	expect(PAYLOAD_NOT_BASE64, "A", PAYLOAD_BASE64);
	expect(PAYLOAD_NOT_BASE64, "====", PAYLOAD_BASE64);
	expect(PAYLOAD_NOT_BASE64, "A===", PAYLOAD_BASE64);
	expect(PAYLOAD_NOT_BASE64, "AA=A", PAYLOAD_BASE64);
	expect(PAYLOAD_NOT_BASE64, "AA==AAAA", PAYLOAD_BASE64);
	expect(PAYLOAD_NOT_BASE64, "AB==", PAYLOAD_BASE64); // bits behind the end
	expect(PAYLOAD_NOT_BASE64, "AAB=", PAYLOAD_BASE64);
	expect(PAYLOAD_NOT_BASE64, BASE64_ONE "=", PAYLOAD_BASE64);
	expect(PAYLOAD_NOT_BASE64, "-_-_", PAYLOAD_BASE64); // the URL alphabet
	expect(PAYLOAD_RAW_KEY, encode(raw, 32), PAYLOAD_BASE64);
	expect(PAYLOAD_LENGTH, encode(raw, 31), PAYLOAD_BASE64);
	expect(PAYLOAD_LENGTH, encode(HEX_DOC, 32), PAYLOAD_BASE64); // 128-bit key, not padded
	expect(PAYLOAD_LENGTH, encode(HEX_DOC, 63), PAYLOAD_BASE64);
	expect(PAYLOAD_LENGTH, encode(HEX_DOC "0", 65), PAYLOAD_BASE64);
	expect(PAYLOAD_LENGTH, encode(HEX_DOC "\n\n", 66), PAYLOAD_BASE64);
	expect(PAYLOAD_LENGTH, encode(HEX_DOC HEX_DOC HEX_DOC, 192), PAYLOAD_BASE64);
}

Test(cloud_payload, line_break) {
	expect(PAYLOAD_LINE_BREAK, encode(HEX_ONE "\n", 65), PAYLOAD_BASE64);
	expect(PAYLOAD_LINE_BREAK, encode(HEX_ONE "\r\n", 66), PAYLOAD_BASE64);
	expect(PAYLOAD_LINE_BREAK, HEX_ONE "\n", PAYLOAD_EITHER);
	cr_assert_eq(decode(encode(HEX_ONE "\n", 65), PAYLOAD_BASE64, true), PAYLOAD_GOOD);
	cr_assert_eq(cak[1], 0x11);
	cr_assert_eq(decode(encode(HEX_ONE "\r\n", 66), PAYLOAD_BASE64, true), PAYLOAD_GOOD);
	cr_assert_eq(decode(HEX_ONE "\r\n", PAYLOAD_EITHER, true), PAYLOAD_GOOD);
	/* One line break and nothing else. */
	cr_assert_eq(decode(encode(HEX_ONE "\n\n", 66), PAYLOAD_BASE64, true), PAYLOAD_LENGTH);
	cr_assert_eq(decode(encode(HEX_ONE "\r", 65), PAYLOAD_BASE64, true), PAYLOAD_LENGTH);
	cr_assert_eq(decode(encode(HEX_ONE " ", 65), PAYLOAD_BASE64, true), PAYLOAD_LENGTH);
	cr_assert_eq(decode(encode(HEX_BAD, 64), PAYLOAD_BASE64, true), PAYLOAD_NOT_HEX);
}

Test(cloud_payload, wrapped_base64) {
	char text[256];

	snprintf(text, sizeof(text), " %.64s\r\n\t%s\n", BASE64_ONE, BASE64_ONE + 64);
	expect(PAYLOAD_GOOD, text, PAYLOAD_BASE64);
	expect(PAYLOAD_GOOD, text, PAYLOAD_EITHER);
}

Test(cloud_payload, zeroes) {
	char zeroes[PAYLOAD_HEX_DIGITS + 1];

	memset(zeroes, '0', PAYLOAD_HEX_DIGITS);
	zeroes[PAYLOAD_HEX_DIGITS] = '\0';
	expect(PAYLOAD_ALL_ZERO, zeroes, PAYLOAD_EITHER);
	for (size_t i = 0; i < PAYLOAD_HEX_DIGITS; i++) {
		zeroes[i] = '1';
		expect(PAYLOAD_GOOD, zeroes, PAYLOAD_EITHER);
		zeroes[i] = '0';
	}
}

/* As long as an answer may be: judged, not stored. */
Test(cloud_payload, huge) {
	size_t octets = 1024 * 1024;
	char *text = malloc(octets);

	cr_assert_not_null(text);
	memset(text, 'A', octets);
	cr_assert_eq(payload_decode(text, octets, PAYLOAD_EITHER, true, cak), PAYLOAD_LENGTH);
	cr_assert_eq(
		payload_decode(text, octets - 1, PAYLOAD_EITHER, true, cak), PAYLOAD_NOT_BASE64
	);
	memset(text, '=', octets);
	cr_assert_eq(payload_decode(text, octets, PAYLOAD_BASE64, true, cak), PAYLOAD_NOT_BASE64);
	free(text);
}

Test(cloud_payload, encodes_what_it_decodes) {
	uint8_t key[PAYLOAD_CAK_OCTETS];
	char text[PAYLOAD_BASE64_MAX];

	for (uint32_t i = 0; i < 32; i++)
		key[i] = (uint8_t)((i % 16) * 0x11);
	cr_assert_eq(payload_encode(key, 32, text), 0);
	cr_assert_str_eq(text, BASE64_ONE);
	cr_assert_eq(payload_encode(key, 16, text), 0);
	cr_assert_str_eq(text, BASE64_PADDED);
	for (uint32_t value = 0; value < 256; value++) {
		memset(key, (int)value, sizeof(key));
		cr_assert_eq(payload_encode(key, 32, text), 0);
		expect(value == 0 ? PAYLOAD_ALL_ZERO : PAYLOAD_GOOD, text, PAYLOAD_BASE64);
		if (value != 0)
			cr_assert_arr_eq(cak, key, sizeof(cak));
	}
	for (size_t n = 0; n < 70; n++)
		if (n != 16 && n != 32)
			cr_assert_eq(payload_encode(key, n, text), -EINVAL);
}

Test(cloud_payload, texts_name_a_fix) {
	for (enum payload_fault fault = PAYLOAD_MISSING; fault <= PAYLOAD_ALL_ZERO; fault++) {
		cr_assert_not_null(strstr(payload_fault_text(fault), "; "), "%d", fault);
		cr_assert_lt(strlen(payload_fault_text(fault)), 200);
	}
	cr_assert_not_null(payload_fault_text(PAYLOAD_GOOD));
}
