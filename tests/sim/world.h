/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A deterministic world for MKA: members on one simulated LAN segment, a clock that jumps from
 * event to event, one random generator for everything, and a model of the data plane that checks
 * the rules no implementation may break. The first broken rule is kept as a sentence in
 * `violation`.
 */
#pragma once

#include "control/mka/mkpdu.h"

#include <stdio.h>

#define MS UINT64_C(1000000)
#define SECOND UINT64_C(1000000000)
#define NODES_MAX CA_MAX_MEMBERS
#define HEARD_MAX 160u
#define KEYS_MAX 4096u

struct world;

/* What the network does to MKPDUs. Data frames are delayed but neither lost nor reordered. */
struct network {
	unsigned int loss_permille;
	unsigned int duplicate_permille;
	uint64_t delay_min_ns;
	uint64_t delay_max_ns;
};

/* One SAK in a node's data plane: its receive SAs, and its transmit SA with the packet number. */
struct model_sa {
	bool is_valid;
	bool is_transmit;
	struct sak sak;
	uint64_t installed_ns;
	uint64_t next_pn;
};

/* The last MKPDU that reached a node from one MI: what the node may rely on. */
struct heard {
	uint8_t mi[MI_OCTETS];
	uint32_t mn;
	struct mkpdu_sak_use use;
};

struct node {
	struct world *world;
	unsigned int index;
	struct mka_config config;
	uint32_t n_caks;
	struct mka_cak
		caks[MKA_PARTICIPANTS_MAX]; // what it is started with; the first is for puppets
	struct mka *kay;                    // NULL while down
	uint64_t started_ns;
	uint64_t tick_ns;
	struct model_sa sas[4]; // by AN
	uint32_t n_heard;
	struct heard heard[HEARD_MAX];
	bool has_transmitted; // sak_transmit was called in the running call
	struct ki transmitted;
	int install_error; // next sak_install returns this once, when not 0
	bool refuses_known_kis;
	enum mka_state state;
	unsigned int state_changes;
	uint64_t data_ns; // when the next data frame is sent
	uint64_t missed;  // data frames that no receive SA was there for
	uint64_t data_sent;
	unsigned int mkpdus;
};

/* What the world knows of a key: one per KI, for ever. */
struct known_key {
	struct ki ki;
	struct sak sak; // as first installed, by whomever
	uint64_t own_sci;
	uint64_t pn_used[NODES_MAX];      // highest PN of each node, over restarts
	uint64_t tx_installed[NODES_MAX]; // start times of the incarnations that had a transmit SA
};

enum event_kind { EVENT_MKPDU, EVENT_DATA };

struct event {
	uint64_t at_ns;
	uint64_t order; // makes equal times deterministic
	enum event_kind kind;
	uint8_t from;
	uint8_t to;
	uint8_t an;
	struct ki ki;
	uint64_t pn;
	uint32_t octets;
	uint8_t *frame;
};

struct world {
	uint64_t now_ns;
	uint64_t random;
	uint64_t order;
	struct network network;
	unsigned int n_nodes;
	struct node nodes[NODES_MAX];
	bool is_cut[NODES_MAX][NODES_MAX]; // from, to: nothing gets through
	uint64_t data_interval_ns;         // 0: no data frames
	/* Decides about each MKPDU before the network does; may change it; false drops it. */
	bool (*filter
	)(struct world *world, unsigned int from, unsigned int to, uint8_t *frame, size_t octets);
	void *filter_context;
	uint32_t n_keys;
	struct known_key *keys;
	size_t n_events, events_size;
	struct event *events; // heap
	bool is_traced;
	char violation[256];
};

/* xorshift*: the one source of chance. */
uint64_t world_random(struct world *world);
uint64_t world_below(struct world *world, uint64_t limit);

/* Ends with world_free. The network starts perfect, with a delay of 1 ms. */
void world_init(struct world *world, uint64_t seed);
void world_free(struct world *world);

/* A new member, not yet up: SCI 02-00-00-00-00-(index)-0001, one CAK for all. */
struct node *world_add(struct world *world, uint8_t priority, enum cipher_suite suite);

void node_start(struct node *node);
/* Ends it as a crash does: nothing is said to anyone. */
void node_stop(struct node *node);

/* Runs until `at_ns`, or until `is_done` (may be NULL) says so after an event. True when it did. */
bool world_run(struct world *world, uint64_t at_ns, bool (*is_done)(struct world *world));

/* Delivers a frame to one node now. Returns what mka_receive returned. */
int node_deliver(struct node *node, const uint8_t *frame, size_t octets);

/* Ticks it now. */
void node_tick(struct node *node);

/* A CAK more or less, now and after a restart. They return what MKA returned. */
int node_add_cak(struct node *node, const struct mka_cak *cak);
int node_remove_cak(struct node *node, uint32_t index);

/* CAK number `n` of the world: CKN and key follow from it. */
struct mka_cak world_cak(uint8_t n);

/* Asks for a rekey. Returns what mka_rekey returned. */
int node_rekey(struct node *node);

/* Whether every member that is up is secured with one and the same SAK, all see all. */
bool world_is_agreed(struct world *world);

/* Model of the data plane (model.c). */

__attribute__((format(printf, 2, 3))) void
world_violate(struct world *world, const char *format, ...);
__attribute__((format(printf, 2, 3))) void
world_trace(struct world *world, const char *format, ...);

int model_install(struct node *node, const struct sak *sak);
int model_transmit(struct node *node, const struct ki *ki);
void model_retire(struct node *node, const struct ki *ki);
uint64_t model_next_pn(struct node *node, const struct ki *ki);
struct model_sa *model_find(struct node *node, const struct ki *ki);
struct model_sa *model_transmit_sa(struct node *node);

/* Uses `n` packet numbers of the transmit SA in use, and returns that SA or NULL. */
struct model_sa *model_send(struct node *node, uint64_t n);

/* Whether a data frame of `from` under this KI and AN, meant for the node because the key was made
 * for it, finds no receive SA there. */
bool model_misses(struct node *node, const struct node *from, const struct ki *ki, uint8_t an);

/* Notes an MKPDU that is about to reach the node. */
void model_hear(struct node *node, const uint8_t *frame, size_t octets);

/* Checks, after a call, that a move of transmission in it was allowed. */
void model_check_transmit(struct node *node);
