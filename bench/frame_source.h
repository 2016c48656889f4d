/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A port that receives frames without end: DPDK's null port, whose buffers are those that were sent
 * before, hot in the cache, made new by a callback on each reception. Everything measured on such a
 * port pays for that, the floor too.
 *
 * To be protected: a fresh Ethernet header, because the old one may have become anything.
 *
 * To be validated: frames protected beforehand, each with a packet number of its own. What a
 * validation changes is put back without touching the user data: decrypting is the same
 * exclusive-or as encrypting, so a frame that was decrypted in place is, under its IV, again a
 * ciphertext, that of the former one. Both ICVs were computed beforehand. So each frame has two
 * valid faces that follow each other, and a reception costs three stores. Its packet number stays
 * the same: it is inside the replay window, which by 802.1AE 10.6.5 lets a duplicate pass.
 */
#pragma once

#include "bench/bench_sa.h"
#include "bench/frame_mix.h"
#include "bench/meter.h"
#include "control/workers.h"
#include "dataplane/crypto.h"
#include "dataplane/sectag.h"

#include <stdint.h>

#define FRAME_SOURCE_MBUFS 1023u
#define FRAME_SOURCE_WINDOW 1048576u // replay window; more than there are frames

struct port;
struct rte_eth_rxtx_callback;
struct rte_mbuf;
struct rte_mempool;

/* What is known of a buffer's frame; kept in the mbuf's head-room, which a SecTAG does not reach.
 */
struct frame_seed {
	uint16_t octets; // on this port
	uint8_t face;    // which ICV is valid
	uint8_t head_octets;
	uint8_t unused[4];
	uint64_t arrived; // TSC; written by whoever paces the port
	uint8_t head[32]; // addresses and SecTAG
	uint8_t icv[2][ICV_OCTETS];
};

struct frame_source {
	struct port *port;
	const struct rte_eth_rxtx_callback *callback;
	uint16_t port_id;
	struct rte_mempool *pool;
	const struct frame_mix *mix;
	enum crypto_direction direction; // what is to be done with the frames
	uint8_t flip;                    // 1 while whoever takes the frames decrypts them in place

	// receiving thread; of mixed frames only
	uint64_t frames, octets;
};

struct frame_source_request {
	const struct frame_mix *mix;
	enum crypto_direction direction;
	// frames to be validated are spread over so many SAs, in turn
	struct bench_sa *const *sa;
	uint32_t n_sa;
	uint32_t n_mbufs; // 0: FRAME_SOURCE_MBUFS
};

/* Opens the port with frames in place. `source` stays where it is. False after a message. Main
 * thread. */
bool frame_source_open(struct frame_source *source, const struct frame_source_request *request);
void frame_source_close(struct frame_source *source);

/* Makes a received or kept frame as it was when it arrived. */
void frame_source_renew(const struct frame_source *source, struct rte_mbuf *m);

/* What a sink does with a burst, in the thread that sends it. */
struct frame_sink {
	struct port *port;
	const struct rte_eth_rxtx_callback *callback;
	struct meter *meter; // ticked with the burst; NULL: no

	// called with each burst; NULL: nothing
	void (*look)(void *arg, struct rte_mbuf *const frames[], uint16_t n);
	void *look_arg;

	// frames of another lane that count too
	const struct lane_counters_set *also;
	uint64_t also_seen;
};

/* A null port that swallows what is sent. False after a message. */
bool frame_sink_open(struct frame_sink *sink, uint16_t mtu);
void frame_sink_close(struct frame_sink *sink);

static inline struct frame_seed *frame_seed_of(void *buffer) {
	return buffer;
}
