/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Several ways to do the same work, measured in turns (A B C, A B C, …) in one process: what is
 * quoted is the median of the rounds' ratios, because a round's parts ran on the same machine in
 * the same second.
 */
#pragma once

#include "bench/meter.h"

#include <stdbool.h>

#define CONTEST_ROUNDS_MAX 64u

struct contender {
	const char *name;
	unsigned n_workers; // threads that tick the meter
	/*
	 * Does the work until the meter is done. Returns NULL, or why this is no measurement
	 * (frames were lost, nothing moves).
	 */
	const char *(*run)(void *arg, struct meter *meter);
	void *arg;

	// the outcome
	double cycles[CONTEST_ROUNDS_MAX]; // per frame, median of each round; NaN: disturbed
	double best;
	unsigned kept, discarded; // windows
};

struct contest {
	struct contender *contender;
	unsigned n;
	unsigned window_us;
	unsigned windows; // of each contender in a round
	unsigned rounds;  // good ones asked for: each contender has a good window
	unsigned done;    // with those that someone was disturbed in
};

/* What contest_run returns when it was disturbed all the time. */
extern const char contest_too_busy[];

/* Returns NULL, or why there are no figures. Main thread. */
const char *contest_run(struct contest *contest);

/* Splits a time into rounds and windows for n contenders, at least 3 rounds of 4 windows. */
void contest_plan(struct contest *contest, double seconds, unsigned window_us);

/*
 * Medians over the rounds in which all of them are good (NaN without any): of a contender's cycles
 * per frame, of a / b, and of a / (b + c).
 */
double contest_cycles(const struct contest *contest, const struct contender *a);
double
contest_ratio(const struct contest *contest, const struct contender *a, const struct contender *b);
double contest_ratio_sum(
	const struct contest *contest, const struct contender *a, const struct contender *b,
	const struct contender *c
);

/* Windows of all contenders that were discarded, and that were there. */
unsigned contest_discarded(const struct contest *contest);
unsigned contest_windows(const struct contest *contest);
