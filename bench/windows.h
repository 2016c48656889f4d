/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Timing on a machine that others use too: the run is cut into short windows by the TSC, windows
 * that were interrupted are discarded, and the median and the best of the rest are kept. An average
 * over seconds would measure the neighbours.
 */
#pragma once

#include <stdint.h>

#define WINDOWS_MAX 400u

/* Does one round of work and returns how many frames it handled. */
typedef unsigned window_work(void *arg);

struct windows {
	double median; // TSC cycles per frame
	double best;
	unsigned kept;
	unsigned discarded;
};

/*
 * Runs `work` in `count` windows (at most WINDOWS_MAX) of about `window_us` microseconds each. A
 * window that took more than a quarter longer than it should was interrupted. kept is 0 when every
 * one was. Caller's thread.
 */
void windows_run(
	window_work *work, void *arg, unsigned count, unsigned window_us, struct windows *out
);

/* Sorts n values (at least one) in place and returns the median. */
double windows_median(double *values, unsigned n);
