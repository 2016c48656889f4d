/* SPDX-License-Identifier: BSD-3-Clause */
/* Key identifiers as lines of text. */
#include "control/ki_line.h"

#include <string.h>

static const char hex_digits[] = "0123456789abcdef";

/* The octets of a line in the order of their digits: MI, then KN in network order. */
#define LINE_HEX_OCTETS (MI_OCTETS + 4u)

/* Place of the first digit of octet i: the space stands between MI and KN. */
static size_t digit_at(size_t i) {
	return 2 * i + (i >= MI_OCTETS);
}

void ki_line_write(const struct ki *ki, char *line) {
	uint8_t octets[LINE_HEX_OCTETS];

	memcpy(octets, ki->mi, MI_OCTETS);
	for (size_t i = 0; i < 4; i++)
		octets[MI_OCTETS + i] = (uint8_t)(ki->kn >> (24 - 8 * i));
	for (size_t i = 0; i < LINE_HEX_OCTETS; i++) {
		line[digit_at(i)] = hex_digits[octets[i] >> 4];
		line[digit_at(i) + 1] = hex_digits[octets[i] & 15];
	}
	line[2 * MI_OCTETS] = ' ';
	line[KI_LINE_OCTETS - 1] = '\n';
}

/* -1 for anything but a lower-case hexadecimal digit. */
static int digit_value(char digit) {
	const char *found = digit == '\0' ? NULL : strchr(hex_digits, digit);

	return found == NULL ? -1 : (int)(found - hex_digits);
}

bool ki_line_read(const char *line, struct ki *ki) {
	uint8_t octets[LINE_HEX_OCTETS];

	if (line[2 * MI_OCTETS] != ' ' || line[KI_LINE_OCTETS - 1] != '\n')
		return false;
	for (size_t i = 0; i < LINE_HEX_OCTETS; i++) {
		int high = digit_value(line[digit_at(i)]);
		int low = digit_value(line[digit_at(i) + 1]);

		if (high < 0 || low < 0)
			return false;
		octets[i] = (uint8_t)(high << 4 | low);
	}
	memcpy(ki->mi, octets, MI_OCTETS);
	ki->kn = 0;
	for (size_t i = 0; i < 4; i++)
		ki->kn = ki->kn << 8 | octets[MI_OCTETS + i];
	return true;
}
