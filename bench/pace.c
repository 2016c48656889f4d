/* SPDX-License-Identifier: BSD-3-Clause */

#include "bench/pace.h"

#include "bench/rig.h"

#include <rte_cycles.h>
#include <rte_ethdev.h>
#include <rte_malloc.h>
#include <rte_mbuf.h>

#include <math.h>
#include <stdlib.h>

/*
 * A histogram with a resolution of 16 cycles below 2048 and of 1/64 above, up to 2^35 cycles, where
 * everything longer is put.
 */
#define LINEAR_BITS 11u
#define LINEAR_SLOTS (1u << (LINEAR_BITS - 4))
#define SUB_BITS 6u
#define TOP_BITS 35u
#define SLOTS (LINEAR_SLOTS + ((TOP_BITS - LINEAR_BITS + 1) << SUB_BITS))

struct histogram {
	uint32_t slot[SLOTS];
};

struct pace {
	struct rig *rig;
	const struct meter *meter;
	const struct rte_eth_rxtx_callback *callback;
	unsigned windows;
	double cycles;

	// worker
	double due;            // TSC at which the next frame arrives; 0: not begun
	struct histogram of[]; // of each window, so that those of bad windows can be left out
};

static unsigned slot_of(uint64_t cycles) {
	if (cycles < 1u << LINEAR_BITS)
		return (unsigned)(cycles >> 4);
	const unsigned bits = 63u - (unsigned)__builtin_clzll(cycles);
	if (bits > TOP_BITS)
		return SLOTS - 1;
	const unsigned sub = (unsigned)(cycles >> (bits - SUB_BITS)) & ((1u << SUB_BITS) - 1);
	return LINEAR_SLOTS + ((bits - LINEAR_BITS) << SUB_BITS) + sub;
}

/* The least number of cycles above a slot: what is told is never too short. */
static double cycles_of(unsigned slot) {
	if (slot < LINEAR_SLOTS)
		return (slot + 1) * 16.0;
	const unsigned bits = ((slot - LINEAR_SLOTS) >> SUB_BITS) + LINEAR_BITS;
	const unsigned sub = (slot - LINEAR_SLOTS) & ((1u << SUB_BITS) - 1);
	return ldexp(1.0 + (sub + 1.0) / (1u << SUB_BITS), (int)bits);
}

/* How many of n frames have arrived by now. */
static uint16_t arrive(struct pace *pace, struct rte_mbuf *const frames[], uint16_t n, double now) {
	uint16_t came = 0;

	if (pace->due == 0)
		pace->due = now;
	while (came < n && pace->due <= now) {
		frame_seed_of(frames[came]->buf_addr)->arrived = (uint64_t)pace->due;
		pace->due += pace->cycles;
		came++;
	}
	return came;
}

static uint16_t
receive(uint16_t port, uint16_t queue, struct rte_mbuf *frames[], uint16_t n, uint16_t room,
	void *arg) {
	struct pace *pace = arg;
	const double now = (double)rte_rdtsc();

	(void)port;
	(void)queue;
	(void)room;
	if (pace->due != 0 && now - pace->due > PACE_QUEUE_FRAMES * pace->cycles) {
		if (pace->rig->sink.meter != NULL)
			meter_spoil(pace->rig->sink.meter);
		pace->due = now; // the queue ran over
	}
	const uint16_t came = arrive(pace, frames, n, now);
	if (came < n)
		rte_pktmbuf_free_bulk(frames + came, n - came);
	return came;
}

/*
 * A frame counts for the window in which it was due: what waited while the worker was away belongs
 * to the window that is discarded for it, though it leaves in the next one.
 */
static void look(void *arg, struct rte_mbuf *const frames[], uint16_t n) {
	struct pace *pace = arg;
	const unsigned window = meter_window_now(pace->meter);
	const uint64_t now = rte_rdtsc();

	if (window >= pace->windows)
		return;
	for (uint16_t i = 0; i < n; i++) {
		const uint64_t due = frame_seed_of(frames[i]->buf_addr)->arrived;
		const bool is_earlier = due < pace->meter->began;
		if (!is_earlier || window > 0)
			pace->of[window - is_earlier].slot[slot_of(now - due)]++;
	}
}

struct pace *
pace_open(struct rig *rig, const struct meter *meter, unsigned windows, double cycles) {
	struct pace *pace = calloc(1, sizeof(*pace) + windows * sizeof(pace->of[0]));

	if (pace == NULL)
		return NULL;
	pace->rig = rig;
	pace->meter = meter;
	pace->windows = windows;
	pace->cycles = cycles;
	// before the one that makes frames new: what has not arrived is to stay as it is
	pace->callback = rte_eth_add_first_rx_callback(rig->source.port_id, 0, receive, pace);
	if (pace->callback == NULL) {
		free(pace);
		return NULL;
	}
	rig->sink.look_arg = pace;
	rig->sink.look = look;
	return pace;
}

void pace_close(struct pace *pace) {
	pace->rig->sink.look = NULL;
	if (rte_eth_remove_rx_callback(pace->rig->source.port_id, 0, pace->callback) == 0)
		rte_free((void *)(uintptr_t)pace->callback);
	free(pace);
}

static void sum_up(const struct pace *pace, struct histogram *sum, struct pace_figures *figures) {
	double cycles = 0;

	for (unsigned w = 0; w < pace->windows; w++) {
		uint64_t frames = 0;
		if (!pace->meter->window[w].is_good)
			continue;
		for (unsigned i = 0; i < SLOTS; i++) {
			sum->slot[i] += pace->of[w].slot[i];
			frames += pace->of[w].slot[i];
		}
		figures->frames += frames;
		cycles += pace->meter->window[w].cycles * (double)frames;
	}
	figures->load = (double)figures->frames * pace->cycles / cycles;
}

/* The time within which this share of the frames left. */
static double percentile(const struct histogram *sum, uint64_t frames, double share) {
	uint64_t seen = 0;

	for (unsigned i = 0; i < SLOTS; i++) {
		seen += sum->slot[i];
		if (seen > 0 && (double)seen >= (double)frames * share)
			return cycles_of(i);
	}
	return NAN;
}

void pace_figures(const struct pace *pace, struct pace_figures *figures) {
	struct histogram sum = {{0}};

	*figures = (struct pace_figures){0};
	sum_up(pace, &sum, figures);
	figures->p50 = percentile(&sum, figures->frames, 0.5);
	figures->p90 = percentile(&sum, figures->frames, 0.9);
	figures->p99 = percentile(&sum, figures->frames, 0.99);
	figures->p999 = percentile(&sum, figures->frames, 0.999);
	figures->longest = percentile(&sum, figures->frames, 1);
}
