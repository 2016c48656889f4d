/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Frames that arrive on schedule, and how long each takes to the transmit port. A frame's time
 * begins when it was due, not when somebody came to fetch it: a worker that is late delays what
 * waits behind it, as a NIC's queue would. Polled by one worker.
 */
#pragma once

#include "bench/meter.h"

#include <stdint.h>

#define PACE_QUEUE_FRAMES 1024u // more cannot wait: the window is spoiled then

struct pace;
struct rig;

/* Percentiles in TSC cycles, over the good windows. */
struct pace_figures {
	double p50, p90, p99, p999, longest;
	double load; // frames that came per frame that was due
	uint64_t frames;
};

/*
 * Paces the rig's port at `cycles` TSC cycles between frames and watches its sink, for `windows`
 * windows of `meter`. NULL without memory. To be ended with pace_close before the rig. Main thread.
 */
struct pace *pace_open(struct rig *rig, const struct meter *meter, unsigned windows, double cycles);
void pace_close(struct pace *pace);

/* After the run. */
void pace_figures(const struct pace *pace, struct pace_figures *figures);
