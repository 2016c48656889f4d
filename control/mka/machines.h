/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The machines of a KaY, each in a file of its own, and what they ask of one another. kay_settle
 * says in which order they act; each of those with time limits has a deadline function.
 */
#pragma once

#include "control/mka/kay.h"

/* Member identity (identity.c). */

/*
 * Draws a fresh MI; MN and KN start again. Peers see a new member, which a key server answers with
 * a fresh SAK. Returns 0, -EIO when ops->random repeats itself, or what it returned (then the old
 * MI stays).
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

/* Preference among CAKs (preference.c). */

/* Whether it could be principal: it has a key server and somebody who takes SAKs. */
bool preference_may_be(const struct participant *participant);

/* Whether `a` is preferred to `b`; both may be principal. */
bool preference_is_better(const struct participant *a, const struct participant *b);

/* When that may change by time alone, or NEVER. */
uint64_t preference_deadline(const struct participant *participant);

/* Principal (principal.c). */

/* Finds the participant that gives the SecY its SAKs; acts on a change. */
void principal_choose(struct mka *kay);

/* Whether we go along when the key server of this participant moves to a SAK of its CA. */
bool principal_is_followed(const struct participant *participant);

/* Whether the fresh SAK that its key server has just distributed is to be taken. */
bool principal_may_take(struct participant *participant);

/* Notes that a SAK was distributed and is not taken; whether this has lasted long enough. */
bool principal_insists(struct participant *participant);

/* When the choice may change by time alone, or NEVER. */
uint64_t principal_deadline(const struct mka *kay);

/* Peers (peers.c). */

struct peer *peers_find(struct participant *participant, const uint8_t mi[MI_OCTETS]);

const struct peer *
peers_find_const(const struct participant *participant, const uint8_t mi[MI_OCTETS]);

/* Number of live peers. */
uint32_t peers_count_live(const struct participant *participant);

/* Whether a live peer is one that MACsec can be used with: it stands for election. */
bool peer_does_macsec(const struct peer *peer);

/* Whether it can also take a SAK that protects as the configuration demands. */
bool peer_takes_part(const struct peer *peer);

/* The highest MN heard from this MI, now or before it left the list; 0: none. */
uint32_t peers_last_mn(const struct participant *participant, const uint8_t mi[MI_OCTETS]);

/* The highest KN ever installed from this MI, as far as it is remembered. */
uint32_t peers_kn_accepted(const struct mka *kay, const uint8_t mi[MI_OCTETS]);

/*
 * Enters what an MKPDU with a valid ICV says about its sender. Returns the peer, or NULL with *why
 * = MN, MI_CLASH or PEERS_FULL. The pointer holds until the next call that changes the list.
 */
struct peer *
peers_hear(struct participant *participant, const struct mkpdu *pdu, enum mka_refusal *why);

/* When a peer is dropped unless it is heard again. */
uint64_t peer_expires_ns(const struct participant *participant, const struct peer *peer);

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

/* Whether any live peer takes part: nobody else can take a SAK. */
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

/* Lowest packet numbers (lpn.c). */

/* Nothing is used yet; the first PN is the lowest. */
void lpn_begin(struct lpn *lpn, uint64_t now_ns);

/* What an MKPDU that leaves now reports for a SAK of ours. Never 0. */
uint64_t lpn_report(struct mka *kay, struct held_sak *held);

/* The LPN that a peer reports for a SAK, as far as its suite gives it a meaning; 0: none. */
uint64_t lpn_of_peer(const struct sak *sak, const struct mkpdu_key_use *use);

/* Raises the lowest acceptable PNs of a peer's receive SAs as its last MKPDU allows. */
void lpn_apply(struct participant *participant, const struct peer *peer);

/* Suspension (suspend.c). */

/* Enters what an MKPDU of a peer says of an in-service upgrade. */
void suspend_hear(
	struct participant *participant, const struct peer *peer, const struct mkpdu *pdu
);

/* Ends the suspension when the key server that announced it is back. */
void suspend_run(struct participant *participant);

/* No live peer expires before this time; 0 without a suspension. */
uint64_t suspend_holds_until_ns(const struct participant *participant);

/* What the next MKPDU announces of an upgrade of ours, in seconds; 0: none. */
uint8_t suspend_seconds_left(const struct participant *participant);

/* What is left of the suspension that the participant heard of or announces; 0: none. */
uint64_t suspend_left_ns(const struct participant *participant, uint64_t now_ns);

/* Rekey (rekey.c). */

/* Notes the next PN about once per hello time, for the rate. */
void rekey_sample(struct mka *kay);

/* Notes a peer's reported LPN. */
void rekey_note_peer(struct participant *participant, struct peer *peer);

/* Whether the SAK in use wants a successor. */
bool rekey_is_wanted(struct participant *participant);

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

/* The key server that made a SAK whose owner is there, while it is in office; NULL otherwise, and
 * when we are the one. */
const struct peer *cp_server_of(const struct held_sak *held);

/* The end of a SAK's life (cp_retire.c). */

/* Removes it from the SecY, now. */
void cp_retire(struct mka *kay, struct held_sak *held, const char *reason);

/* Removes SAKs that time alone ends. */
void cp_retire_lost(struct mka *kay);

/* Removes the one of `latest` and `old` that the other one stands for. */
void cp_retire_replaced(struct mka *kay);

/* When cp_retire_lost or cp_retire_replaced has something to do, or NEVER. */
uint64_t cp_retire_deadline(const struct mka *kay);

/* Removes every SAK. */
void cp_discard(struct mka *kay);

/* We, the key server of this participant, serve it no more: a SAK of it that nobody uses yet goes,
 * so that it does not get into use by time alone. */
void cp_abandon(const struct participant *owner);

/* SAKs of this participant go on without it. */
void cp_disown(struct mka *kay, const struct participant *owner);

/* Whether the SAK that we transmit with was kept without a live peer, and none that came since
 * says that it has it. */
bool cp_is_left_over(const struct cp *cp);

/* Whether the participant owns a SAK in the SecY. */
bool cp_has_sak_of(const struct cp *cp, const struct participant *owner);

uint64_t cp_deadline(const struct mka *kay);

/* Whether there is any SAK in the SecY. */
bool cp_holds_any(const struct cp *cp);

/* Removes SAKs whose CAK was removed. */
void cp_discard_orphans(struct mka *kay);

/* Whether SAKs are kept though no CA has another member (keep-last-sak). */
bool kay_is_keeping(const struct mka *kay);

/* Whether an own transmit SA is in use; and whether it is one of this participant that all its live
 * peers receive. */
bool cp_transmits(const struct cp *cp);
bool cp_serves_all_of(const struct cp *cp, const struct participant *owner);

/* Whether the SAK that carries our traffic, to somebody, has the AN of this one, which another
 * member made. */
bool cp_needs_an_of(const struct cp *cp, const struct sak *sak);

/* Whose SAK carries our traffic: NULL when there is none, or its CAK was removed. */
struct participant *cp_transmitting_owner(const struct cp *cp);

/* Whether the hand-over to this SAK is done, as far as we transmit. */
bool cp_has_moved_to(const struct cp *cp, const struct ki *ki);

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

/* Takes the caller's time; never backwards (kay.c). */
void kay_set_time(struct mka *kay, uint64_t now_ns);

/* Lets every machine act on the present state; sends what is due (kay.c). */
void kay_settle(struct mka *kay);
