/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Two appliances wired back to back through DPDK ring ports, in one process and without MKA: host
 * ring of end 0, its protect lane, the line, the validate lane of end 1, host ring of end 1, and
 * the same the other way. Lanes, workers and the door are the product's own.
 *
 * Everything here fails the test by itself (tests/tap.h). Main thread.
 */
#pragma once

#include "control/sa_install.h"
#include "control/workers.h"
#include "dataplane/lane.h"

#include <stdint.h>

#define RIG_QUEUE_FRAMES 511u // of each host and line ring
#define RIG_FRAME_MAX_OCTETS 9000u

struct rig_end {
	char name[16];
	uint64_t sci;
	struct ki_store *used_kis;
	struct sa_install *door;
	struct rte_mempool *pool;             // of both ports
	struct rte_ring *from_host, *to_host; // the test is the host
	struct rte_ring *to_line;
	uint16_t host_port, line_port;
	struct lane protect, validate;
	struct frame_ring inject, punt;
	struct lane_counters_set protect_counters, validate_counters;
};

struct rig {
	struct crypto_engine *engine; // not its own
	struct workers *workers;
	char run_dir[40];
	struct rig_end end[2];
};

struct rig_request {
	struct crypto_engine *engine; // borrowed; must outlive the rig
	unsigned workers_per_lane;    // 0: each lane its own, in turn over the CPUs
	uint32_t replay_window;
	uint16_t segment_octets; // mbuf data room without head-room; 0: whole frames
	bool is_end_1_unserved;  // no worker polls the lanes of end 1
};

/* EAL without hugepages, devices and files. Once per process. */
void rig_eal_start(void);

/* The product's engine. To be ended with crypto_engine_destroy. */
struct crypto_engine *rig_engine(void);

/* Builds both ends and starts the workers. To be ended with rig_close. */
struct rig *rig_open(const struct rig_request *request);

/* Stops the workers; after it the counters do not move. A second call changes nothing. */
void rig_stop(struct rig *rig);

/* Takes all down and checks that no mbuf and no key memory is lost. */
void rig_close(struct rig *rig);

/* The SAK number `kn` as MKA would hand it to this end; its AN is kn modulo 4. */
void rig_sak(
	const struct rig *rig, unsigned end, enum cipher_suite suite, uint32_t kn, struct sak *sak
);

/* Installs a SAK on both ends and transmits with it. */
void rig_secure(struct rig *rig, enum cipher_suite suite, uint32_t kn);

/* A lane's counters, summed over its workers. */
struct counters rig_counters(const struct lane_counters_set *set);

/* On failure, for tap_explain_with: prints every counter and queue of the rig (`arg`), and leaves
 * no file behind. Any thread. */
void rig_last_words(const void *arg);

/* Removes the folder of used key identifiers. */
void rig_remove_run_dir(const struct rig *rig);

/* Waits until a counter of a lane has reached a value. */
void rig_wait_counter(const struct lane_counters_set *set, enum counter counter, uint64_t value);

/* After rig_stop: in = out + dropped on the lane; and not one frame was dropped or is doubtful. */
void rig_must_balance(const struct lane_counters_set *set, const char *lane);
void rig_must_be_clean(const struct lane_counters_set *set, const char *lane);
