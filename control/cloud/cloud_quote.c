/* SPDX-License-Identifier: BSD-3-Clause */
/* Quoting what a server says; the contract is in cloud_words.h. */
#include "control/cloud/cloud_words.h"
#include "control/server/utf8.h"

#include <string.h>

#define REDACTED "***"

static bool is_secret_character(char c) {
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	       (c != '\0' && strchr("-_+/=.", c) != NULL);
}

static size_t run_octets(const char *at) {
	size_t n = 0;

	while (is_secret_character(at[n]))
		n++;
	return n;
}

void cloud_words_quote(char *out, size_t room, const char *words) {
	size_t n = 0;

	while (*words != '\0') {
		size_t run = run_octets(words);
		const char *piece = run > CLOUD_WORDS_RUN_MAX ? REDACTED : words;
		size_t octets = run > CLOUD_WORDS_RUN_MAX ? strlen(REDACTED) : run;

		if (run == 0)
			octets = run = 1;
		/* Whole runs only: the first characters of a key are a part of it. */
		if (octets >= room - n)
			break;
		memcpy(out + n, piece, octets);
		n += octets;
		words += run;
	}
	out[n] = '\0';
	utf8_neutralise(out);
}
