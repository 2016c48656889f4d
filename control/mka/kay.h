/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Inside of the KaY. `struct participant` is what belongs to one CKN (identity, peers, keys, the
 * SAK it distributes); `struct cp` and the rest of `struct mka` belong to the link. The KaY and
 * each participant are one block of secret memory each; nothing else is ever allocated.
 */
#pragma once

#include "control/mka/explain.h"
#include "control/mka/keys.h"
#include "control/mka/mkpdu.h"
#include "control/mka/suites.h"

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
	struct announced announced;
	bool is_live;
	bool desires_macsec;
	bool can_protect;     // as much as the configuration demands
	bool has_confirmed;   // reported receive for the SAK that we distribute
	uint32_t kn_accepted; // highest KN installed from it as key server
	uint64_t live_ns;     // since when it is live
	uint64_t expires_ns;
	struct mkpdu_sak_use use; // of its last MKPDU; all zero without one
	bool has_use;             // its last MKPDU had a SAK Use set
	uint64_t use_ns;          // when one last did
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

/* The in-service upgrade that the key server of a participant announced (9.18). */
struct suspension {
	uint64_t until_ns; // 0: none
	uint8_t server_mi[MI_OCTETS];
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
	uint64_t stall_ns;         // how long the last time; 0: all was well since
	uint64_t offered_since_ns; // a SAK that was not taken was distributed: first, last time
	uint64_t offered_ns;       // 0: never
	uint64_t received;

	uint8_t mi[MI_OCTETS];
	uint8_t former_mi[MI_OCTETS]; // which others may list for a life time yet
	uint32_t mn;                  // of the last MKPDU sent; 0 = none under this MI
	uint64_t sent_ns[MN_HISTORY];
	uint64_t renewed_ns; // when the MI was drawn

	uint32_t n_peers;
	struct peer peers[PEERS_MAX];

	uint32_t n_past; // ever; the array is a ring
	struct past_peer past[PAST_MAX];

	enum server server;
	uint8_t server_mi[MI_OCTETS]; // SERVER_PEER
	uint64_t server_sci;          // SERVER_SELF and SERVER_PEER

	bool plain_is_ordered;    // by the key server, and obeyed
	struct obstacle obstacle; // the one logged last, if it is still there
	uint64_t obstacle_logged_ns;

	uint32_t kn; // last key number used under this MI
	bool needs_sak;
	uint64_t member_lost_ns; // when one that our SAK was made for was first missed; 0: none is

	struct suspension suspension;
	struct distribution distribution;
	struct pacing pacing;
};

/* The lowest PN that we may have used in the last hello time. */
struct lpn {
	uint64_t reported;
	uint64_t noted; // next PN when the reported one last moved
	uint64_t noted_ns;
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
	uint64_t deserted_ns; // since when its key server uses another; NEVER: it does not
	uint64_t lost_ns; // since when its owner has no live peer or is gone; NEVER: all is well
	struct pn_meter meter;
	struct lpn lpn;
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
	uint64_t all_transmit_ns; // when every live peer was first seen to use `latest`; 0: not yet
	uint64_t kept_ns;         // when SAKs were last kept without a live peer
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
	uint64_t appointed_ns;         // when it became principal
	uint64_t principal_changes;
	struct cp cp;

	enum mka_state state;
	bool has_failed;
	bool was_secured;
	bool wants_rekey;           // by timer or packet number: may wait for the old SAK to retire
	bool wants_rekey_now;       // by hand: a SAK that is still retiring goes early
	uint64_t suspends_until_ns; // our own in-service upgrade, as key server; 0: none
	uint64_t secured_ns;
	uint64_t first_secured_after_ns;

	uint64_t sent;
	uint64_t received;
	uint64_t refused[MKA_REFUSALS_COUNT];
	uint64_t refusal_logged_ns[MKA_REFUSALS_COUNT];
	struct refusal last_refusal;
	uint64_t saks_distributed;
	uint64_t saks_received;

	char ckn_word[sizeof("CKN ") + 2 * MKA_CKN_MAX_OCTETS]; // participant_word

	/* Scratch of one call, here so that keys and frames never stand on the stack. */
	struct mkpdu pdu;
	struct sak sak;
	uint8_t frame[MKA_FRAME_MAX_OCTETS];
	uint8_t announcement[ANNOUNCEMENT_MAX_OCTETS];
	uint8_t live_entries[LIVE_PEERS_MAX * MKPDU_LIST_ENTRY_OCTETS];
	uint8_t potential_entries[PEERS_MAX * MKPDU_LIST_ENTRY_OCTETS];
};

static inline bool mi_is_equal(const uint8_t a[MI_OCTETS], const uint8_t b[MI_OCTETS]) {
	return memcmp(a, b, MI_OCTETS) == 0;
}

static inline bool ki_is_equal(const struct ki *a, const struct ki *b) {
	return a->kn == b->kn && mi_is_equal(a->mi, b->mi);
}

static inline uint64_t earlier(uint64_t a, uint64_t b) {
	return a < b ? a : b;
}

static inline uint64_t later(uint64_t a, uint64_t b) {
	return a > b ? a : b;
}
