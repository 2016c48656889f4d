/* SPDX-License-Identifier: BSD-3-Clause */

#include "control/lines.h"

#include <stdlib.h>
#include <string.h>

#define CACHE_LINE_OCTETS 64u

void *lines_alloc(size_t octets) {
	const size_t rounded =
		(octets + CACHE_LINE_OCTETS - 1) / CACHE_LINE_OCTETS * CACHE_LINE_OCTETS;
	void *mem = aligned_alloc(CACHE_LINE_OCTETS, rounded);
	if (mem != NULL)
		memset(mem, 0, rounded);
	return mem;
}
