/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A link's two lanes without ports: tests put a burst in, run the stages, and look at what became
 * of it. Knows no test framework: each program says in bench_fail how it ends.
 */
#pragma once

#include "control/sa_install.h"
#include "dataplane/lane.h"

#include <stdbool.h>
#include <stdint.h>

/* Ends the test, the fuzzer or the tool: a check of the bench itself did not hold. Each program has
 * one (tests/unit/bench_fail.c for Criterion). */
_Noreturn void bench_fail(const char *what);

static inline void bench_require(bool holds, const char *what) {
	if (!holds)
		bench_fail(what);
}

struct lane_bench {
	struct crypto_engine *engine;
	struct rte_rcu_qsbr *rcu;
	struct rte_mempool *pool;
	struct ki_store *used_kis;
	struct sa_install *door;
	struct secy *secy; // the door's; tests may change what is set at create, between bursts
	struct lane protect, validate;
	struct lane_counters protect_counters, validate_counters;
	struct frame_ring inject, punt;
	struct burst burst;
	struct lane_worker protecting, validating;
	char run_dir[32];
};

struct bench_request {
	struct crypto_engine *engine; // taken over
	uint64_t sci;
	bool leaves_out_sci;
	enum secy_validate validate;
	bool ignores_replay;
	uint32_t replay_window;
	uint32_t bypass;
	uint8_t vlan_in_clear;
	uint16_t segment_octets; // mbuf data room without head-room; 0: whole frames
};

/* EAL without hugepages, devices and files; once per process. */
void bench_eal_start(void);

/* To be ended with bench_close, which requires that no mbuf and no key memory was lost. */
struct lane_bench *bench_open(const struct bench_request *request);
void bench_close(struct lane_bench *bench);

/* How a frame lies in mbufs. */
struct bench_shape {
	uint32_t first_octets; // in the first segment; 0: all
	uint32_t next_octets;  // in each further one; 0: all the rest
	bool is_tail_set;
	uint16_t tail_octets; // room left in the last segment, if set
};

/* Puts a frame into the burst, in segments of the pool's size, as if received. Returns its index.
 */
uint32_t bench_put(struct lane_bench *bench, const uint8_t *frame, uint32_t octets);
uint32_t bench_put_as(
	struct lane_bench *bench, const uint8_t *frame, uint32_t octets,
	const struct bench_shape *shape
);

/* Runs all stages but transmit over what was put in, on one lane. */
void bench_protect(struct lane_bench *bench);
void bench_validate(struct lane_bench *bench);

/* Copies a frame of the burst out; returns its length. */
uint32_t bench_get(const struct lane_bench *bench, uint32_t i, uint8_t *out, uint32_t room);

/* Frees the burst; dropped frames are counted, as transmit_burst does. Each must have one of the
 * two fates that a frame can end with. */
void bench_finish(struct lane_bench *bench, const struct lane_worker *w);

/* A counter as it stands. */
uint64_t bench_count(const struct lane_worker *w, enum counter counter);

/* All counters of both lanes to 0. */
void bench_reset_counters(struct lane_bench *bench);

/* The SA of a peer as the workers see it. */
struct rx_sa *bench_rx_sa(const struct lane_bench *bench, const struct ki *ki, uint32_t peer);

/* Sets the next PN of the transmit SA, or both PNs of a receive SA: what only tests may do. */
void bench_set_tx_pn(struct lane_bench *bench, const struct ki *ki, uint64_t next_pn);
void bench_set_rx_pn(
	struct lane_bench *bench, const struct ki *ki, uint64_t next_pn, uint64_t lowest_pn
);
