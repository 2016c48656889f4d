/* SPDX-License-Identifier: BSD-3-Clause */
/* Which frames a run is made of. Sizes are what a port hands over: without FCS. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#define FRAME_MIX_PERIOD 32u // a burst

struct frame_mix {
	const char *name;                  // "64" … "9000", "imix"
	uint16_t octets[FRAME_MIX_PERIOD]; // of each frame of a burst
	uint16_t longest;
	double mean;
	bool is_uniform;
};

/*
 * Reads a size (60 to 9000 octets) or "imix": 7:4:1 of 64, 594 and 1518 octets, as 19, 10 and 3
 * frames of each burst. `word` must outlive the mix. False when it is neither.
 */
bool frame_mix_read(const char *word, struct frame_mix *mix);
