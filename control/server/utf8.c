/* SPDX-License-Identifier: BSD-3-Clause */
/* Telling UTF-8 from other octets; the contract is in utf8.h. */
#include "control/server/utf8.h"

#include <string.h>

size_t utf8_octets(const uint8_t *at, const uint8_t *end) {
	const size_t n = at[0] < 0x80 ? 1 : at[0] < 0xe0 ? 2 : at[0] < 0xf0 ? 3 : 4;

	if (n == 1)
		return 1;
	if (at[0] < 0xc2 || at[0] > 0xf4 || (size_t)(end - at) < n)
		return 0;
	for (size_t i = 1; i < n; i++) {
		if ((at[i] & 0xc0) != 0x80)
			return 0;
	}
	const bool is_overlong = (at[0] == 0xe0 && at[1] < 0xa0) || (at[0] == 0xf0 && at[1] < 0x90);
	const bool is_surrogate = at[0] == 0xed && at[1] > 0x9f;
	const bool is_too_high = at[0] == 0xf4 && at[1] > 0x8f;
	return is_overlong || is_surrogate || is_too_high ? 0 : n;
}

bool utf8_is_control(const uint8_t *at, size_t octets) {
	if (octets == 1)
		return at[0] < 0x20 || at[0] == 0x7f;
	return octets == 2 && at[0] == 0xc2 && at[1] < 0xa0;
}

void utf8_neutralise(char *text) {
	uint8_t *at = (uint8_t *)text;
	const uint8_t *end = at + strlen(text);

	while (at < end) {
		const size_t octets = utf8_octets(at, end);
		const size_t step = octets == 0 ? 1 : octets;
		if (octets == 0 || utf8_is_control(at, octets))
			memset(at, '?', step);
		at += step;
	}
}
