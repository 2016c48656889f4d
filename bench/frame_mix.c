/* SPDX-License-Identifier: BSD-3-Clause */

#include "bench/frame_mix.h"

#include <stdlib.h>
#include <string.h>

#define SHORTEST 60
#define LONGEST 9000

/* Spread over the burst, so that any stretch of it is mixed. */
static void fill_imix(struct frame_mix *mix) {
	for (unsigned i = 0; i < FRAME_MIX_PERIOD; i++)
		mix->octets[i] = i % 3 == 1 && i < 30 ? 594 : 64;
	mix->octets[5] = mix->octets[15] = mix->octets[26] = 1518;
}

static bool fill_uniform(const char *word, struct frame_mix *mix) {
	char *end;
	const long octets = strtol(word, &end, 10);

	if (end == word || *end != '\0' || octets < SHORTEST || octets > LONGEST)
		return false;
	for (unsigned i = 0; i < FRAME_MIX_PERIOD; i++)
		mix->octets[i] = (uint16_t)octets;
	return true;
}

bool frame_mix_read(const char *word, struct frame_mix *mix) {
	uint32_t sum = 0;

	*mix = (struct frame_mix){.name = word, .is_uniform = strcmp(word, "imix") != 0};
	if (!mix->is_uniform)
		fill_imix(mix);
	else if (!fill_uniform(word, mix))
		return false;
	for (unsigned i = 0; i < FRAME_MIX_PERIOD; i++) {
		sum += mix->octets[i];
		if (mix->octets[i] > mix->longest)
			mix->longest = mix->octets[i];
	}
	mix->mean = (double)sum / FRAME_MIX_PERIOD;
	return true;
}
