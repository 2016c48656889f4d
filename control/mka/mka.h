/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * MACsec Key Agreement (IEEE 802.1X-2020 clauses 9, 11, 12) as a pure library.
 *
 * A KaY serves one link. It runs one participant for each CAK that it was given, all of them at
 * once; one of them, the principal, gives the SecY its SAKs (9.3, 9.5).
 *
 * No socket, no clock, no DPDK, no log: frames and time go in, frames and SA operations come out
 * through `struct mka_ops`. Every call comes from one thread. Time is nanoseconds of one monotonic
 * clock that the caller chooses; tests choose a simulated one. A call may run callbacks before it
 * returns; a callback must not call back in.
 */
#pragma once

#include "control/sak.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MKA_CKN_MAX_OCTETS 32u
#define MKA_CAK_MAX_OCTETS 32u
#define MKA_SENTENCE_OCTETS 320u   // a refusal told in full, terminator included
#define MKA_FRAME_MAX_OCTETS 1500u // longest MKPDU we build, Ethernet header included; no FCS

#define MKA_PARTICIPANTS_MAX 9u // CAKs in use at one time

#define MKA_HELLO_NS 2000000000ull        // MKA Hello Time, 802.1X Table 9-3
#define MKA_BOUNDED_HELLO_NS 500000000ull // with delay protection
#define MKA_LIFE_NS 6000000000ull       // MKA Life Time; also the transmit delay of the CP machine
#define MKA_SAK_RETIRE_NS 3000000000ull // SAK Retire Time
#define MKA_SUSPENSION_MAX_S 120u       // of an in-service upgrade (9.18)

/* What a participant tells of the MACsec it can do (802.1X 11.11.1, "MACsec capability"). */
enum mka_capability {
	MKA_CAP_NONE = 0,
	MKA_CAP_INTEGRITY = 1,
	MKA_CAP_CONFIDENTIALITY_0 = 2,
	MKA_CAP_CONFIDENTIALITY_0_30_50 = 3,
};

struct mka_config {
	uint64_t sci; // ours: MAC of the line port, then the port identifier; host integer
	uint8_t source_mac[6];
	uint8_t destination_mac[6];     // group address of the MKPDUs, normally 01-80-C2-00-00-03
	uint8_t key_server_priority;    // lower wins; 255 never serves
	enum cipher_suite suite;        // used when we are key server and every member can do it
	uint32_t allowed_suites;        // bits, 1 << enum cipher_suite: SAKs of others are refused
	bool confidentiality;           // false: integrity only; true: nothing less is accepted
	uint8_t confidentiality_offset; // 0, 30, 50; 0 with XPN
	bool announces;                 // tell others which cipher suites we can do
	bool icv_indicator;             // send the ICV indicator set (type 255)
	bool delay_protect;        // bounded hello, and old frames are refused by the peers' LPNs
	bool rekeys_on_loss;       // key server: a fresh SAK when a live peer is gone
	bool keeps_last_sak;       // without a live peer the last SAK goes on carrying traffic
	bool allows_plain;         // unprotected traffic is allowed while no SAK is in use
	bool honours_suspension;   // wait for a key server that announces its in-service upgrade
	uint32_t rekey_interval_s; // key server: a fresh SAK this often; 0 = by packet number only
	/* Key server: rekey when the PNs left last less than this at the measured rate, though not
	 * before half of them are used; 0 = by threshold only. Normally 30 s. */
	uint64_t pn_rekey_margin_ns;
};

/* Which part a CAK may play. */
enum mka_use {
	MKA_USE_ACCEPT, // a SAK that a key server distributes with it is taken; we do not choose it
	MKA_USE_SEND,   // we may choose it
};

/* A CAK and its place among the others of the link. */
struct mka_cak {
	uint8_t ckn[MKA_CKN_MAX_OCTETS];
	uint8_t ckn_octets; // 1..32
	uint8_t cak[MKA_CAK_MAX_OCTETS];
	uint8_t cak_octets; // 16 or 32
	bool is_fallback;   // chosen only while no other CAK can be agreed
	enum mka_use use;
	int64_t rank; // of two that are equal otherwise the greater one is chosen: its start time
};

/* How an agreement stands, in the words the operator sees. */
enum mka_state {
	MKA_INIT,    // just begun, nobody heard
	MKA_PENDING, // peers heard, no SAK in use yet
	MKA_SECURED, // transmitting and receiving with an agreed SAK
	MKA_KEEPING, // the last live peer is gone; the last SAK goes on carrying traffic
	MKA_FAILED,  // the last live peer is gone; SAs are removed
	MKA_STATES_COUNT,
};

/*
 * One list for every MKPDU that is refused and why: X(NAME, word, help).
 * The words appear in `macsecctl show mka` and in JSON.
 */
#define MKA_REFUSALS(X)                                                                        \
	X(LENGTH, "length", "the frame is shorter than its EAPOL body or not a multiple of 4") \
	X(NOT_MKA, "not-mka", "an EAPOL frame of another type")                                \
	X(NOT_GROUP, "not-group", "the destination is not the configured group address")       \
	X(OWN_SCI, "own-sci", "the sender uses our own SCI")                                   \
	X(VERSION, "version", "MKA version 0")                                                 \
	X(ALGORITHM, "algorithm", "an algorithm agility other than 00-80-C2-01")               \
	X(CKN_UNKNOWN, "ckn-unknown", "no CAK of that name is configured")                     \
	X(ICV, "icv", "the ICV does not verify: the CAK differs")                              \
	X(MN, "mn", "a message number that is 0 or not above the last one")                    \
	X(MALFORMED, "malformed", "a parameter set that is malformed or stands twice")         \
	X(MI_CLASH, "mi-clash", "two senders use one member identifier")                       \
	X(PEERS_FULL, "peers-full", "more members than one CA may have")                       \
	X(SAK_REFUSED, "sak-refused", "a Distributed SAK that must not be used")

enum mka_refusal {
#define X(name, word, help) MKA_REFUSED_##name,
	MKA_REFUSALS(X)
#undef X
		MKA_REFUSALS_COUNT,
};

/* What a log line is about. */
enum mka_topic {
	MKA_TOPIC_PEER,     // who is heard, live, key server, gone
	MKA_TOPIC_SAK,      // one that is made, taken, removed, or cannot be
	MKA_TOPIC_SAK_USED, // the one that we transmit with from now on
	MKA_TOPIC_CAK,      // which one counts
	MKA_TOPIC_REFUSAL,
	MKA_TOPIC_OBSTACLE, // why members share no SAK
	MKA_TOPIC_SUSPENSION,
};

/*
 * What MKA asks of its surroundings. Every function gets the `ctx` of mka_create. All must be set.
 */
struct mka_ops {
	/* Sends a frame (Ethernet header to ICV, no FCS) on the uncontrolled port. May drop it; MKA
	 * repeats. */
	void (*send)(void *ctx, const uint8_t *frame, size_t octets);
	/*
	 * A new SAK: create the receive SAs of all peers, enabled, and the transmit SA, not yet
	 * used. Returns 0, or a negative errno when it must not or cannot be installed (then MKA
	 * reports no receive for it). The pointer is valid during the call only.
	 */
	int (*sak_install)(void *ctx, const struct sak *sak);
	/* Transmit with this SAK from now on. Returns 0 or a negative errno. */
	int (*sak_transmit)(void *ctx, const struct ki *ki);
	/* Remove every SA of this SAK, both directions. Unknown KIs are ignored. */
	void (*sak_retire)(void *ctx, const struct ki *ki);
	/* Next PN of the transmit SA of this SAK, as read now; 0 when there is none. For LPN and
	 * rekey (802.1X 9.8). */
	uint64_t (*next_pn)(void *ctx, const struct ki *ki);
	/* Raise the lowest acceptable PN of a peer's receive SA to this one, if it is lower: delay
	 * protection (802.1X 9.10), and XPN's upper half after a long silence. */
	void (*lpn_floor)(void *ctx, const struct ki *ki, uint64_t sci, uint64_t lowest_pn);
	/* The state changed. */
	void (*state_changed)(void *ctx, enum mka_state state);
	/* Fills with octets of a strong RNG. Returns 0 or a negative errno. */
	int (*random)(void *ctx, uint8_t *octets, size_t n);
	/* One line for the log, and what it is about, without key material. */
	void (*log)(void *ctx, enum mka_topic topic, const char *line);
	/* Memory for keys: locked, not in core dumps; NULL when there is none. free wipes. */
	void *(*secret_alloc)(void *ctx, size_t octets);
	void (*secret_free)(void *ctx, void *mem);
};

struct mka; // one link's KaY

/*
 * Makes a KaY without a participant: it stays silent until mka_add_cak.
 *
 * config: copied. ops: kept by pointer, must outlive the KaY. now_ns: the caller's monotonic time.
 * On success *out owns the KaY (all of it in secret memory), to be ended by mka_destroy. Returns 0,
 * -EINVAL (a field out of range) or -ENOMEM.
 */
int mka_create(
	const struct mka_config *config, const struct mka_ops *ops, void *ctx, uint64_t now_ns,
	struct mka **out
);

/*
 * Begins a participant for a CAK: draws a MI, and sends its first MKPDU in the next mka_tick.
 *
 * cak: copied as derived keys; the caller wipes its own copy. Returns 0, -EINVAL (a size out of
 * range), -EEXIST (there is a participant with this CKN), -ENOSPC (MKA_PARTICIPANTS_MAX run
 * already), -ENOMEM, or what ops->random returned.
 */
int mka_add_cak(struct mka *kay, const struct mka_cak *cak, uint64_t now_ns);

/*
 * Changes what mka_add_cak said of a CAK's use, rank and fallback mark; keys stay as they are. The
 * principal may change: call mka_tick afterwards. Returns 0, -ENOENT or -EINVAL.
 */
int mka_update_cak(struct mka *kay, const struct mka_cak *cak, uint64_t now_ns);

/*
 * Ends the participant with this CKN and wipes its keys. A SAK of it that is in use goes on
 * carrying traffic until one of another participant takes over: for a life time, in which the
 * others notice, and a retire time at most. It goes at once when no other participant has a live
 * peer. Call mka_tick afterwards. Returns 0 or -ENOENT.
 */
int mka_remove_cak(struct mka *kay, const uint8_t *ckn, uint8_t ckn_octets, uint64_t now_ns);

/* Ends it: retires its SAKs through ops, wipes and frees. NULL is allowed. Sends nothing. */
void mka_destroy(struct mka *kay);

/*
 * A frame that arrived on the uncontrolled port with EtherType 88-8E.
 *
 * frame: Ethernet header first, `octets` long with any MAC padding, no FCS. Hostile: all of it is
 * checked. Returns 0 when it was used, or -EBADMSG after counting and describing why it was
 * refused. It may bring the next deadline nearer: call mka_tick afterwards to learn it.
 */
int mka_receive(struct mka *kay, const uint8_t *frame, size_t octets, uint64_t now_ns);

/*
 * Lets timers run: hello, life, retire, rekey, transmit delay; sends what is due.
 *
 * Returns the time at which it wants to be called next, at the latest (never in the past of
 * now_ns). Calling it earlier or more often is harmless.
 */
uint64_t mka_tick(struct mka *kay, uint64_t now_ns);

/*
 * Announces that we, the key server, will be away for `seconds` (1..MKA_SUSPENSION_MAX_S) for an
 * in-service upgrade (9.18): peers keep their SAs and our membership so long. Goes out with every
 * MKPDU while the time runs. Returns 0, -EINVAL, -EPERM when we are not key server, -ENOTCONN
 * without a live peer, -EOPNOTSUPP when a live peer speaks MKA version 1, which knows no
 * suspension. Call mka_tick afterwards.
 */
int mka_suspend(struct mka *kay, uint32_t seconds, uint64_t now_ns);

/*
 * Asks for a fresh SAK now. Returns 0 when we are key server and one was or will be distributed
 * (as soon as the SAK before the present one is retired), -EPERM when another member is key
 * server, -ENOTCONN without a live peer. Call mka_tick afterwards, as with mka_receive.
 */
int mka_rekey(struct mka *kay, uint64_t now_ns);

struct mka_peer_view {
	uint32_t participant; // index into mka_view.participants
	uint64_t sci;
	uint8_t mi[MI_OCTETS];
	uint32_t mn;
	uint8_t key_server_priority;
	uint8_t mka_version;
	enum mka_capability capability;
	uint32_t suites; // bits, as announced; 0: it announced none
	bool is_live;    // else potential
	bool is_key_server;
	bool desires_macsec;
	bool plain_tx, plain_rx; // as its SAK Use set says
	bool delay_protect;
	bool receives_ours; // it reports that it receives with the SAK that we transmit with
	uint64_t expires_in_ns;
};

struct mka_sak_view {
	bool is_valid;
	struct ki ki;
	uint8_t an;
	bool receives;
	bool transmits;
	uint64_t age_ns; // since it was installed
	uint8_t ckn[MKA_CKN_MAX_OCTETS];
	uint8_t ckn_octets; // of the CAK it came with; 0: that CAK was removed since
};

struct mka_participant_view {
	uint8_t ckn[MKA_CKN_MAX_OCTETS];
	uint8_t ckn_octets;
	bool is_fallback;
	enum mka_use use;
	bool is_principal;
	uint8_t mi[MI_OCTETS];
	uint32_t mn;
	bool is_key_server;
	uint64_t key_server_sci; // 0 when none is elected
	uint32_t n_live;
	uint32_t n_potential;
	uint64_t received;         // MKPDUs used
	uint64_t suspended_for_ns; // what is left of an announced suspension; 0: none
};

#define MKA_VIEW_PEERS_MAX 64u

/* Everything an operator may ask, without key material. */
struct mka_view {
	enum mka_state state;
	uint64_t secured_for_ns;         // 0 unless state is MKA_SECURED
	uint64_t first_secured_after_ns; // from mka_create to the first MKA_SECURED; 0 = never yet
	uint64_t sci;
	uint8_t key_server_priority;
	enum cipher_suite suite; // of the latest SAK, else the configured one
	struct mka_sak_view latest;
	struct mka_sak_view old;

	/* Of the principal; of the first participant while there is none; 0 without any. */
	uint32_t principal; // index into participants
	uint8_t ckn[MKA_CKN_MAX_OCTETS];
	uint8_t ckn_octets;
	uint8_t mi[MI_OCTETS];
	uint32_t mn;
	bool is_key_server;
	uint64_t key_server_sci; // 0 when none is elected

	uint32_t n_participants;
	struct mka_participant_view participants[MKA_PARTICIPANTS_MAX];
	uint32_t n_peers; // those of the principal first, live ones before potential ones
	struct mka_peer_view peers[MKA_VIEW_PEERS_MAX];

	uint64_t sent;
	uint64_t received; // used ones
	uint64_t refused[MKA_REFUSALS_COUNT];
	char last_refusal[MKA_SENTENCE_OCTETS]; // one sentence, "" when there was none
	enum mka_refusal last_refusal_reason;   // of no meaning when there was none
	uint64_t last_refusal_age_ns;           // UINT64_MAX: there was none
	/* Why members that hear each other share no SAK, or one of them is left out: one sentence,
	 * "" when nothing is in the way. Of the principal, or the first participant that has one.
	 */
	char obstacle[MKA_SENTENCE_OCTETS];
	uint64_t saks_distributed;
	uint64_t saks_received;
	uint64_t principal_changes;
};

/* Copies the present state. `now_ns` as elsewhere. Never fails. */
void mka_view(const struct mka *kay, uint64_t now_ns, struct mka_view *view);

/* Word of a state ("init", "pending", "secured", "keeping", "failed") and of a refusal, for text
 * and JSON. Never NULL. */
const char *mka_state_word(enum mka_state state);
const char *mka_refusal_word(enum mka_refusal refusal);
