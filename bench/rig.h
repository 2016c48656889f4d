/* SPDX-License-Identifier: BSD-3-Clause */
/* One lane between two null ports: the product's own lane and workers without a wire. */
#pragma once

#include "bench/bench_sa.h"
#include "bench/frame_source.h"
#include "bench/meter.h"
#include "dataplane/lane.h"

#include <stdbool.h>
#include <stdint.h>

/* What is to be measured. */
struct rig_shape {
	const struct crypto_engine *engine; // borrowed
	enum cipher_suite suite;
	bool is_encrypting;
	enum crypto_direction direction;
	const struct frame_mix *mix;
	uint32_t n_sa; // of as many peers; 0: one
};

struct rig {
	struct rig_shape shape;
	struct frame_source source;
	struct frame_sink sink;
	struct secy secy;
	struct rx_sc_table *scs;
	struct bench_sa **sa;
	struct lane lane;
	struct frame_ring control; // nothing is injected, nothing punted

	// what the main thread drives by itself: the floor, the stages without ports
	struct lane_worker own;
	struct lane_counters own_counters;
	struct burst burst;
};

/*
 * Makes it. EAL must run. Returns NULL after a message. Main thread, as all that follow.
 */
struct rig *rig_create(const struct rig_shape *shape);
/* NULL is allowed. */
void rig_destroy(struct rig *rig);

/*
 * Contenders for contest_run; `arg` is the rig. The floor: receive and transmit only, by the main
 * thread. The others: the lane in as many workers on CPUs of their own, the product's loop; frames
 * that were lost or not secured make the run void.
 */
const char *rig_run_floor(void *rig, struct meter *meter);
const char *rig_run_one_worker(void *rig, struct meter *meter);
const char *rig_run_two_workers(void *rig, struct meter *meter);

/*
 * The same with other lanes. `aside` is done meanwhile by the main thread, on another CPU: NULL
 * only waits; else it is called until the meter is done, with `arg` and the lane's counters.
 */
struct rig_work {
	uint16_t n_workers;
	struct rig *also; // a second lane for the same workers, whose frames count too; NULL: none
	void (*aside)(void *arg, const struct lane_counters_set *counters);
	void *arg;
};
const char *rig_run_work(struct rig *rig, const struct rig_work *work, struct meter *meter);

/* For whoever takes the port's frames by other means: whether it decrypts them in place. */
void rig_let_decrypt(struct rig *rig, bool is_decrypting);

/*
 * Why what a lane did was no measurement: a frame was lost, or crossed without being secured.
 * NULL: all is well.
 */
const char *rig_judge(const struct counters *sum, enum crypto_direction direction);

/* Mean octets of the frames of this port, measured where they are mixed; without MACsec's. */
double rig_mean_octets(const struct rig *rig);
