/* SPDX-License-Identifier: BSD-3-Clause */
/* A server's own words, made fit for our messages. Pure. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#define CLOUD_WORDS_MAX 192u    // of a server's sentence, terminator included
#define CLOUD_WORDS_RUN_MAX 39u // longer unbroken runs are taken for keys or tokens

/*
 * Copies as much of `words` (terminated, hostile) as fits into `room` octets: printable UTF-8, on
 * one line, and each unbroken run of more than CLOUD_WORDS_RUN_MAX letters, digits and "+/=_-."
 * replaced by "***": API keys have 44 characters, stored CAKs 64 or 88, tokens a thousand; ids have
 * 36. A message that quotes a secret does no harm then.
 */
void cloud_words_quote(char *out, size_t room, const char *words);

/*
 * Whether `text` is 1 to `max` characters of letters, digits, '-' and '_': what goes into a path,
 * a host name or a header as it is.
 */
bool cloud_words_is_id(const char *text, size_t max);

/* Whether `text` is 1 to `max` printable ASCII characters without a blank: a token, a header's
 * value. */
bool cloud_words_is_token(const char *text, size_t max);

/* Length of a base URL without slashes at its end. */
int cloud_words_url_octets(const char *url);
