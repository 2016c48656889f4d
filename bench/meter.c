/* SPDX-License-Identifier: BSD-3-Clause */

#include "bench/meter.h"

#include <rte_cycles.h>
#include <rte_lcore.h>

#include <errno.h>
#include <stdlib.h>
#include <time.h>

#define AWAY_SHARE 50u // of a window
#define AWAY_ROUNDS 4u
#define PATIENCE_S 10

void meter_open(struct meter *meter, unsigned wanted, unsigned window_us, unsigned n_workers) {
	*meter = (struct meter){
		.wanted = wanted < METER_WINDOWS_MAX ? wanted : METER_WINDOWS_MAX,
		.n_workers = n_workers,
		.window_cycles = rte_get_tsc_hz() / 1000000 * window_us,
		.shortest = UINT64_MAX / AWAY_ROUNDS / 2, // until the warm-up knows better
	};
	sem_init(&meter->done, 0, 0);
}

void meter_close(struct meter *meter) {
	sem_destroy(&meter->done);
}

static uint64_t away_limit(const struct meter *meter) {
	return meter->window_cycles / AWAY_SHARE + AWAY_ROUNDS * meter->shortest;
}

static struct meter_worker *worker_of(struct meter *meter, unsigned lcore) {
	for (unsigned i = 0; i < meter->n_seen; i++)
		if (meter->worker[i].lcore == lcore)
			return &meter->worker[i];
	struct meter_worker *fresh = &meter->worker[meter->n_seen % METER_WORKERS_MAX];
	*fresh = (struct meter_worker){.lcore = lcore};
	meter->n_seen++;
	return fresh;
}

/* A worker that has not come yet, or that has been silent for too long, is away right now. */
static bool is_all_there(const struct meter *meter, uint64_t now) {
	if (meter->n_seen != meter->n_workers)
		return false;
	for (unsigned i = 0; i < meter->n_seen; i++)
		if (now - meter->worker[i].last > away_limit(meter))
			return false;
	return true;
}

static void end_window(struct meter *meter, uint64_t now) {
	const bool is_good = !meter->is_spoiled && meter->frames != 0 && is_all_there(meter, now);

	if (meter->is_warm) {
		meter->window[meter->kept + meter->discarded] = (struct meter_window){
			.cycles = (double)(now - meter->began) / (double)meter->frames,
			.is_good = is_good,
			.is_marked = meter->is_marked,
		};
		meter->kept += is_good;
		meter->discarded += !is_good;
	}
	meter->is_warm = true;
	meter->is_spoiled = meter->is_marked = false;
	meter->began = now;
	meter->frames = 0;
	if (meter->kept + meter->discarded < meter->wanted)
		return;
	atomic_store_explicit(&meter->is_done, true, memory_order_release);
	sem_post(&meter->done);
}

/* What a worker's round took; nothing is known of its first one. */
static void judge_round(struct meter *meter, struct meter_worker *worker, uint64_t now) {
	const uint64_t took = now - worker->last;

	if (worker->last != 0) {
		if (took < meter->shortest)
			meter->shortest = took;
		if (took > away_limit(meter))
			meter->is_spoiled = true;
	}
	worker->last = now;
}

void meter_tick(struct meter *meter, unsigned frames) {
	if (atomic_load_explicit(&meter->is_done, memory_order_relaxed))
		return;
	const uint64_t now = rte_rdtsc();
	judge_round(meter, worker_of(meter, rte_lcore_id()), now);
	if (meter->began == 0)
		meter->began = now; // what came before this tick is not in the window
	else
		meter->frames += frames;
	if (now - meter->began >= meter->window_cycles)
		end_window(meter, now);
}

void meter_spoil(struct meter *meter) {
	meter->is_spoiled = true;
}

void meter_mark(struct meter *meter) {
	meter->is_marked = true;
}

unsigned meter_window_now(const struct meter *meter) {
	const unsigned n = meter->kept + meter->discarded;
	return meter->is_warm && n < meter->wanted ? n : METER_WINDOWS_MAX;
}

bool meter_wait(struct meter *meter) {
	const uint64_t run_cycles = meter->window_cycles * (meter->wanted + 1) * 10;
	struct timespec until;

	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_sec += PATIENCE_S + (time_t)(run_cycles / rte_get_tsc_hz());
	while (sem_timedwait(&meter->done, &until) != 0)
		if (errno != EINTR)
			return false;
	return true;
}

static int by_value(const void *a, const void *b) {
	const double x = *(const double *)a, y = *(const double *)b;
	return (x > y) - (x < y);
}

double median_of(double *values, unsigned n) {
	qsort(values, n, sizeof(values[0]), by_value);
	return n % 2 ? values[n / 2] : (values[n / 2 - 1] + values[n / 2]) / 2;
}

/* Costs of the kept windows that are marked as `with` or `or` says. */
static unsigned
gather(const struct meter *meter, bool with, bool or, double cost[METER_WINDOWS_MAX]) {
	unsigned n = 0;

	for (unsigned i = 0; i < meter->kept + meter->discarded; i++) {
		const struct meter_window *w = &meter->window[i];
		if (w->is_good && (w->is_marked == with || w->is_marked == or))
			cost[n++] = w->cycles;
	}
	return n;
}

double meter_median(const struct meter *meter) {
	double cost[METER_WINDOWS_MAX];
	const unsigned n = gather(meter, true, false, cost);
	return n == 0 ? 0 : median_of(cost, n);
}

double meter_median_of(const struct meter *meter, bool is_marked) {
	double cost[METER_WINDOWS_MAX];
	const unsigned n = gather(meter, is_marked, is_marked, cost);
	return n == 0 ? 0 : median_of(cost, n);
}

double meter_best(const struct meter *meter) {
	double best = 0;

	for (unsigned i = 0; i < meter->kept + meter->discarded; i++) {
		const struct meter_window *w = &meter->window[i];
		if (w->is_good && (best == 0 || w->cycles < best))
			best = w->cycles;
	}
	return best;
}
