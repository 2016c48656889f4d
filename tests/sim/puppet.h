/* SPDX-License-Identifier: BSD-3-Clause */
/* A member whose every MKPDU a test writes itself, with the right CAK. */
#pragma once

#include "control/mka/keys.h"
#include "tests/sim/world.h"

struct puppet {
	struct mka_keys keys;
	struct mkpdu pdu;       // sent as it is, but for MN, lists and ICV
	bool is_silent_of_peer; // leaves the node out of its live list
	uint32_t participant;   // of the node, by its index: whose identity is listed
	uint8_t entries[CA_MAX_MEMBERS * MKPDU_LIST_ENTRY_OCTETS];
	uint32_t n_others; // entries that the test put in, before the node's own
	/* NULL, or may change the octets before the ICV, at most `size` of them then; returns their
	 * number. */
	size_t (*rewrite)(uint8_t *frame, size_t octets, size_t size);
};

/* Takes CAK, CKN and addresses from the node's configuration. */
void puppet_begin(struct puppet *puppet, const struct node *node, uint64_t sci, uint8_t priority);
void puppet_end(struct puppet *puppet);

/* Sends the MKPDU with the next MN. Returns what mka_receive returned. */
int puppet_say(struct puppet *puppet, struct node *node);

/* Puts a Distributed SAK set into the next MKPDUs: key octets all `fill`, KN and AN as given. */
void puppet_distribute(
	struct puppet *puppet, enum cipher_suite suite, uint32_t kn, uint8_t an, uint8_t fill
);

/* Reports a key in the latest or the old position of SAK Use. */
void puppet_use(
	struct puppet *puppet, bool is_latest, const struct ki *ki, bool transmits, uint64_t lpn
);

/* KI of the key that puppet_distribute set last. */
struct ki puppet_ki(const struct puppet *puppet);
