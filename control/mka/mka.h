/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * MACsec Key Agreement (IEEE 802.1X-2020 clauses 9, 11, 12) as a pure library.
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
#define MKA_FRAME_MAX_OCTETS 1500u // longest MKPDU we build, Ethernet header included; no FCS

#define MKA_HELLO_NS 2000000000ull      // MKA Hello Time, 802.1X Table 9-3
#define MKA_LIFE_NS 6000000000ull       // MKA Life Time; also the transmit delay of the CP machine
#define MKA_SAK_RETIRE_NS 3000000000ull // SAK Retire Time

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
	enum cipher_suite suite;        // used when we are key server
	bool confidentiality;           // false: integrity only
	uint8_t confidentiality_offset; // 0, 30, 50; 0 with XPN
	bool icv_indicator;             // send the ICV indicator set (type 255)
	uint32_t rekey_interval_s; // key server: a fresh SAK this often; 0 = by packet number only
	/* Key server: rekey when the PNs left last less than this at the measured rate, though not
	 * before half of them are used; 0 = by threshold only. Normally 30 s. */
	uint64_t pn_rekey_margin_ns;
	uint8_t ckn[MKA_CKN_MAX_OCTETS];
	uint8_t ckn_octets; // 1..32
	uint8_t cak[MKA_CAK_MAX_OCTETS];
	uint8_t cak_octets; // 16 or 32
};

/* How an agreement stands, in the words the operator sees. */
enum mka_state {
	MKA_INIT,    // just begun, nobody heard
	MKA_PENDING, // peers heard, no SAK in use yet
	MKA_SECURED, // transmitting and receiving with an agreed SAK
	MKA_FAILED,  // the last live peer is gone; SAs are removed
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
	/* Raise the lowest acceptable PN of a peer's receive SA (delay protection, 802.1X 9.10). */
	void (*lpn_floor)(void *ctx, const struct ki *ki, uint64_t sci, uint64_t lowest_pn);
	/* The state changed. */
	void (*state_changed)(void *ctx, enum mka_state state);
	/* Fills with octets of a strong RNG. Returns 0 or a negative errno. */
	int (*random)(void *ctx, uint8_t *octets, size_t n);
	/* One line for the log, without key material. */
	void (*log)(void *ctx, const char *line);
	/* Memory for keys: locked, not in core dumps; NULL when there is none. free wipes. */
	void *(*secret_alloc)(void *ctx, size_t octets);
	void (*secret_free)(void *ctx, void *mem);
};

struct mka; // one link's KaY

/*
 * Begins an agreement: draws a MI, and sends the first MKPDU in the next mka_tick.
 *
 * config: copied; the caller wipes its own copy of the CAK. ops: kept by pointer, must outlive the
 * KaY. now_ns: the caller's monotonic time. On success *out owns the KaY (all of it in secret
 * memory), to be ended by mka_destroy. Returns 0, -EINVAL (a field out of range), -ENOMEM, or what
 * ops->random returned.
 */
int mka_create(
	const struct mka_config *config, const struct mka_ops *ops, void *ctx, uint64_t now_ns,
	struct mka **out
);

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
 * Asks for a fresh SAK now. Returns 0 when we are key server and one was or will be distributed
 * (as soon as the SAK before the present one is retired), -EPERM when another member is key
 * server, -ENOTCONN without a live peer. Call mka_tick afterwards, as with mka_receive.
 */
int mka_rekey(struct mka *kay, uint64_t now_ns);

struct mka_peer_view {
	uint64_t sci;
	uint8_t mi[MI_OCTETS];
	uint32_t mn;
	uint8_t key_server_priority;
	uint8_t mka_version;
	bool is_live; // else potential
	bool is_key_server;
	uint64_t expires_in_ns;
};

struct mka_sak_view {
	bool is_valid;
	struct ki ki;
	uint8_t an;
	bool receives;
	bool transmits;
	uint64_t age_ns; // since it was installed
};

/* Everything an operator may ask, without key material. */
struct mka_view {
	enum mka_state state;
	uint64_t secured_for_ns;         // 0 unless state is MKA_SECURED
	uint64_t first_secured_after_ns; // from mka_create to the first MKA_SECURED; 0 = never yet
	uint8_t ckn[MKA_CKN_MAX_OCTETS];
	uint8_t ckn_octets;
	uint8_t mi[MI_OCTETS];
	uint32_t mn;
	uint64_t sci;
	uint8_t key_server_priority;
	bool is_key_server;
	uint64_t key_server_sci; // 0 when none is elected
	enum cipher_suite suite; // of the latest SAK, else the configured one
	struct mka_sak_view latest;
	struct mka_sak_view old;
	uint32_t n_peers;
	struct mka_peer_view peers[CA_MAX_MEMBERS];
	uint64_t sent;
	uint64_t received; // used ones
	uint64_t refused[MKA_REFUSALS_COUNT];
	char last_refusal[160];               // one sentence, "" when there was none
	enum mka_refusal last_refusal_reason; // of no meaning when there was none
	uint64_t last_refusal_age_ns;         // UINT64_MAX: there was none
	uint64_t saks_distributed;
	uint64_t saks_received;
};

/* Copies the present state. `now_ns` as elsewhere. Never fails. */
void mka_view(const struct mka *kay, uint64_t now_ns, struct mka_view *view);

/* Word of a state ("init", "pending", "secured", "failed") and of a refusal, for text and JSON.
 * Never NULL. */
const char *mka_state_word(enum mka_state state);
const char *mka_refusal_word(enum mka_refusal refusal);
