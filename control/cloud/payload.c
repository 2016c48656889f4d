/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * From a stored text to a CAK and back. Digits are handled by arithmetic alone: neither a branch
 * nor a table look-up depends on them. What is looked at openly is the shape: lengths, white space,
 * padding.
 */
#include "control/cloud/payload.h"

#include "control/secret.h"

#include <errno.h>
#include <string.h>

#define TEXT_ROOM 80u // 64 digits and a line break, and enough to tell that there is more

/* All ones when low <= c <= high, else zero. */
static uint32_t in_range(uint32_t c, uint32_t low, uint32_t high) {
	return 0u - (1u ^ ((c - low) >> 31 | (high - c) >> 31));
}

/* Value of a hexadecimal digit; *bad becomes nonzero when it is none. */
static uint32_t hex_value(uint8_t digit, uint32_t *bad) {
	uint32_t number = in_range(digit, '0', '9');
	uint32_t small = in_range(digit, 'a', 'f');
	uint32_t large = in_range(digit, 'A', 'F');

	*bad |= ~(number | small | large);
	return (number & (digit - '0')) | (small & (digit - 'a' + 10u)) |
	       (large & (digit - 'A' + 10u));
}

static uint32_t base64_value(uint8_t c, uint32_t *bad) {
	uint32_t large = in_range(c, 'A', 'Z');
	uint32_t small = in_range(c, 'a', 'z');
	uint32_t number = in_range(c, '0', '9');
	uint32_t plus = in_range(c, '+', '+');
	uint32_t slash = in_range(c, '/', '/');

	*bad |= ~(large | small | number | plus | slash);
	return (large & (c - 'A')) | (small & (c - 'a' + 26u)) | (number & (c - '0' + 52u)) |
	       (plus & 62u) | (slash & 63u);
}

static char hex_digit(uint32_t value) {
	return (char)(value + '0' + (in_range(value, 10, 15) & ('a' - '0' - 10u)));
}

static char base64_character(uint32_t value) {
	return (char
	)((in_range(value, 0, 25) & (value + 'A')) |
	  (in_range(value, 26, 51) & (value - 26u + 'a')) |
	  (in_range(value, 52, 61) & (value - 52u + '0')) | (in_range(value, 62, 62) & '+') |
	  (in_range(value, 63, 63) & '/'));
}

/* base64 while it is decoded. Of what it stands for, the first TEXT_ROOM octets are kept. */
struct decoding {
	uint8_t text[TEXT_ROOM];
	size_t n_octets, n_characters, n_padding;
	uint32_t bits, bad;
};

static bool is_blank(uint8_t c) {
	return c == ' ' || (c >= '\t' && c <= '\r');
}

static void decode_character(struct decoding *decoding, uint8_t c) {
	decoding->n_characters++;
	if (c == '=') {
		decoding->n_padding++;
		decoding->bits <<= 6;
	} else {
		if (decoding->n_padding > 0) // nothing comes behind padding
			decoding->bad = 1;
		decoding->bits = decoding->bits << 6 | base64_value(c, &decoding->bad);
	}
	if (decoding->n_characters % 4 != 0)
		return;
	for (uint32_t shift = 24; shift > 0; shift -= 8) {
		if (decoding->n_octets < TEXT_ROOM)
			decoding->text[decoding->n_octets] =
				(uint8_t)(decoding->bits >> (shift - 8));
		decoding->n_octets++;
	}
	/* What padding stands for must be zero, or two texts would mean one key. */
	decoding->bad |= decoding->bits & ((1u << 8 * (decoding->n_padding & 3)) - 1);
	decoding->bits = 0;
}

static void decode_base64(struct decoding *decoding, const char *text, size_t octets) {
	memset(decoding, 0, sizeof(*decoding));
	for (size_t i = 0; i < octets; i++)
		if (!is_blank((uint8_t)text[i]))
			decode_character(decoding, (uint8_t)text[i]);
	if (decoding->n_characters % 4 != 0 || decoding->n_padding > 2)
		decoding->bad = 1;
	else
		decoding->n_octets -= decoding->n_padding;
}

static size_t line_break_octets(const uint8_t *text, size_t octets) {
	if (octets == PAYLOAD_HEX_DIGITS + 1 && text[octets - 1] == '\n')
		return 1;
	if (octets == PAYLOAD_HEX_DIGITS + 2 && memcmp(text + octets - 2, "\r\n", 2) == 0)
		return 2;
	return 0;
}

/* Any octet of 32 that no text has: a key was stored as it is. */
static bool is_raw(const uint8_t *text, size_t octets) {
	uint32_t printable = ~0u;

	if (octets != PAYLOAD_CAK_OCTETS)
		return false;
	for (size_t i = 0; i < octets; i++)
		printable &= in_range(text[i], ' ', '~') | in_range(text[i], '\t', '\r');
	return printable == 0;
}

/* `octets` may be more than TEXT_ROOM; then it is the length alone that counts. */
static enum payload_fault
decode_digits(const uint8_t *text, size_t octets, bool is_lenient, uint8_t *cak) {
	size_t line_break = line_break_octets(text, octets);
	uint32_t bad = 0, any = 0;

	if (octets - line_break != PAYLOAD_HEX_DIGITS)
		return is_raw(text, octets) ? PAYLOAD_RAW_KEY : PAYLOAD_LENGTH;
	for (size_t i = 0; i < PAYLOAD_CAK_OCTETS; i++) {
		cak[i] = (uint8_t
		)(hex_value(text[2 * i], &bad) << 4 | hex_value(text[2 * i + 1], &bad));
		any |= cak[i];
	}
	if (bad != 0)
		return PAYLOAD_NOT_HEX;
	if (line_break > 0 && !is_lenient)
		return PAYLOAD_LINE_BREAK;
	return any == 0 ? PAYLOAD_ALL_ZERO : PAYLOAD_GOOD;
}

/*
 * Whether a text of this length is meant to be the digits themselves. 64 characters of base64 would
 * stand for 48 octets, which are never a key: the two forms cannot be mistaken for each other.
 */
static bool is_plain(const char *text, size_t octets) {
	return octets - line_break_octets((const uint8_t *)text, octets) == PAYLOAD_HEX_DIGITS;
}

static enum payload_fault
decode_stored(const char *text, size_t octets, bool is_lenient, uint8_t *cak) {
	struct decoding decoding;
	enum payload_fault fault;

	decode_base64(&decoding, text, octets);
	if (decoding.n_characters == 0)
		fault = PAYLOAD_MISSING;
	else if (decoding.bad != 0)
		fault = PAYLOAD_NOT_BASE64;
	else
		fault = decode_digits(decoding.text, decoding.n_octets, is_lenient, cak);
	secret_wipe(&decoding, sizeof(decoding));
	return fault;
}

enum payload_fault payload_decode(
	const char *text, size_t octets, enum payload_form form, bool is_lenient, uint8_t *cak
) {
	enum payload_fault fault;

	secret_wipe(cak, PAYLOAD_CAK_OCTETS);
	if (form == PAYLOAD_EITHER && is_plain(text, octets))
		fault = decode_digits((const uint8_t *)text, octets, is_lenient, cak);
	else
		fault = decode_stored(text, octets, is_lenient, cak);
	if (fault != PAYLOAD_GOOD)
		secret_wipe(cak, PAYLOAD_CAK_OCTETS);
	return fault;
}

const char *payload_fault_text(enum payload_fault fault) {
	static const char *const texts[] = {
		[PAYLOAD_GOOD] = "the stored key is well-formed",
		[PAYLOAD_MISSING] = "the stored key is empty; import 64 hexadecimal digits, base64 "
				    "encoded, as a standard key",
		[PAYLOAD_NOT_BASE64] = "the stored key is not base64; import the base64 encoding "
				       "of 64 hexadecimal digits",
		[PAYLOAD_RAW_KEY] = "the stored key is 32 raw octets, generated by the service or "
				    "encoded once only; import the base64 encoding of the key's 64 "
				    "hexadecimal digits",
		[PAYLOAD_LENGTH] = "the stored key has another length than 64 hexadecimal digits; "
				   "pad a shorter one with '0' on the right to 64, and import its "
				   "base64 encoding",
		[PAYLOAD_NOT_HEX] = "the stored key has 64 characters which are not all "
				    "hexadecimal digits; import one of 0-9 and a-f only",
		[PAYLOAD_LINE_BREAK] =
			"the stored key ends in a line break, as 'base64 <<<' makes "
			"it; import it without, or say lenient: true for the service",
		[PAYLOAD_ALL_ZERO] = "the stored key is all zeroes; import a random one",
	};

	return texts[fault];
}

int payload_encode(const uint8_t *cak, size_t n_octets, char *base64) {
	char digits[PAYLOAD_HEX_DIGITS + 2] = {0}; // two more, zero: the last group of three

	if (n_octets != PAYLOAD_CAK_OCTETS && n_octets != PAYLOAD_CAK_OCTETS / 2)
		return -EINVAL;
	memset(digits, '0', PAYLOAD_HEX_DIGITS);
	for (size_t i = 0; i < n_octets; i++) {
		digits[2 * i] = hex_digit(cak[i] >> 4);
		digits[2 * i + 1] = hex_digit(cak[i] & 15u);
	}
	for (size_t i = 0; i < PAYLOAD_HEX_DIGITS; i += 3, base64 += 4) {
		uint32_t bits = (uint32_t)digits[i] << 16 | (uint32_t)digits[i + 1] << 8 |
				(uint32_t)digits[i + 2];

		for (uint32_t j = 0; j < 4; j++)
			base64[j] = base64_character(bits >> (18 - 6 * j) & 63u);
	}
	memcpy(base64 - 2, "==", 3); // 64 is one more than a multiple of three
	secret_wipe(digits, sizeof(digits));
	return 0;
}
