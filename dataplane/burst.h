/* SPDX-License-Identifier: BSD-3-Clause */
/* A burst on its way through a lane: the frames, what is to become of each, and what was captured
 * for its ticket. */
#pragma once

#include "dataplane/counters.h"
#include "dataplane/crypto.h"
#include "dataplane/sa.h"
#include "dataplane/sectag.h"

#include <stdalign.h>
#include <stdbool.h>
#include <stdint.h>

#define BURST_FRAMES 32u
#define BURST_AAD_OCTETS 80u // addresses, SecTAG with SCI, confidentiality offset 50

struct rte_mbuf;

/* What becomes of a frame. Each stage moves it on; transmit_burst frees what is dropped, in one
 * place. */
enum fate {
	FATE_SECURE, // to be protected, or validated
	FATE_SEND,   // leaves through the transmit port as it is
	FATE_PUNT,   // goes to control
	FATE_DROP,   // lost, for burst.reason
};

struct burst {
	uint32_t n;
	uint32_t ticket;
	struct rte_mbuf *frame[BURST_FRAMES];
	uint8_t fate[BURST_FRAMES];
	uint8_t reason[BURST_FRAMES]; // enum counter, of a dropped frame

	// captured under the receive turn (rule iii)
	struct tx_sa *tx_sa;
	struct rx_sa *rx_sa[BURST_FRAMES]; // NULL: no SC or no SA in use
	uint64_t pn[BURST_FRAMES];         // reserved, or recovered from the wire
	uint64_t sci[BURST_FRAMES];        // of the sender; validate lane
	struct sectag tag[BURST_FRAMES];   // validate lane
	uint32_t clear[BURST_FRAMES]; // octets before the SecTAG: addresses and clear VLAN tags

	// the crypto passes
	uint32_t n_ops;
	uint8_t op_frame[BURST_FRAMES]; // which frame an operation belongs to
	uint32_t user[BURST_FRAMES];    // octets of user data
	bool is_ok[BURST_FRAMES];       // the ICV verified
	struct crypto_op op[BURST_FRAMES];
	alignas(16) uint8_t icv[BURST_FRAMES][ICV_OCTETS]; // computed on receipt
	alignas(16) uint8_t aad[BURST_FRAMES][BURST_AAD_OCTETS];
};

/* Decides that a frame is lost, and why. It is counted and freed in transmit_burst. */
static inline void burst_drop(struct burst *burst, uint32_t i, enum counter reason) {
	burst->fate[i] = FATE_DROP;
	burst->reason[i] = (uint8_t)reason;
}
