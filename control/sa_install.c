/* SPDX-License-Identifier: BSD-3-Clause */

#include "control/sa_install.h"

#include "control/ki_store.h"
#include "control/log.h"
#include "control/sa_build.h"
#include "control/sc_table.h"
#include "control/secret.h"

#include <rte_rcu_qsbr.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct sa_install {
	struct sa_install_config config;
	struct secy secy;
	struct sa_set *installed; // newest first
	struct sa_set *retired;   // out of the tables, waiting for the workers
	struct sc_table *retired_tables;
};

int sa_install_create(const struct sa_install_config *config, struct sa_install **out) {
	struct sa_install *door = calloc(1, sizeof(*door));
	struct rx_sc_table *empty = sc_table_empty();

	if (door == NULL || empty == NULL) {
		free(door);
		free(empty);
		return -ENOMEM;
	}
	door->config = *config;
	door->secy.validate = config->validate;
	door->secy.is_replay_protecting = config->replay_protect;
	door->secy.replay_window = config->replay_window;
	door->secy.bypass = config->bypass;
	door->secy.vlan_in_clear = config->vlan_in_clear;
	atomic_init(&door->secy.rx_scs, empty);
	*out = door;
	return 0;
}

struct secy *sa_install_secy(struct sa_install *door) {
	return &door->secy;
}

static void free_sets(struct sa_install *door, struct sa_set *set) {
	while (set != NULL) {
		struct sa_set *next = set->next;
		sa_set_free(door->config.engine, set);
		set = next;
	}
}

void sa_install_destroy(struct sa_install *door) {
	if (door == NULL)
		return;
	free_sets(door, door->installed);
	free_sets(door, door->retired);
	sc_table_free_retired(&door->retired_tables, NULL);
	sc_table_free(atomic_load_explicit(&door->secy.rx_scs, memory_order_relaxed));
	free(door);
}

static struct sa_set *find(const struct sa_install *door, const struct ki *ki) {
	struct sa_set *set = door->installed;
	while (set != NULL &&
	       (set->sak.ki.kn != ki->kn || memcmp(set->sak.ki.mi, ki->mi, MI_OCTETS) != 0))
		set = set->next;
	return set;
}

static struct sa_set *find_an(const struct sa_install *door, uint8_t an) {
	struct sa_set *set = door->installed;
	while (set != NULL && set->sak.an != an)
		set = set->next;
	return set;
}

/* A KI may transmit once, ever: PNs start at 1 again with each SA, and a PN must not meet a key
 * twice. */
static int remember(struct sa_install *door, const struct sak *sak) {
	if (ki_store_is_known(door->config.used_kis, &sak->ki)) {
		log_warning(
			"sa", "%s: refused a SAK (KN %u) whose key identifier was used before",
			door->config.link_name, sak->ki.kn
		);
		return -EEXIST;
	}
	return ki_store_add(door->config.used_kis, &sak->ki) == 0 ? 0 : -EIO;
}

static const struct rx_sc_table *table_of(const struct sa_install *door) {
	return atomic_load_explicit(
		&door->secy.rx_scs, memory_order_relaxed
	); // we are its only writer
}

/* Release: pairs with the acquire loads of classify.c. The old table goes when no worker can be
 * reading it. */
static void publish_table(struct sa_install *door, struct rx_sc_table *table) {
	const struct rx_sc_table *old = table_of(door);
	atomic_store_explicit(&door->secy.rx_scs, table, memory_order_release);
	sc_table_retire(&door->retired_tables, old, table, rte_rcu_qsbr_start(door->config.rcu));
}

/* Makes sure that every peer of the set has an SC in the table. */
static int provide_scs(struct sa_install *door, const struct sa_set *set) {
	struct rx_sc_table *grown = NULL;
	const int error = sc_table_with(table_of(door), set->sak.peers, set->sak.n_peers, &grown);
	if (error == 0 && grown != NULL)
		publish_table(door, grown);
	return error;
}

static void publish_rx(struct sa_install *door, struct sa_set *set) {
	for (uint32_t i = 0; i < set->sak.n_peers; i++) {
		struct rx_sc *sc = rx_sc_find(table_of(door), set->sak.peers[i].sci);
		// release: pairs with classify_secured; the SA is complete before a worker sees it
		atomic_store_explicit(&sc->sa[set->sak.an], &set->rx[i], memory_order_release);
	}
}

/* What the lanes rely on: slots, table sizes, and that AAD with the offset fits a burst's room. */
static bool is_possible(const struct sak *sak) {
	const uint8_t offset = sak->confidentiality_offset;

	if (sak->an >= SECY_AN_SLOTS || sak->n_peers > CA_MAX_MEMBERS || sak->suite >= SUITE_COUNT)
		return false;
	return offset == 0 || (!suite_info(sak->suite)->is_xpn && (offset == 30 || offset == 50));
}

int sa_install_sak(struct sa_install *door, const struct sak *sak) {
	struct sa_set *set = NULL;

	if (!is_possible(sak))
		return log_error(EINVAL, "sa", "%s: a SAK that cannot be", door->config.link_name);
	int error = sa_set_build(&door->config, sak, &set);
	if (error != 0)
		return log_error(
			-error, "sa", "%s: the SAs of a SAK cannot be made: %s",
			door->config.link_name, strerror(-error)
		);
	error = remember(door, sak);
	struct sa_set *same_an = find_an(door, sak->an);
	if (error == 0 && same_an != NULL)
		sa_install_retire(door, &same_an->sak.ki);
	// after retiring, which takes SCs without SAs out of the table
	if (error == 0)
		error = provide_scs(door, set);
	if (error != 0) {
		sa_set_free(door->config.engine, set);
		return error;
	}
	publish_rx(door, set);
	set->next = door->installed;
	door->installed = set;
	return 0;
}

int sa_install_transmit(struct sa_install *door, const struct ki *ki) {
	struct sa_set *set = find(door, ki);
	if (set == NULL)
		return -ENOENT;
	// release: pairs with protect_reserve
	atomic_store_explicit(&door->secy.tx_sa, &set->tx, memory_order_release);
	return 0;
}

static void unpublish(struct sa_install *door, struct sa_set *set) {
	if (atomic_load_explicit(&door->secy.tx_sa, memory_order_relaxed) == &set->tx)
		atomic_store_explicit(&door->secy.tx_sa, NULL, memory_order_release);
	for (uint32_t i = 0; i < set->sak.n_peers; i++) {
		struct rx_sc *sc = rx_sc_find(table_of(door), set->sak.peers[i].sci);
		if (sc != NULL &&
		    atomic_load_explicit(&sc->sa[set->sak.an], memory_order_relaxed) == &set->rx[i])
			atomic_store_explicit(&sc->sa[set->sak.an], NULL, memory_order_release);
	}
}

void sa_install_retire(struct sa_install *door, const struct ki *ki) {
	struct sa_set **link = &door->installed;
	struct sa_set *set = find(door, ki);

	if (set == NULL)
		return;
	unpublish(door, set);
	while (*link != set)
		link = &(*link)->next;
	*link = set->next;
	struct rx_sc_table *shrunk = sc_table_without_idle(table_of(door));
	if (shrunk != NULL)
		publish_table(door, shrunk);
	// the token comes after every store above: a worker that passes it sees none of the set's
	// pointers
	set->token = rte_rcu_qsbr_start(door->config.rcu);
	set->next = door->retired;
	door->retired = set;
}

uint64_t sa_install_next_pn(const struct sa_install *door, const struct ki *ki) {
	const struct sa_set *set = find(door, ki);
	return set == NULL ? 0 : atomic_load_explicit(&set->tx.next_pn, memory_order_relaxed);
}

void sa_install_raise_floor(
	struct sa_install *door, const struct ki *ki, uint64_t sci, uint64_t lowest_pn
) {
	struct sa_set *set = find(door, ki);

	for (uint32_t i = 0; set != NULL && i < set->sak.n_peers; i++) {
		if (set->sak.peers[i].sci != sci ||
		    atomic_load_explicit(&set->rx[i].lpn_floor, memory_order_relaxed) >= lowest_pn)
			continue;
		atomic_store_explicit(&set->rx[i].lpn_floor, lowest_pn, memory_order_relaxed);
		// release: pairs with validate_raise_floors, which then finds the floor above
		atomic_fetch_add_explicit(&door->secy.floor_generation, 1, memory_order_release);
	}
}

void sa_install_allow_clear(struct sa_install *door, bool is_allowed) {
	atomic_store_explicit(&door->secy.is_clear_allowed, is_allowed, memory_order_release);
}

unsigned sa_install_reclaim(struct sa_install *door) {
	unsigned waiting = sc_table_free_retired(&door->retired_tables, door->config.rcu);
	struct sa_set **link = &door->retired;

	while (*link != NULL) {
		struct sa_set *set = *link;
		if (rte_rcu_qsbr_check(door->config.rcu, set->token, false) != 1) {
			waiting++;
			link = &set->next;
			continue;
		}
		*link = set->next;
		sa_set_free(door->config.engine, set);
	}
	return waiting;
}

bool sa_install_entry(
	const struct sa_install *door, unsigned index, struct sa_install_entry *entry
) {
	const struct sa_set *set = door->installed;

	while (set != NULL && index-- > 0)
		set = set->next;
	if (set == NULL)
		return false;
	*entry = (struct sa_install_entry){
		.ki = set->sak.ki,
		.an = set->sak.an,
		.suite = set->sak.suite,
		.confidentiality = set->sak.confidentiality,
		.confidentiality_offset = set->sak.confidentiality_offset,
		.is_transmitting =
			atomic_load_explicit(&door->secy.tx_sa, memory_order_relaxed) == &set->tx,
		.own_ssci = set->sak.own_ssci,
		.n_peers = set->sak.n_peers,
		.peers = set->sak.peers,
		.tx = &set->tx,
		.rx = set->rx,
	};
	return true;
}
