/* SPDX-License-Identifier: BSD-3-Clause */
/* Telling UTF-8 from other octets, for both ends of the control socket. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Length of the sequence at `at`, which is below `end`; 0 when it is none: cut short, overlong, a
 * surrogate or above U+10FFFF (RFC 3629 clause 4). Any thread.
 */
size_t utf8_octets(const uint8_t *at, const uint8_t *end);

/* Whether the sequence of `octets` at `at` is a control character: C0, DEL, or C1 (U+0080 to
 * U+009F), which some terminals obey too. Any thread. */
bool utf8_is_control(const uint8_t *at, size_t octets);

/* Replaces control characters and what is not UTF-8 in a string by '?'. Any thread. */
void utf8_neutralise(char *text);
