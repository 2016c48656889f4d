/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The door into the data plane: the only code that writes what workers read (dataplane/secy.h). It
 * publishes SAs, switches transmission, retires, and frees a retired SA once no worker can hold it
 * any more. It never waits for a worker, and no worker ever stops for it. Control thread only.
 */
#pragma once

#include "control/sak.h"
#include "dataplane/crypto.h"
#include "dataplane/secy.h"

#include <stdbool.h>
#include <stdint.h>

struct ki_store;
struct rte_rcu_qsbr;
struct sa_install;

struct sa_install_config {
	const char *link_name; // for messages; must outlive the door
	uint64_t sci;          // ours, host integer
	bool include_sci;      // an SCI in every SecTAG; without, only while there is one peer
	enum secy_validate validate;
	bool replay_protect;
	uint32_t replay_window; // frames
	uint32_t bypass;        // enum secy_bypass bits
	uint8_t vlan_in_clear;  // 0..2
	const struct crypto_engine *engine;
	struct rte_rcu_qsbr *rcu;
	struct ki_store *used_kis; // KIs that this machine has transmitted with
};

/*
 * Makes a SecY without SAs. Pointers of `config` must outlive it.
 * Returns 0 and the door, or -ENOMEM.
 */
int sa_install_create(const struct sa_install_config *config, struct sa_install **out);

/* Wipes and frees everything. Only when no worker polls this link's lanes any more. NULL is
 * allowed. */
void sa_install_destroy(struct sa_install *door);

/* The SecY for the link's lanes; lives as long as the door. */
struct secy *sa_install_secy(struct sa_install *door);

/*
 * Publishes the receive SAs of all peers of a new SAK and prepares its transmit SA; a SAK with the
 * same AN is retired first. The KI is remembered (also across restarts) before the key can be used.
 * Returns 0; -EEXIST when this KI was used before: to transmit with it again would repeat packet
 * numbers; -ENOMEM; -EIO when the KI cannot be remembered; -EINVAL. One log line on failure.
 * On failure no SA of it is there; the KI may count as used, and a SAK with the same AN may be
 * gone.
 */
int sa_install_sak(struct sa_install *door, const struct sak *sak);

/* Transmits with this SAK from the next burst on. Returns 0 or -ENOENT. */
int sa_install_transmit(struct sa_install *door, const struct ki *ki);

/* Takes the SAs of this SAK out of use, both directions. An unknown KI is ignored. */
void sa_install_retire(struct sa_install *door, const struct ki *ki);

/* Next PN of the transmit SA of this SAK; 0 when it is not installed. */
uint64_t sa_install_next_pn(const struct sa_install *door, const struct ki *ki);

/* Raises the lowest acceptable PN of a peer's receive SA (delay protection). Lower values change
 * nothing. */
void sa_install_raise_floor(
	struct sa_install *door, const struct ki *ki, uint64_t sci, uint64_t lowest_pn
);

/* Whether frames may cross unprotected while no SA transmits (should-secure). */
void sa_install_allow_clear(struct sa_install *door, bool is_allowed);

/* Frees what was retired and is out of every worker's sight. To be called now and then. Returns how
 * many still wait. */
unsigned sa_install_reclaim(struct sa_install *door);

/* One installed SAK, newest first, for views. False past the end. The pointers live until the next
 * change. */
struct sa_install_entry {
	struct ki ki;
	uint8_t an;
	enum cipher_suite suite;
	bool confidentiality;
	uint8_t confidentiality_offset;
	bool is_transmitting;
	uint32_t own_ssci;
	uint32_t n_peers;
	const struct sak_member *peers;
	const struct tx_sa *tx;
	const struct rx_sa *rx; // n_peers of them, in the order of `peers`
};
bool sa_install_entry(
	const struct sa_install *door, unsigned index, struct sa_install_entry *entry
);
