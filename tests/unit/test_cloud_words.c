/* SPDX-License-Identifier: BSD-3-Clause */
/* What a server says, in our messages: bounded, printable, and no key in it. */
#include "control/cloud/cloud_error.h"
#include "control/cloud/cloud_words.h"

#include <criterion/criterion.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static char out[CLOUD_WORDS_MAX];

static const char *quote(const char *words) {
	memset(out, 'x', sizeof(out));
	cloud_words_quote(out, sizeof(out), words);
	return out;
}

Test(cloud_words, plain_sentences_stay) {
	cr_assert_str_eq(
		quote("Not Found: Key could not be retrieved."),
		"Not Found: Key could not be retrieved."
	);
	cr_assert_str_eq(
		quote("id 66666666-7777-4888-9999-aaaaaaaaaaaa"),
		"id 66666666-7777-4888-9999-aaaaaaaaaaaa"
	);
	cr_assert_str_eq(quote(""), "");
	cr_assert_str_eq(
		quote("gr\xc3\xb6\xc3\x9f"
		      "er"),
		"gr\xc3\xb6\xc3\x9f"
		"er"
	);
}

Test(cloud_words, keys_are_left_out) {
	static const char *const keys[] = {
		"abcdef0123456789abcdef0123456789abcdef0123456789abcdef0123456789",
		"YWJjZGVmMDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWYwMTIzNDU2Nzg5YWJjZGVmMDEyMzQ1"
		"Njc4OQ==",
		"0123456789012345678901234567890123456789_-ab", // an API key's length
		"eyJhbGciOiJIUzI1NiJ9.eyJpYXQiOjE3NjczMjMwNDV9.c2lnbmF0dXJl",
	};

	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		char words[256];

		snprintf(words, sizeof(words), "bad value '%s' given", keys[i]);
		cr_assert_str_eq(quote(words), "bad value '***' given");
		cr_assert_str_eq(quote(keys[i]), "***");
	}
}

/* Not the beginning of a key either, where the room ends. */
Test(cloud_words, nothing_of_a_cut_key) {
	char words[512];

	for (int before = 0; before < 200; before++) {
		snprintf(words, sizeof(words), "%*s%064d", before, "", 7);
		cr_assert_null(strchr(quote(words), '0'), "%d", before);
		cr_assert_lt(strlen(out), sizeof(out));
	}
}

/* Every room, filled to the last octet and not beyond. */
Test(cloud_words, keeps_to_its_room) {
	for (size_t room = 1; room < 60; room++) {
		char kept[64];

		memset(kept, '#', sizeof(kept));
		cloud_words_quote(
			kept, room, "a b c d e f g h i j k l m n o p q r s t u v w x y z"
		);
		cr_assert_eq(kept[room], '#', "%zu", room);
		cr_assert_eq(strlen(kept), room - 1 < 51 ? room - 1 : 51);
	}
}

Test(cloud_words, control_characters_are_not_printed) {
	cr_assert_null(strpbrk(quote("a\nb\rc\033[31md\x7f"), "\n\r\033\x7f"));
	cr_assert_null(strchr(quote("a\xff\xfe\xc3"), '\xff'));
}

Test(cloud_words, ids_and_tokens) {
	cr_assert(cloud_words_is_id("aZ09-_", 6));
	cr_assert_not(cloud_words_is_id("aZ09-_", 5));
	cr_assert_not(cloud_words_is_id("", 5));
	for (int c = 1; c < 256; c++) {
		char text[2] = {(char)c, '\0'};

		cr_assert_eq(cloud_words_is_token(text, 1), c > 0x20 && c < 0x7f);
		if (strchr("/.%?#:@ \\\n", c) != NULL)
			cr_assert_not(cloud_words_is_id(text, 1));
	}
}

Test(cloud_words, url_without_its_last_slashes) {
	cr_assert_eq(cloud_words_url_octets("https://a"), 9);
	cr_assert_eq(cloud_words_url_octets("https://a//"), 9);
	cr_assert_eq(cloud_words_url_octets(""), 0);
}

Test(cloud_words, errors_are_cut_and_clean) {
	struct cloud_error error = {.code = "OLD", .retry_after_s = 7};
	char *huge = malloc(5000);

	cr_assert_not_null(huge);
	memset(huge, 'a', 4999);
	huge[4999] = '\0';
	cr_assert_eq(cloud_fail(&error, CLOUD_FINAL, 404, "x\n%s", huge), -EPROTO);
	cr_assert_eq(strlen(error.text), CLOUD_TEXT_MAX - 1);
	cr_assert_null(strchr(error.text, '\n'));
	cr_assert(error.code[0] == '\0' && error.retry_after_s == 0 && error.http_status == 404);
	cr_assert_eq(cloud_fail(&error, CLOUD_TRANSIENT, 0, "again: %s", error.text), -EAGAIN);
	cr_assert_eq(strncmp(error.text, "again: x?aaa", 12), 0);
	cr_assert_eq(cloud_fail(&error, CLOUD_LATER, 409, "x"), -EAGAIN);
	cr_assert_eq(cloud_fail(&error, CLOUD_TOKEN, 401, "x"), -EACCES);
	free(huge);
}
