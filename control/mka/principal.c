/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Which participant is the principal, the one that gives the SecY its SAKs (802.1X-2020 9.3): one
 * with live peers and a key server; the CAKs that we may choose before those that we only accept,
 * any of them before the fallback; then the better key server; then the CAK that started last. A
 * change cuts nothing: the SAK in use carries traffic until the new CA has one that transmits, and
 * a CAK that not all members have yet waits for them.
 *
 * Both ends choose for themselves, so they differ for moments, or longer when their clocks do. As a
 * member we therefore follow the key server: principal_may_take says how far.
 */
#include "control/mka/machines.h"

/* As key server shorter than the transmit delay: a SAK that nobody takes must not get into use by
 * time alone. As member long enough for the key server to notice that we left another CA. */
#define SERVER_PATIENCE_NS (MKA_LIFE_NS - 500000000ull)
#define MEMBER_PATIENCE_NS (MKA_LIFE_NS + MKA_HELLO_NS)
#define STALL_FIRST_NS 30000000000ull // then twice as long each time
#define STALL_MAX_NS 600000000000ull

/* The fallback's first MKPDUs may overtake those of a better CAK that comes up at the same time. */
#define FALLBACK_GRACE_NS 1000000000ull

/* A SAK that is offered for so long is no latecomer of a change that is over. */
#define INSISTS_NS 2000000000ull
#define OFFER_GAP_NS (2 * MKA_HELLO_NS + 500000000ull) // one of them may be lost

static bool is_stalled(const struct participant *participant) {
	return participant->stalled_until_ns > participant->kay->now_ns;
}

static bool has_another_kind(const struct mka *kay) {
	for (uint32_t i = 0; i < kay->n_participants; i++)
		if (!kay->participants[i]->is_fallback && kay->participants[i]->use == MKA_USE_SEND)
			return true;
	return false;
}

/* When the fallback may be chosen: at once after it was in use, or when there is nothing else. */
static uint64_t may_begin_ns(const struct participant *participant) {
	const struct mka *kay = participant->kay;

	if (!participant->is_fallback || cp_has_sak_of(&kay->cp, participant) ||
	    !has_another_kind(kay))
		return participant->eligible_ns;
	return participant->eligible_ns + FALLBACK_GRACE_NS;
}

static struct participant *best(struct mka *kay) {
	struct participant *best = NULL;

	for (uint32_t i = 0; i < kay->n_participants; i++) {
		struct participant *participant = kay->participants[i];

		if (!preference_may_be(participant) || may_begin_ns(participant) > kay->now_ns)
			continue;
		if (best == NULL || (is_stalled(best) && !is_stalled(participant)) ||
		    (is_stalled(best) == is_stalled(participant) &&
		     preference_is_better(participant, best)))
			best = participant;
	}
	return best;
}

/* As member our choice counts once the key server made the same: until then the CA in use stays. */
static struct participant *choose(struct mka *kay) {
	struct participant *chosen = best(kay);
	struct participant *in_use = cp_transmitting_owner(&kay->cp);

	if (chosen != NULL && chosen->server == SERVER_PEER && in_use != NULL &&
	    preference_may_be(in_use) && !cp_has_sak_of(&kay->cp, chosen))
		return in_use;
	return chosen;
}

static void note_eligible(struct participant *participant) {
	const struct mka *kay = participant->kay;

	if (!preference_may_be(participant))
		participant->eligible_ns = NEVER;
	else if (participant->eligible_ns == NEVER)
		participant->eligible_ns = kay->now_ns;
}

/* Whether it has a member that was not there when it came to no SAK. */
static bool has_newcomer(const struct participant *participant) {
	uint64_t stalled_ns = participant->stalled_until_ns - participant->stall_ns;

	for (uint32_t i = 0; i < participant->n_peers; i++)
		if (participant->peers[i].is_live && participant->peers[i].live_ns > stalled_ns)
			return true;
	return false;
}

/* As key server: somebody took our last SAK, and we use it. */
static bool has_succeeded(const struct participant *participant) {
	const struct cp *cp = &participant->kay->cp;
	const struct ki *ki = &participant->distribution.ki;

	if (participant->server == SERVER_PEER)
		return cp_has_sak_of(cp, participant);
	return cp_has_moved_to(cp, ki) && peers_any_receives(participant, ki);
}

static void note_success(struct participant *participant) {
	bool has_sak = has_succeeded(participant);

	if (is_stalled(participant) && (has_sak || has_newcomer(participant)))
		participant->stalled_until_ns = 0;
	if (has_sak)
		participant->stall_ns = 0;
}

/* Until when the principal may wait for a first SAK, or for anyone to take ours; NEVER: all is
 * well. */
static uint64_t patience_ends_ns(const struct participant *principal) {
	const struct mka *kay = principal->kay;
	const struct distribution *distribution = &principal->distribution;
	bool serves = principal->server == SERVER_SELF;

	if (!cp_has_sak_of(&kay->cp, principal))
		return later(principal->eligible_ns, kay->appointed_ns) +
		       (serves ? SERVER_PATIENCE_NS : MEMBER_PATIENCE_NS);
	if (serves && distribution->is_active && !principal->needs_sak &&
	    !peers_any_receives(principal, &distribution->ki))
		return later(distribution->made_ns, kay->appointed_ns) + SERVER_PATIENCE_NS;
	return NEVER;
}

static bool has_other_choice(const struct mka *kay) {
	for (uint32_t i = 0; i < kay->n_participants; i++)
		if (kay->participants[i] != kay->principal && !is_stalled(kay->participants[i]) &&
		    preference_may_be(kay->participants[i]))
			return true;
	return false;
}

/* Whether the principal's CA does not come to a SAK though its members hear each other. */
static bool is_in_vain(const struct mka *kay) {
	return kay->principal != NULL && kay->now_ns >= patience_ends_ns(kay->principal) &&
	       has_other_choice(kay);
}

static void stall(struct participant *participant) {
	uint64_t stall_ns = earlier(2 * participant->stall_ns, STALL_MAX_NS);

	participant->stall_ns = later(stall_ns, STALL_FIRST_NS);
	participant->stalled_until_ns = participant->kay->now_ns + participant->stall_ns;
	report(participant->kay, MKA_TOPIC_CAK,
	       "%s comes to no SAK: another CAK takes over for %u s", participant_word(participant),
	       (unsigned int)(participant->stall_ns / 1000000000u));
}

static void appoint(struct mka *kay, struct participant *principal) {
	if (kay->principal != NULL)
		cp_abandon(kay->principal);
	kay->principal = principal;
	if (principal == NULL)
		return;
	kay->principal_changes++;
	kay->appointed_ns = kay->now_ns;
	principal->pacing.is_due = true;
	if (principal->server == SERVER_SELF && !cp_serves_all_of(&kay->cp, principal))
		principal->needs_sak = true;
	report(kay, MKA_TOPIC_CAK, "%s is principal", participant_word(principal));
}

void principal_choose(struct mka *kay) {
	struct participant *principal;

	for (uint32_t i = 0; i < kay->n_participants; i++) {
		note_eligible(kay->participants[i]);
		note_success(kay->participants[i]);
	}
	principal = choose(kay);
	if (principal == kay->principal && is_in_vain(kay)) {
		stall(principal);
		principal = choose(kay);
	}
	if (principal != kay->principal)
		appoint(kay, principal);
}

bool principal_is_followed(const struct participant *participant) {
	const struct mka *kay = participant->kay;
	const struct participant *principal = kay->principal;

	return principal == NULL || principal == participant ||
	       !cp_has_sak_of(&kay->cp, principal) ||
	       preference_is_better(participant, principal) ||
	       (participant->server == SERVER_PEER &&
		principal->server_sci == participant->server_sci);
}

bool principal_insists(struct participant *participant) {
	uint64_t now_ns = participant->kay->now_ns;

	if (participant->offered_ns == 0 || now_ns - participant->offered_ns > OFFER_GAP_NS)
		participant->offered_since_ns = now_ns;
	participant->offered_ns = now_ns;
	return now_ns - participant->offered_since_ns >= INSISTS_NS;
}

/* A key server that serves both CAs decides when to move: to a CAK that we would not choose yet, or
 * from one that it dropped before we know. But MKPDUs of two CAs overtake each other, and what it
 * had before it moved to the better one is no order to go back. */
bool principal_may_take(struct participant *participant) {
	const struct mka *kay = participant->kay;
	const struct participant *principal = kay->principal;

	if (!principal_is_followed(participant))
		return false;
	return principal == NULL || principal == participant ||
	       !cp_has_sak_of(&kay->cp, principal) ||
	       preference_is_better(participant, principal) || principal_insists(participant);
}

static uint64_t next_after(uint64_t now_ns, uint64_t at_ns, uint64_t deadline) {
	return at_ns > now_ns ? earlier(at_ns, deadline) : deadline;
}

static uint64_t participant_deadline(const struct participant *participant) {
	uint64_t now_ns = participant->kay->now_ns;
	uint64_t deadline =
		next_after(now_ns, participant->stalled_until_ns, preference_deadline(participant));

	if (participant->eligible_ns != NEVER)
		deadline = next_after(now_ns, may_begin_ns(participant), deadline);
	return deadline;
}

uint64_t principal_deadline(const struct mka *kay) {
	uint64_t deadline = NEVER;

	if (kay->principal != NULL)
		deadline = next_after(kay->now_ns, patience_ends_ns(kay->principal), NEVER);
	for (uint32_t i = 0; i < kay->n_participants; i++)
		deadline = earlier(deadline, participant_deadline(kay->participants[i]));
	return deadline;
}
