/* SPDX-License-Identifier: BSD-3-Clause */
/* Words that could be secrets are left out; the contract is in redact.h. */
#include "control/ctl/redact.h"

#include <stdbool.h>
#include <stddef.h>
#include <string.h>
#include <strings.h>

#define DIGITS "0123456789"
#define LOWER "abcdefghijklmnopqrstuvwxyz"
#define UPPER "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
#define HEX DIGITS "abcdefABCDEF"
#define WORD DIGITS LOWER UPPER "+_=-"
#define BASE64 DIGITS LOWER UPPER "+/="
#define HEX_MIN 32u  // digits of a key of 128 bits
#define WORD_MIN 40u // an API key of IBM Cloud has 44; a UUID has 36
#define REMOVED "(removed)"

/* Whether the word at `at` follows this in the text, blanks and quotes aside. */
static bool follows(const char *text, const char *at, const char *what) {
	const size_t octets = strlen(what);

	while (at > text && strchr(" \"'", at[-1]) != NULL)
		at--;
	return (size_t)(at - text) >= octets && strncasecmp(at - octets, what, octets) == 0;
}

static bool has_hex_run(const char *word, size_t octets) {
	size_t run = 0;

	for (size_t i = 0; i < octets && run < HEX_MIN; i++)
		run = strchr(HEX, word[i]) != NULL ? run + 1 : 0;
	return run >= HEX_MIN;
}

static bool has_one_of(const char *word, size_t octets, const char *set) {
	return strcspn(word, set) < octets;
}

/* Random octets as text: without capitals, small letters and digits it is something else. */
static bool is_random(const char *word, size_t octets) {
	return octets >= WORD_MIN && has_one_of(word, octets, UPPER) &&
	       has_one_of(word, octets, LOWER) && has_one_of(word, octets, DIGITS);
}

/* Base64 has '/' in it, as paths and references have; what begins with one is a path. */
static bool is_base64(const char *word) {
	return *word != '/' && is_random(word, strspn(word, BASE64));
}

static bool is_secret(const char *text, const char *word, size_t octets) {
	if (follows(text, word, "ckn:") || follows(text, word, "ckn\":"))
		return false;
	if (has_hex_run(word, octets))
		return !(word - text >= 3 && strncmp(word - 3, ":a/", 3) == 0);
	return is_random(word, octets);
}

static void other_print(FILE *file, char c) {
	const unsigned char octet = (unsigned char)c;

	fputc((octet < ' ' && c != '\n' && c != '\t') || octet == 0x7f ? '?' : c, file);
}

/* Octets of the word at `at`; all of it when it is base64. */
static size_t word_octets(const char *at) {
	return is_base64(at) ? strspn(at, BASE64) : strspn(at, WORD);
}

void redact_print(FILE *file, const char *text) {
	const char *at = text;

	while (*at != '\0') {
		const size_t octets = word_octets(at);

		if (octets == 0)
			other_print(file, *at);
		else if (is_secret(text, at, octets))
			fputs(REMOVED, file);
		else
			fwrite(at, 1, octets, file);
		at += octets == 0 ? 1 : octets;
	}
}
