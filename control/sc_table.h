/* SPDX-License-Identifier: BSD-3-Clause */
/* Tables of receive SCs: built new for each change, published by sa_install.c, freed when out of
 * the workers' sight. */
#pragma once

#include "control/sak.h"
#include "dataplane/secy.h"

#include <stdint.h>

struct rte_rcu_qsbr;
struct sc_table; // a table with what control keeps beside it

/* A table without SCs. NULL without memory. */
struct rx_sc_table *sc_table_empty(void);

/*
 * A copy of `table` that also has an SC for each of the peers; the SCs that there are stay the same
 * objects. *out is NULL when nothing is missing. Returns 0 or -ENOMEM.
 */
int sc_table_with(
	const struct rx_sc_table *table, const struct sak_member *peers, uint32_t n_peers,
	struct rx_sc_table **out
);

/* A copy without the SCs that have no SA in any slot; NULL when there is none such (or no memory:
 * then it stays). */
struct rx_sc_table *sc_table_without_idle(const struct rx_sc_table *table);

/* Frees a table that no worker sees, with all its SCs. */
void sc_table_free(const struct rx_sc_table *table);

/*
 * Puts a replaced table on the list of those that wait for the RCU token. SCs that its successor
 * does not have go with it.
 */
void sc_table_retire(
	struct sc_table **list, const struct rx_sc_table *old, const struct rx_sc_table *successor,
	uint64_t token
);

/* Frees what no worker can see any more (everything, when rcu is NULL). Returns how many tables
 * still wait. */
unsigned sc_table_free_retired(struct sc_table **list, struct rte_rcu_qsbr *rcu);
