/* SPDX-License-Identifier: BSD-3-Clause */

#include "bench/contest.h"

#include <math.h>
#include <stddef.h>

#define ROUNDS 5u
#define ROUNDS_MIN 3u
#define WINDOWS_MIN 4u
#define PATIENCE 3u // rounds that may be disturbed for each good one

const char contest_too_busy[] = "the machine is too busy: every round was interrupted";

void contest_plan(struct contest *contest, double seconds, unsigned window_us) {
	const double windows = seconds * 1e6 / window_us / contest->n;

	contest->window_us = window_us;
	contest->rounds = windows >= ROUNDS * WINDOWS_MIN ? ROUNDS : ROUNDS_MIN;
	contest->windows = (unsigned)(windows / contest->rounds);
	if (contest->windows < WINDOWS_MIN)
		contest->windows = WINDOWS_MIN;
}

/* One contender's part of a round; without a good window it is NaN there. */
static const char *run_part(const struct contest *contest, struct contender *c) {
	struct meter meter;

	meter_open(&meter, contest->windows, contest->window_us, c->n_workers);
	const char *wrong = c->run(c->arg, &meter);
	meter_close(&meter);
	if (wrong != NULL)
		return wrong;
	c->kept += meter.kept;
	c->discarded += meter.discarded;
	c->cycles[contest->done] = meter.kept == 0 ? NAN : meter_median(&meter);
	if (meter.kept != 0 && (c->best == 0 || meter_best(&meter) < c->best))
		c->best = meter_best(&meter);
	return NULL;
}

static const char *run_round(struct contest *contest) {
	for (unsigned i = 0; i < contest->n; i++) {
		const char *wrong = run_part(contest, &contest->contender[i]);
		if (wrong != NULL)
			return wrong;
	}
	contest->done++;
	return NULL;
}

/* Rounds in which each contender had a good window. */
static unsigned count_good(const struct contest *contest) {
	unsigned good = 0;

	for (unsigned round = 0; round < contest->done; round++) {
		bool is_good = true;
		for (unsigned i = 0; i < contest->n; i++)
			is_good &= isfinite(contest->contender[i].cycles[round]);
		good += is_good;
	}
	return good;
}

static bool is_someone_missing(const struct contest *contest) {
	for (unsigned i = 0; i < contest->n; i++)
		if (contest->contender[i].kept == 0)
			return true;
	return false;
}

const char *contest_run(struct contest *contest) {
	const unsigned tries = (1 + PATIENCE) * contest->rounds;

	contest->done = 0;
	while (contest->done < tries && count_good(contest) < contest->rounds) {
		const char *wrong = run_round(contest);
		if (wrong != NULL)
			return wrong;
	}
	return is_someone_missing(contest) ? contest_too_busy : NULL;
}

/* Median of the finite ones. */
static double finite_median(const double *values, unsigned n) {
	double finite[CONTEST_ROUNDS_MAX];
	unsigned n_finite = 0;

	for (unsigned i = 0; i < n; i++)
		if (isfinite(values[i]))
			finite[n_finite++] = values[i];
	return n_finite == 0 ? NAN : median_of(finite, n_finite);
}

double contest_cycles(const struct contest *contest, const struct contender *a) {
	return finite_median(a->cycles, contest->done);
}

double
contest_ratio(const struct contest *contest, const struct contender *a, const struct contender *b) {
	double values[CONTEST_ROUNDS_MAX];
	for (unsigned i = 0; i < contest->done; i++)
		values[i] = a->cycles[i] / b->cycles[i];
	return finite_median(values, contest->done);
}

double contest_ratio_sum(
	const struct contest *contest, const struct contender *a, const struct contender *b,
	const struct contender *c
) {
	double values[CONTEST_ROUNDS_MAX];
	for (unsigned i = 0; i < contest->done; i++)
		values[i] = a->cycles[i] / (b->cycles[i] + c->cycles[i]);
	return finite_median(values, contest->done);
}

unsigned contest_discarded(const struct contest *contest) {
	unsigned sum = 0;
	for (unsigned i = 0; i < contest->n; i++)
		sum += contest->contender[i].discarded;
	return sum;
}

unsigned contest_windows(const struct contest *contest) {
	unsigned sum = contest_discarded(contest);
	for (unsigned i = 0; i < contest->n; i++)
		sum += contest->contender[i].kept;
	return sum;
}
