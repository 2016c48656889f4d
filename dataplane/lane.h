/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A lane: one direction of one link. The protect lane takes frames from the host port, protects
 * them and sends them to the line; the validate lane goes the other way. Any number of workers may
 * poll one lane: turn.h keeps the order.
 *
 * The stages, in the order in which a frame meets them: classify.c, then protect.c or validate.c,
 * then punt.c and transmit.c.
 */
#pragma once

#include "dataplane/burst.h"
#include "dataplane/counters.h"
#include "dataplane/crypto.h"
#include "dataplane/frame_ring.h"
#include "dataplane/secy.h"
#include "dataplane/turn.h"

#include <stdint.h>

struct rte_mempool;

enum lane_kind { LANE_PROTECT, LANE_VALIDATE };

struct lane {
	struct turn turn;

	// set at create, worker ro
	alignas(64) enum lane_kind kind;
	uint16_t rx_port;
	uint16_t tx_port;
	uint16_t tx_max_octets;       // longest frame that the transmit port takes
	uint16_t rx_truncated_octets; // a received frame this long may have been cut by the driver;
				      // UINT16_MAX: never
	struct secy *secy;
	const struct crypto_engine *engine;
	struct rte_mempool *pool;   // of the receive port; injected frames are built in it too
	struct frame_ring *control; // protect: from control (inject); validate: to control (punt)

	// receive turn holder only
	uint32_t floors_applied; // secy.floor_generation up to which the idle lane has raised
				 // lowest PNs
};

/* One worker's share of one lane. */
struct lane_worker {
	struct lane *lane;
	struct lane_counters *counters; // this worker's own
	struct crypto_context *crypto;  // this worker's own
	struct burst *burst;            // this worker's scratch, shared by its lanes (rule i)
};

/*
 * Takes one burst through the lane, if the receive turn is free and there is something to do.
 * Returns the number of frames handled. Worker; never blocks but for its transmit turn.
 */
unsigned lane_poll(const struct lane_worker *w);

/* The stages. Each works on w->burst; what holds before and after stands in its file. */
void classify_host_burst(const struct lane_worker *w);
void classify_line_burst(const struct lane_worker *w);
void protect_reserve(const struct lane_worker *w);
void protect_burst(const struct lane_worker *w);
void validate_burst(const struct lane_worker *w);
void validate_commit(const struct lane_worker *w);
void validate_raise_floors(struct lane *lane);
void punt_burst(const struct lane_worker *w);
void transmit_burst(const struct lane_worker *w);
