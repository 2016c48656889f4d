/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Inside of the KaY. `struct participant` is what belongs to one CKN (identity, peers, keys, the
 * SAK it distributes); `struct cp` and the rest of `struct mka` belong to the link. The KaY and each
 * participant are one block of secret memory each; nothing else is ever allocated.
 */
#pragma once

#include "control/mka/keys.h"
#include "control/mka/mkpdu.h"

/* A member that restarts stands in the list twice until its new identity is proven. */
#define LIVE_PEERS_MAX (CA_MAX_MEMBERS - 1u)
#define PEERS_MAX (2u * LIVE_PEERS_MAX)

/* More MKPDUs than pacing.c lets out in one life time, so that each recent MN is remembered. */
#define MN_HISTORY 256u

/* A fresh SAK need not wait for a hand-over that takes longer than this (a frame was lost). */
#define HANDOVER_PATIENCE_NS 500000000ull
#define JOIN_NS 50000000ull

#define NEVER UINT64_MAX

/* Identities that left the peer list and are still remembered. */
#define PAST_MAX 128u

/* How fast a packet number moves, from two samples at least one hello time apart. */
struct pn_meter {
	uint64_t pn;
	uint64_t at_ns;
	double per_ns;
	bool is_running;
};

struct peer {
	uint8_t mi[MI_OCTETS];
	uint64_t sci;
	uint32_t mn;        // the highest heard
	uint32_t proven_mn; // the highest of ours that it proved to have heard
	uint8_t priority;
	uint8_t version;
	uint8_t capability;
	bool is_live;
	bool desires_macsec;
	bool has_confirmed;   // reported receive for the SAK that we distribute
	uint32_t kn_accepted; // highest KN installed from it as key server
	uint64_t expires_ns;
	struct mkpdu_sak_use use; // of its last MKPDU; all zero without one
	struct ki metered;
	struct pn_meter meter; // of the LPN it reports for `metered`
};

/* An identity that left the list: a late or replayed MKPDU of it must find its MN and KN where they
 * were. */
struct past_peer {
	uint8_t mi[MI_OCTETS];
	uint32_t mn;
	uint32_t kn_accepted;
};

enum server {
	SERVER_NONE, // nobody may serve
	SERVER_SELF,
	SERVER_PEER,
};

/* The SAK that we, as key server, hand out until every live peer has it. */
struct distribution {
	bool is_active;
	struct ki ki;
	struct mkpdu_distributed_sak set;
	uint32_t n_members; // live peers it was made for: their SSCIs depend on this very list
	uint8_t members[LIVE_PEERS_MAX][MI_OCTETS];
	uint64_t made_ns;  // 0: none yet
	uint64_t retry_ns; // not before this after an installation failed
};

/* When MKPDUs leave: hello times, and a token bucket for the extra ones. */
struct pacing {
	uint64_t credit_ns;
	uint64_t credited_ns;
	uint64_t hello_ns; // next hello
	uint32_t hellos;   // sent since the start of the ramp
	bool is_due;       // something changed that the others must hear now
};

struct participant {
	struct mka *kay;
	struct mka_keys keys;
	uint8_t ckn[MKA_CKN_MAX_OCTETS];
	uint8_t ckn_octets;
	bool is_fallback;
	enum mka_use use;
	int64_t rank;
	bool has_live;             // at the last settling
	uint64_t eligible_ns;      // since when it could be principal; NEVER: it cannot
	uint64_t stalled_until_ns; // it was principal in vain: others first until then
	uint64_t stall_ns;         // how long the next time
	uint64_t received;

	uint8_t mi[MI_OCTETS];
	uint32_t mn; // of the last MKPDU sent; 0 = none under this MI
	uint64_t sent_ns[MN_HISTORY];
	uint64_t renewed_ns; // when the MI was drawn

	uint32_t n_peers;
	struct peer peers[PEERS_MAX];

	uint32_t n_past; // ever; the array is a ring
	struct past_peer past[PAST_MAX];

	enum server server;
	uint8_t server_mi[MI_OCTETS]; // SERVER_PEER
	uint64_t server_sci;          // SERVER_SELF and SERVER_PEER

	uint32_t kn; // last key number used under this MI
	bool needs_sak;
	struct distribution distribution;
	struct pacing pacing;
};

/* One SAK in the SecY, in the words of the SAK Use set. */
struct held_sak {
	bool is_valid;
	struct participant *owner; // whose CA it belongs to; NULL once that was removed
	bool transmits;
	bool transmit_failed;
	struct sak sak;
	uint64_t installed_ns;
	uint64_t transmits_ns;
	uint64_t lost_ns; // since when its owner has no live peer or is gone; NEVER: all is well
	struct pn_meter meter;
	uint64_t lpn; // next PN one sample ago: nothing lower was used in the last hello time
};

/*
 * The Controlled Port machine's state (12.4): the two SAKs that SAK Use can report, and one that a
 * third displaced, which still receives for its retire time. Four ANs hold them and a newcomer.
 */
struct cp {
	struct held_sak latest;
	struct held_sak old;
	struct held_sak leaving;
	uint64_t leaves_ns;
	uint64_t
		all_transmit_ns; // when every live peer was first seen to use `latest`; 0 = not yet
};

struct mka {
	struct mka_config config;
	const struct mka_ops *ops;
	void *ctx;
	uint64_t created_ns;
	uint64_t now_ns; // of the running call; never runs backwards

	uint32_t n_participants;
	struct participant *participants[MKA_PARTICIPANTS_MAX];
	struct participant *principal; // NULL: none has a live peer
	uint64_t principal_changes;
	struct cp cp;

	enum mka_state state;
	bool has_failed;
	bool was_secured;
	bool wants_rekey;     // by timer or packet number: may wait for the old SAK to retire
	bool wants_rekey_now; // by hand: a SAK that is still retiring goes early
	uint64_t secured_ns;
	uint64_t first_secured_after_ns;

	uint64_t sent;
	uint64_t received;
	uint64_t refused[MKA_REFUSALS_COUNT];
	uint64_t refusal_logged_ns[MKA_REFUSALS_COUNT];
	char last_refusal[MKA_SENTENCE_OCTETS]; // "" when there was none
	enum mka_refusal last_refusal_reason;
	uint64_t last_refusal_ns;
	uint64_t saks_distributed;
	uint64_t saks_received;

	char ckn_word[sizeof("CKN ") + 2 * MKA_CKN_MAX_OCTETS]; // participant_word

	/* Scratch of one call, here so that keys and frames never stand on the stack. */
	struct mkpdu pdu;
	struct sak sak;
	uint8_t frame[MKA_FRAME_MAX_OCTETS];
	uint8_t live_entries[LIVE_PEERS_MAX * MKPDU_LIST_ENTRY_OCTETS];
	uint8_t potential_entries[PEERS_MAX * MKPDU_LIST_ENTRY_OCTETS];
};

static inline bool mi_is_equal(const uint8_t a[MI_OCTETS], const uint8_t b[MI_OCTETS]) {
	return memcmp(a, b, MI_OCTETS) == 0;
}

static inline bool ki_is_equal(const struct ki *a, const struct ki *b) {
	return a->kn == b->kn && mi_is_equal(a->mi, b->mi);
}

/* Member identity (identity.c). */

/*
 * Draws a fresh MI; MN and KN start again. Peers see a new member, which a key server answers with
 * a fresh SAK. Returns 0, or what ops->random returned (then the old MI stays).
 */
int identity_renew(struct participant *participant);

/* Takes the next MN and notes when it was used. The caller has made sure that one is left. */
uint32_t identity_next_mn(struct participant *participant);

/* The MN that the list names us with, when we sent it within the last life time; else 0. */
uint32_t identity_proven_mn(const struct participant *participant, const struct mkpdu_list *list);

/* Participants (participant.c). */

/* The participant with this CKN, or NULL. */
struct participant *participant_find(const struct mka *kay, const uint8_t *ckn, uint8_t ckn_octets);

/* Wipes and frees it. It must not stand in the array any more. */
void participant_free(struct participant *participant);

/* Gives up the identity of participants whose last live peer is gone. */
void participants_note_loss(struct mka *kay);

/* Whether any participant has a live peer. */
bool participants_have_live(const struct mka *kay);

/* Principal (principal.c). */

/* Finds the participant that gives the SecY its SAKs; acts on a change. */
void principal_choose(struct mka *kay);

/* Whether a fresh SAK that the key server of this participant distributes is to be taken. */
bool principal_may_take(const struct mka *kay, const struct participant *participant);

/* When the choice may change by time alone, or NEVER. */
uint64_t principal_deadline(const struct mka *kay);

/* Peers (peers.c). */

struct peer *peers_find(struct participant *participant, const uint8_t mi[MI_OCTETS]);

const struct peer *
peers_find_const(const struct participant *participant, const uint8_t mi[MI_OCTETS]);

/* Number of live peers. */
uint32_t peers_count_live(const struct participant *participant);

/* Whether a live peer is one that MACsec can be used with. */
bool peer_takes_part(const struct peer *peer);

/*
 * Enters what an MKPDU with a valid ICV says about its sender. Returns the peer, or NULL with *why
 * = MN, MI_CLASH or PEERS_FULL. The pointer holds until the next call that changes the list.
 */
struct peer *
peers_hear(struct participant *participant, const struct mkpdu *pdu, enum mka_refusal *why);

/* Drops peers whose time is over. */
void peers_expire(struct participant *participant);

/* When the next peer expires, or NEVER. */
uint64_t peers_deadline(const struct participant *participant);

/* How a peer reports this SAK in either position: peers differ in which one they use after a
 * retirement. NULL when it does not. */
const struct mkpdu_key_use *peer_use(const struct peer *peer, const struct ki *ki);

/* Whether all live peers that take part report that they receive (transmit) with this SAK. */
bool peers_all_receive(const struct participant *participant, const struct ki *ki);
bool peers_all_transmit(const struct participant *participant, const struct ki *ki);

/* Whether any live peer reports that it receives (transmits) with this SAK. */
bool peers_any_receives(const struct participant *participant, const struct ki *ki);
bool peers_any_transmits(const struct participant *participant, const struct ki *ki);

/* Election (election.c): finds the key server among us and the live peers; acts on a change. */
void election_run(struct participant *participant);

/* The elected peer, or NULL when it is not a peer. */
struct peer *election_peer(struct participant *participant);

/* SAKs (sak.c makes them, accept.c takes them). */

/* Whether a live peer desires MACsec and is able to do it: nobody else can take a SAK. */
bool sak_has_takers(const struct participant *participant);

/* As key server: stops or repeats the distribution, makes a fresh SAK when one is wanted. */
void sak_serve(struct participant *participant);

/* When sak_serve has something to do again, or NEVER. */
uint64_t sak_deadline(const struct participant *participant);

/* Gives SSCIs to ourselves and sak->peers: the greatest SCI gets 1 (802.1AE-2018 10.7.13). */
void sak_assign_sscis(struct sak *sak, uint64_t own_sci);

/* A Distributed SAK set of an MKPDU from `peer`. False: it was refused and counted. */
bool sak_accept(
	struct participant *participant, const uint8_t sender_mi[MI_OCTETS], const struct mkpdu *pdu
);

/* Rekey (rekey.c). */

/* Notes the next PN about once per hello time, for LPN and rate. */
void rekey_sample(struct mka *kay);

/* Notes a peer's reported LPN. */
void rekey_note_peer(struct participant *participant, struct peer *peer);

/* Whether the SAK in use wants a successor. */
bool rekey_is_wanted(const struct participant *participant);

/* When the rekey timer or the next sample is due, or NEVER. */
uint64_t rekey_deadline(const struct mka *kay);

/* Controlled Port machine (cp.c). */

/*
 * Takes a new SAK for receive. The SAK that was latest becomes old; a third one leaves.
 * Returns 0 or what ops->sak_install returned.
 */
int cp_install(struct participant *owner, const struct sak *sak);

/* Moves transmission to the latest SAK, retires the old one, when it is time. */
void cp_run(struct mka *kay);

/* Removes every SAK. */
void cp_discard(struct mka *kay);

/* SAKs of this participant go on without it. */
void cp_disown(struct mka *kay, const struct participant *owner);

/* Whether the participant owns a SAK in the SecY. */
bool cp_has_sak_of(const struct cp *cp, const struct participant *owner);

uint64_t cp_deadline(const struct mka *kay);

/* Whether an own transmit SA is in use; and whether it is one of this participant. */
bool cp_transmits(const struct cp *cp);
bool cp_transmits_for(const struct cp *cp, const struct participant *owner);

/* The held SAK with this KI, or NULL. */
struct held_sak *cp_find(struct cp *cp, const struct ki *ki);

/* Sending (transmit.c, pacing.c). */

/* Builds and sends one MKPDU from the present state. */
void transmit_mkpdu(struct participant *participant);

/* Sends when a hello or a change is due and the bucket allows. */
void pacing_run(struct participant *participant);

/* Starts the ramp of early hellos. */
void pacing_start(struct participant *participant);

uint64_t pacing_deadline(const struct participant *participant);

/* Reports (view.c). */

/* Counts and describes a refused MKPDU; `sci` 0 when the sender is not known. */
void report_refusal(struct mka *kay, enum mka_refusal why, uint64_t sci, const char *detail);

/* "CKN AA01", for sentences; valid until the next call with the same KaY. */
const char *participant_word(const struct participant *participant);

/* One log line through ops->log. */
__attribute__((format(printf, 2, 3))) void report(struct mka *kay, const char *format, ...);

/* Takes the caller's time; never backwards (kay.c). */
void kay_set_time(struct mka *kay, uint64_t now_ns);

/* Lets every machine act on the present state; sends what is due (kay.c). */
void kay_settle(struct mka *kay);

static inline uint64_t earlier(uint64_t a, uint64_t b) {
	return a < b ? a : b;
}
