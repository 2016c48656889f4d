/* SPDX-License-Identifier: BSD-3-Clause */
/* What may go into a request as it is; the contract is in cloud_words.h. */
#include "control/cloud/cloud_words.h"

#include <string.h>

/* Not <ctype.h>: no locale. */
static bool is_id_character(char c) {
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	       c == '-' || c == '_';
}

static bool holds_only(const char *text, size_t max, bool (*is_allowed)(char)) {
	size_t n = strnlen(text, max + 1);

	if (n == 0 || n > max)
		return false;
	for (size_t i = 0; i < n; i++)
		if (!is_allowed(text[i]))
			return false;
	return true;
}

bool cloud_words_is_id(const char *text, size_t max) {
	return holds_only(text, max, is_id_character);
}

static bool is_token_character(char c) {
	return c > ' ' && c < 0x7f;
}

bool cloud_words_is_token(const char *text, size_t max) {
	return holds_only(text, max, is_token_character);
}

int cloud_words_url_octets(const char *url) {
	size_t n = strlen(url);

	while (n > 0 && url[n - 1] == '/')
		n--;
	return (int)n;
}
