/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Which participant is the principal, the one that gives the SecY its SAKs (802.1X-2020 9.3): one
 * with live peers and a key server; the CAKs that we may choose before those that we only accept,
 * any of them before the fallback; then the better key server; then the CAK that started last. A
 * change cuts nothing: the SAK in use carries traffic until the new CA has one that transmits.
 *
 * Both ends choose for themselves, so they differ for moments, or longer when their clocks do. As a
 * member we therefore follow the key server: principal_may_take says how far.
 */
#include "control/mka/kay.h"

/* Shorter than the transmit delay: a SAK that nobody takes must not get into use by time alone. */
#define PATIENCE_NS (MKA_LIFE_NS - 500000000ull)
#define STALL_FIRST_NS 30000000000ull // then twice as long each time
#define STALL_MAX_NS 600000000000ull

/* A key server not heard for this long, two hellos and a little, may have left this CA. */
#define FADING_NS 4500000000ull

static bool is_stalled(const struct participant *participant) {
	return participant->stalled_until_ns > participant->kay->now_ns;
}

static bool is_eligible(const struct participant *participant) {
	if (participant->server == SERVER_NONE || !sak_has_takers(participant))
		return false;
	/* Before its start we do not choose a CAK: it counts once its key server did. */
	return participant->use == MKA_USE_SEND ||
	       cp_has_sak_of(&participant->kay->cp, participant);
}

static uint8_t server_priority(const struct participant *participant) {
	const struct peer *server = peers_find_const(participant, participant->server_mi);

	if (participant->server == SERVER_PEER && server != NULL)
		return server->priority;
	return participant->kay->config.key_server_priority;
}

/* Both are eligible. */
static bool is_better(const struct participant *a, const struct participant *b) {
	if (a->is_fallback != b->is_fallback)
		return b->is_fallback;
	if (a->use != b->use)
		return a->use == MKA_USE_SEND;
	if (server_priority(a) != server_priority(b))
		return server_priority(a) < server_priority(b);
	if (a->rank != b->rank)
		return a->rank > b->rank;
	if (a->ckn_octets != b->ckn_octets)
		return a->ckn_octets > b->ckn_octets;
	return memcmp(a->ckn, b->ckn, a->ckn_octets) > 0;
}

static struct participant *best(struct mka *kay) {
	struct participant *best = NULL;

	for (uint32_t i = 0; i < kay->n_participants; i++) {
		struct participant *participant = kay->participants[i];

		if (!is_eligible(participant))
			continue;
		if (best == NULL || (is_stalled(best) && !is_stalled(participant)) ||
		    (is_stalled(best) == is_stalled(participant) && is_better(participant, best)))
			best = participant;
	}
	return best;
}

static void note_eligible(struct mka *kay) {
	for (uint32_t i = 0; i < kay->n_participants; i++) {
		struct participant *participant = kay->participants[i];

		if (!is_eligible(participant))
			participant->eligible_ns = NEVER;
		else if (participant->eligible_ns == NEVER)
			participant->eligible_ns = kay->now_ns;
	}
}

/* Since when the principal waits for a first SAK, or for anyone to take ours; NEVER: all is well. */
static uint64_t waits_since(const struct mka *kay, const struct participant *participant) {
	const struct distribution *distribution = &participant->distribution;

	if (!cp_has_sak_of(&kay->cp, participant))
		return participant->eligible_ns;
	if (participant->server == SERVER_SELF && distribution->is_active &&
	    !peers_any_receives(participant, &distribution->ki))
		return distribution->made_ns;
	return NEVER;
}

static bool has_other_choice(const struct mka *kay) {
	for (uint32_t i = 0; i < kay->n_participants; i++)
		if (kay->participants[i] != kay->principal && !is_stalled(kay->participants[i]) &&
		    is_eligible(kay->participants[i]))
			return true;
	return false;
}

/* The principal's CA does not come to a SAK though its members hear each other: others first. */
static void give_up_waiting(struct mka *kay) {
	struct participant *principal = kay->principal;
	uint64_t since_ns = principal == NULL ? NEVER : waits_since(kay, principal);

	if (since_ns == NEVER || kay->now_ns - since_ns < PATIENCE_NS || !has_other_choice(kay))
		return;
	principal->stall_ns = principal->stall_ns == 0
				      ? STALL_FIRST_NS
				      : earlier(2 * principal->stall_ns, STALL_MAX_NS);
	principal->stalled_until_ns = kay->now_ns + principal->stall_ns;
	principal->eligible_ns = kay->now_ns; // waits anew when its turn comes again
	report(kay, "%s comes to no SAK: another CAK takes over for %u s",
	       participant_word(principal), (unsigned int)(principal->stall_ns / 1000000000u));
}

static void appoint(struct mka *kay, struct participant *principal) {
	if (kay->principal != NULL)
		kay->principal->distribution.is_active = false;
	kay->principal = principal;
	if (principal == NULL)
		return;
	kay->principal_changes++;
	principal->pacing.is_due = true;
	principal->eligible_ns = kay->now_ns;
	if (principal->server == SERVER_SELF && !cp_transmits_for(&kay->cp, principal))
		principal->needs_sak = true;
	report(kay, "%s is principal", participant_word(principal));
}

void principal_choose(struct mka *kay) {
	struct participant *principal;

	note_eligible(kay);
	give_up_waiting(kay);
	principal = best(kay);
	if (principal != kay->principal)
		appoint(kay, principal);
}

static bool is_fading(const struct participant *participant) {
	const struct peer *server = peers_find_const(participant, participant->server_mi);

	return participant->server != SERVER_PEER || server == NULL ||
	       server->expires_ns < participant->kay->now_ns + MKA_LIFE_NS - FADING_NS;
}

bool principal_may_take(const struct mka *kay, const struct participant *participant) {
	const struct participant *principal = kay->principal;

	if (principal == NULL || principal == participant || !cp_has_sak_of(&kay->cp, principal) ||
	    is_better(participant, principal))
		return true;
	if (principal->server_sci != participant->server_sci)
		return false;
	/* One key server serves both: among CAKs of one kind it decides when to move, and it may
	 * leave a CA for the fallback before we know that it left. */
	return principal->is_fallback == participant->is_fallback || is_fading(principal);
}

uint64_t principal_deadline(const struct mka *kay) {
	uint64_t since_ns = kay->principal == NULL ? NEVER : waits_since(kay, kay->principal);
	uint64_t deadline = NEVER;

	if (since_ns != NEVER && since_ns + PATIENCE_NS > kay->now_ns)
		deadline = since_ns + PATIENCE_NS;
	for (uint32_t i = 0; i < kay->n_participants; i++)
		if (is_stalled(kay->participants[i]))
			deadline = earlier(deadline, kay->participants[i]->stalled_until_ns);
	return deadline;
}
