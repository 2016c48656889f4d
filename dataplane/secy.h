/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * One link's SecY: what it may do, and the published SAs. Control writes through
 * control/sa_install.c only; workers read. A pointer that was read lives until its reader's next
 * quiescent report (rte_rcu_qsbr).
 */
#pragma once

#include "dataplane/sa.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SECY_AN_SLOTS 4u

enum secy_validate { SECY_STRICT, SECY_CHECK, SECY_DISABLED };

/* Bits of `bypass`: protocols that cross in clear, both ways. */
enum secy_bypass {
	SECY_BYPASS_LLDP = 1 << 0,
	SECY_BYPASS_LACP = 1 << 1,
	SECY_BYPASS_STP = 1 << 2,
	SECY_BYPASS_CDP = 1 << 3,
	SECY_BYPASS_PAUSE = 1 << 4,
	SECY_BYPASS_PTP = 1 << 5,
};

/* A receive secure channel: one peer. */
struct rx_sc {
	uint64_t sci;
	_Atomic(struct rx_sa *) sa[SECY_AN_SLOTS]; // control wo (release), worker ro (acquire)
};

/* All receive SCs; replaced as a whole when one comes or goes. Open addressing, at most half full.
 */
struct rx_sc_table {
	uint32_t n;
	uint32_t mask; // slots - 1
	struct rx_sc *slot[];
};

struct secy {
	// set at create, worker ro
	enum secy_validate validate;
	bool is_replay_protecting;
	uint8_t vlan_in_clear; // VLAN tags before the SecTAG, 0..2
	uint32_t replay_window;
	uint32_t bypass;

	// control wo (release), worker ro (acquire)
	_Atomic(struct tx_sa *) tx_sa; // the one that transmits; NULL: none
	_Atomic(const struct rx_sc_table *) rx_scs;
	atomic_bool is_clear_allowed; // should-secure and not secured: unprotected frames cross
	_Atomic uint32_t floor_generation; // moved after an lpn_floor was raised
};

/* Spreads SCIs over the table: they differ in few bits. */
static inline uint32_t rx_sc_hash(uint64_t sci) {
	return (uint32_t)((sci * 0x9e3779b97f4a7c15u) >> 32);
}

/* The receive SC of an SCI, or NULL. Worker. */
static inline struct rx_sc *rx_sc_find(const struct rx_sc_table *table, uint64_t sci) {
	for (uint32_t i = rx_sc_hash(sci);; i++) {
		struct rx_sc *sc = table->slot[i & table->mask];
		if (sc == NULL || sc->sci == sci)
			return sc;
	}
}

/* The one peer, when there is exactly one: the SCI that a frame without any means (802.1AE 9.5).
 * Worker. */
static inline struct rx_sc *rx_sc_only(const struct rx_sc_table *table) {
	if (table->n != 1)
		return NULL;
	uint32_t i = 0;
	while (table->slot[i] == NULL)
		i++;
	return table->slot[i];
}
