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
#define SPOKEN_MAX (2u * MKA_PARTICIPANTS_MAX)
#define MIS_MAX 4096u

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
	uint64_t lowest_pn[NODES_MAX]; // acceptable, of each sender: what delay protection raised
};

/* The last MKPDU that reached a node from one MI: what the node may rely on. */
struct heard {
	uint8_t mi[MI_OCTETS];
	uint32_t mn;
	struct mkpdu_sak_use use;
};

/* The last MKPDU that a node sent in one CA. */
struct spoken {
	uint8_t ckn[MKA_CKN_MAX_OCTETS];
	uint8_t ckn_octets;
	uint8_t mi[MI_OCTETS];
	uint32_t mn;
	uint64_t at_ns;
	uint64_t credit_ns; // of the rate that a participant may have
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
	uint32_t n_spoken;
	struct spoken spoken[SPOKEN_MAX];
	bool has_transmitted; // sak_transmit was called in the running call
	struct ki transmitted;
	int install_error; // next sak_install returns this once, when not 0
	int (*refuses)(struct node *node, const struct sak *sak); // the same, for each; may be NULL
	uint8_t refused_cak;                                      // for the use of `refuses`
	bool refuses_known_kis;
	enum mka_state state;
	unsigned int state_changes;
	uint64_t data_ns; // when the next data frame is sent
	uint64_t missed;  // data frames under a key it was given, that no receive SA was there for
	uint64_t cut; // data frames that it did not get, whyever, after it got some of the sender
	uint64_t data_sent;
	unsigned int mkpdus;
};

/* What the world knows of a key: one per KI, for ever. */
struct known_key {
	struct ki ki;
	struct sak sak; // as first installed, by whomever
	uint64_t own_sci;
	uint8_t ckn[MKA_CKN_MAX_OCTETS];  // of the CA that it was distributed in
	uint8_t ckn_octets;               // 0: it was not yet
	uint64_t pn_used[NODES_MAX];      // highest PN of each node, over restarts
	uint64_t tx_installed[NODES_MAX]; // start times of the incarnations that had a transmit SA
};

/* A member identifier that was ever used. */
struct known_mi {
	uint8_t mi[MI_OCTETS];
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
	bool is_joined[NODES_MAX]
		      [NODES_MAX]; // from, to: a data frame got through since both started
	uint64_t data_interval_ns; // 0: no data frames
	/* Decides about each MKPDU before the network does; may change it; false drops it. */
	bool (*filter
	)(struct world *world, unsigned int from, unsigned int to, uint8_t *frame, size_t octets);
	void *filter_context;
	uint32_t n_keys;
	struct known_key *keys;
	uint32_t n_mis;
	struct known_mi *mis;
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

/* Runs until `at_ns`, or until `is_done` (may be NULL) says so after an event. True when it did. */
bool world_run(struct world *world, uint64_t at_ns, bool (*is_done)(struct world *world));

/* What a node sends, to all others, as the network does. */
void world_send(struct node *node, const uint8_t *frame, size_t octets);

/* Whether every member that is up is secured with one and the same SAK of its principal's, and all
 * see all in that CA. */
bool world_is_agreed(struct world *world);

/* CAK number `n` of the world: CKN, key and rank follow from it. */
struct mka_cak world_cak(uint8_t n);

/* Members (node.c). */

/* A new member, not yet up: SCI 02-00-00-00-00-(index)-0001, one CAK for all. */
struct node *world_add(struct world *world, uint8_t priority, enum cipher_suite suite);

void node_start(struct node *node);
/* Ends it as a crash does: nothing is said to anyone. */
void node_stop(struct node *node);

/* Delivers a frame to one node now. Returns what mka_receive returned. */
int node_deliver(struct node *node, const uint8_t *frame, size_t octets);

/* Ticks it now. */
void node_tick(struct node *node);

/* A CAK more or less, or in another part, now and after a restart. They return what MKA did. */
int node_add_cak(struct node *node, const struct mka_cak *cak);
int node_remove_cak(struct node *node, uint32_t index);
int node_update_cak(struct node *node, const struct mka_cak *cak);

/* Its CAK of this CKN, or NULL. */
const struct mka_cak *
node_find_cak(const struct node *node, const uint8_t *ckn, uint8_t ckn_octets);

/* Asks for a rekey; announces an absence. They return what mka_rekey and mka_suspend returned. */
int node_rekey(struct node *node);
int node_suspend(struct node *node, uint32_t seconds);

/* Model of the data plane: keys and SAs (model.c). */

__attribute__((format(printf, 2, 3))) void
world_violate(struct world *world, const char *format, ...);
__attribute__((format(printf, 2, 3))) void
world_trace(struct world *world, const char *format, ...);

bool model_is_ki(const struct ki *a, const struct ki *b);
struct known_key *model_key(struct world *world, const struct ki *ki);

/* SSCI that a key gives to an SCI; 0 when it is not a member. */
uint32_t model_ssci(const struct sak *sak, uint64_t own_sci, uint64_t sci);

int model_install(struct node *node, const struct sak *sak);
int model_transmit(struct node *node, const struct ki *ki);
void model_retire(struct node *node, const struct ki *ki);
uint64_t model_next_pn(struct node *node, const struct ki *ki);
struct model_sa *model_find(struct node *node, const struct ki *ki);
struct model_sa *model_transmit_sa(struct node *node);

/* Uses `n` packet numbers of the transmit SA in use, and returns that SA or NULL. */
struct model_sa *model_send(struct node *node, uint64_t n);

/* Data frames (data.c). */

/* The node's next one, to everyone. */
void data_send(struct node *node);

/* One arrives: counted when no SA accepts it. */
void data_arrive(struct world *world, const struct event *event);

/* Raises the lowest acceptable PN of a peer's receive SA. */
void data_floor(struct node *node, const struct ki *ki, uint64_t sci, uint64_t lowest_pn);

/* The node was (re)started: what it had got through before counts no more. */
void data_forget(struct node *node);

/* What a node says and does, against what it was told (rules.c). */

/* Notes an MKPDU that is about to reach the node. */
void rules_hear(struct node *node, const uint8_t *frame, size_t octets);

/* Checks one that it sends: identity, message number, pace, and SAKs of this CA alone. */
void rules_check_sent(struct node *node, const uint8_t *frame, size_t octets);

/* Checks, after a call, that a move of transmission in it was allowed. */
void rules_check_transmit(struct node *node);

/* Checks that a state is one that may be told now. */
void rules_check_state(struct node *node, enum mka_state state);
