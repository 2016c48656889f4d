/* SPDX-License-Identifier: BSD-3-Clause */

#include "control/sc_table.h"

#include <rte_rcu_qsbr.h>

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>

/* An SC, and a table, with what only control sees in front. Retiring needs no memory, so it cannot
 * fail. */
struct owned_sc {
	struct owned_sc *next_dying;
	struct rx_sc sc;
};

struct sc_table {
	struct sc_table *next_retired;
	uint64_t token;
	struct owned_sc *dying; // SCs that no later table has
	struct rx_sc_table table;
};

static struct sc_table *owner_of(const struct rx_sc_table *table) {
	return (struct sc_table *)((uintptr_t)table - offsetof(struct sc_table, table));
}

static struct owned_sc *sc_owner_of(struct rx_sc *sc) {
	return (struct owned_sc *)((uintptr_t)sc - offsetof(struct owned_sc, sc));
}

/* At most half full, so that a search ends soon and always ends. */
static struct rx_sc_table *table_for(uint32_t n) {
	uint32_t slots = 4;
	while (slots < 2 * n)
		slots *= 2;
	struct sc_table *owner = calloc(1, sizeof(*owner) + slots * sizeof(owner->table.slot[0]));
	if (owner == NULL)
		return NULL;
	owner->table.mask = slots - 1;
	return &owner->table;
}

static void table_put(struct rx_sc_table *table, struct rx_sc *sc) {
	uint32_t i = rx_sc_hash(sc->sci);
	while (table->slot[i & table->mask] != NULL)
		i++;
	table->slot[i & table->mask] = sc;
	table->n++;
}

static struct rx_sc *sc_new(uint64_t sci) {
	struct owned_sc *owner = calloc(1, sizeof(*owner));
	if (owner == NULL)
		return NULL;
	owner->sc.sci = sci;
	return &owner->sc;
}

struct rx_sc_table *sc_table_empty(void) {
	return table_for(0);
}

static void copy_all(const struct rx_sc_table *from, struct rx_sc_table *to) {
	for (uint32_t i = 0; i <= from->mask; i++)
		if (from->slot[i] != NULL)
			table_put(to, from->slot[i]);
}

static uint32_t
missing(const struct rx_sc_table *table, const struct sak_member *peers, uint32_t n) {
	uint32_t count = 0;
	for (uint32_t i = 0; i < n; i++)
		count += rx_sc_find(table, peers[i].sci) == NULL;
	return count;
}

/* Takes back the SCs that only `grown` has; the others belong to the table in use. */
static void undo(const struct rx_sc_table *table, struct rx_sc_table *grown) {
	for (uint32_t i = 0; i <= grown->mask; i++)
		if (grown->slot[i] != NULL && rx_sc_find(table, grown->slot[i]->sci) == NULL)
			free(sc_owner_of(grown->slot[i]));
	free(owner_of(grown));
}

int sc_table_with(
	const struct rx_sc_table *table, const struct sak_member *peers, uint32_t n_peers,
	struct rx_sc_table **out
) {
	const uint32_t more = missing(table, peers, n_peers);

	*out = NULL;
	if (more == 0)
		return 0;
	struct rx_sc_table *grown = table_for(table->n + more);
	if (grown == NULL)
		return -ENOMEM;
	copy_all(table, grown);
	for (uint32_t i = 0; i < n_peers; i++) {
		if (rx_sc_find(grown, peers[i].sci) != NULL)
			continue;
		struct rx_sc *sc = sc_new(peers[i].sci);
		if (sc == NULL) {
			undo(table, grown);
			return -ENOMEM;
		}
		table_put(grown, sc);
	}
	*out = grown;
	return 0;
}

static bool is_idle(const struct rx_sc *sc) {
	for (unsigned an = 0; an < SECY_AN_SLOTS; an++)
		if (atomic_load_explicit(&sc->sa[an], memory_order_relaxed) != NULL)
			return false;
	return true;
}

struct rx_sc_table *sc_table_without_idle(const struct rx_sc_table *table) {
	struct rx_sc_table *shrunk = table_for(table->n);

	for (uint32_t i = 0; shrunk != NULL && i <= table->mask; i++)
		if (table->slot[i] != NULL && !is_idle(table->slot[i]))
			table_put(shrunk, table->slot[i]);
	if (shrunk != NULL && shrunk->n < table->n)
		return shrunk;
	if (shrunk != NULL)
		free(owner_of(shrunk));
	return NULL;
}

void sc_table_free(const struct rx_sc_table *table) {
	for (uint32_t i = 0; i <= table->mask; i++)
		if (table->slot[i] != NULL)
			free(sc_owner_of(table->slot[i]));
	free(owner_of(table));
}

void sc_table_retire(
	struct sc_table **list, const struct rx_sc_table *old, const struct rx_sc_table *successor,
	uint64_t token
) {
	struct sc_table *owner = owner_of(old);

	for (uint32_t i = 0; i <= old->mask; i++) {
		if (old->slot[i] == NULL || rx_sc_find(successor, old->slot[i]->sci) != NULL)
			continue;
		struct owned_sc *dying = sc_owner_of(old->slot[i]);
		dying->next_dying = owner->dying;
		owner->dying = dying;
	}
	owner->token = token;
	owner->next_retired = *list;
	*list = owner;
}

static void free_retired(struct sc_table *owner) {
	while (owner->dying != NULL) {
		struct owned_sc *next = owner->dying->next_dying;
		free(owner->dying);
		owner->dying = next;
	}
	free(owner);
}

unsigned sc_table_free_retired(struct sc_table **list, struct rte_rcu_qsbr *rcu) {
	unsigned waiting = 0;

	while (*list != NULL) {
		struct sc_table *owner = *list;
		if (rcu != NULL && rte_rcu_qsbr_check(rcu, owner->token, false) != 1) {
			waiting++;
			list = &owner->next_retired;
			continue;
		}
		*list = owner->next_retired;
		free_retired(owner);
	}
	return waiting;
}
