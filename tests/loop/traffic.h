/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The closed-loop generator: a thread that is host at both ends. It keeps a number of frames in
 * flight that is smaller than any queue on the way, so none may be lost, and checks that each comes
 * out at the other end, in order, with its content.
 */
#pragma once

#include "tests/loop/rig.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#define TRAFFIC_IN_FLIGHT 256u // fewer than RIG_QUEUE_FRAMES

/* One direction. */
struct traffic_flow {
	struct rte_ring *in, *out;
	struct rte_mempool *pool;
	uint64_t before_mark; // frames handed in before the last mark was seen; see traffic_settle

	// generator wo, main thread ro
	_Atomic uint64_t sent, received;
};

struct traffic {
	// set by the caller before traffic_start
	uint32_t min_octets, max_octets; // of frames, at least 60
	bool is_two_way;

	struct traffic_flow flow[2]; // from end 0, from end 1
	atomic_uint mark_wanted;     // main thread wo
	atomic_uint mark_seen;       // generator wo (release: before_mark is set)
	atomic_bool is_stopping;
	pthread_t thread;
};

/* Starts the generator. Main thread, like all that follow. */
void traffic_start(struct traffic *traffic, struct rig *rig);

/*
 * Waits until everything that was handed in before the call has arrived. What was changed in the
 * data plane before the call holds for every frame handed in later: the generator takes note of the
 * mark (acquire) before it hands in another, and the lane loads its SA after it took the frame.
 */
void traffic_settle(struct traffic *traffic);

/* Waits until flow 0 has brought so many frames to the other end. */
void traffic_wait_received(struct traffic *traffic, uint64_t frames);

/* Lets everything in flight arrive and ends the generator. Returns the frames received, all flows.
 */
uint64_t traffic_stop(struct traffic *traffic);
