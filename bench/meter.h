/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Timing on a machine that others use too: the run is cut into short windows by the TSC inside the
 * measured threads, windows in which a thread was away are discarded, and the median of the rest is
 * what counts. An average over seconds would measure the neighbours.
 *
 * A thread was away when one of its rounds took 2 % of a window more than four of its shortest
 * ones: a timer interrupt is shorter, a descheduled thread longer. With several workers each one's
 * rounds are judged, and one that says nothing at all spoils the window too.
 */
#pragma once

#include <semaphore.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#define METER_WINDOWS_MAX 1024u
#define METER_WORKERS_MAX 8u

struct meter_worker {
	unsigned lcore; // DPDK's number of its thread
	uint64_t last;  // TSC of its last tick
};

struct meter_window {
	double cycles; // TSC, per frame
	bool is_good;
	bool is_marked;
};

struct meter {
	// set by meter_open
	unsigned wanted;
	unsigned n_workers;
	uint64_t window_cycles;

	// the thread that ticks; several only one after the other (holding the transmit turn)
	struct meter_worker worker[METER_WORKERS_MAX];
	unsigned n_seen;
	bool is_warm; // the first window warms caches and branch predictors up
	bool is_spoiled, is_marked;
	uint64_t began, frames, shortest;
	unsigned kept, discarded;
	struct meter_window window[METER_WINDOWS_MAX]; // in the order of time

	atomic_bool is_done; // ticking thread wo (release)
	sem_t done;
};

/* Prepares for `wanted` windows (at most METER_WINDOWS_MAX) of `window_us` microseconds each, after
 * one to warm up, ticked by n_workers threads. Any thread; the meter is used again after
 * meter_close. */
void meter_open(struct meter *meter, unsigned wanted, unsigned window_us, unsigned n_workers);
void meter_close(struct meter *meter);

/* A round of `frames` frames has ended in the calling thread, which DPDK knows. Ignored when all
 * windows are there. */
void meter_tick(struct meter *meter, unsigned frames);

/* Spoils the present window: something happened in it that it must not be judged by. Ticking
 * thread. */
void meter_spoil(struct meter *meter);

/* Marks the present window, to be told from the others later. Ticking thread. */
void meter_mark(struct meter *meter);

/* Number of the present window in meter->window; METER_WINDOWS_MAX: none that counts (the first
 * one, or all are there). Ticking thread. */
unsigned meter_window_now(const struct meter *meter);

/* Whether all windows are there. Any thread. */
static inline bool meter_is_done(const struct meter *meter) {
	return atomic_load_explicit(&meter->is_done, memory_order_acquire);
}

/*
 * Sleeps until all windows are there; for the thread that does not tick. Returns false when they do
 * not come within ten times their length and ten seconds: nothing moves.
 */
bool meter_wait(struct meter *meter);

/* Median cost of the kept windows, 0 without any; and of those that are marked or are not. */
double meter_median(const struct meter *meter);
double meter_median_of(const struct meter *meter, bool is_marked);

/* The least cost of a kept window, 0 without any. */
double meter_best(const struct meter *meter);

/* Sorts n values (at least one) in place and returns the median, the mean of the middle two when n
 * is even. */
double median_of(double *values, unsigned n);
