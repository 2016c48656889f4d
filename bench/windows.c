/* SPDX-License-Identifier: BSD-3-Clause */

#include "bench/windows.h"

#include <rte_cycles.h>

#include <stdlib.h>

/* Runs until `cycles` have gone by. Returns cycles per frame, or 0 when the window was interrupted.
 */
static double one_window(window_work *work, void *arg, uint64_t cycles) {
	const uint64_t began = rte_rdtsc();
	uint64_t frames = 0, now = began;

	while (now - began < cycles) {
		frames += work(arg);
		now = rte_rdtsc();
	}
	if (frames == 0 || now - began > cycles + cycles / 4)
		return 0;
	return (double)(now - began) / (double)frames;
}

static int by_value(const void *a, const void *b) {
	const double x = *(const double *)a, y = *(const double *)b;
	return (x > y) - (x < y);
}

double windows_median(double *values, unsigned n) {
	qsort(values, n, sizeof(values[0]), by_value);
	return values[n / 2];
}

void windows_run(
	window_work *work, void *arg, unsigned count, unsigned window_us, struct windows *out
) {
	const uint64_t cycles = rte_get_tsc_hz() / 1000000 * window_us;
	double kept[WINDOWS_MAX];

	*out = (struct windows){0};
	for (unsigned i = 0; i < count && i < WINDOWS_MAX; i++) {
		const double cost = one_window(work, arg, cycles);
		if (cost > 0)
			kept[out->kept++] = cost;
		else
			out->discarded++;
	}
	if (out->kept == 0)
		return;
	out->median = windows_median(kept, out->kept);
	out->best = kept[0];
}
