/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Which of two CAKs is preferred: those that we may choose before those that we only accept, any of
 * them before the fallback; then the better key server; then the CA that has all members, while a
 * CAK comes to one after the other; then the CAK that started last.
 */
#include "control/mka/machines.h"

/* A member comes and goes in one CA up to a hello time sooner than in another. */
#define SKEW_NS (MKA_HELLO_NS + 500000000ull)

bool preference_may_be(const struct participant *participant) {
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

static uint32_t count_takers(const struct participant *participant) {
	uint32_t n = 0;

	for (uint32_t i = 0; i < participant->n_peers; i++)
		n += peer_takes_part(&participant->peers[i]);
	return n;
}

static bool has_taker(const struct participant *participant, uint64_t sci) {
	for (uint32_t i = 0; i < participant->n_peers; i++)
		if (participant->peers[i].sci == sci && peer_takes_part(&participant->peers[i]))
			return true;
	return false;
}

/* Whether it has a member that the other one lacks: one that is not just coming to both of them,
 * or leaving both. */
static bool has_more(const struct participant *participant, const struct participant *other) {
	uint64_t now_ns = participant->kay->now_ns;

	for (uint32_t i = 0; i < participant->n_peers; i++) {
		const struct peer *peer = &participant->peers[i];

		if (peer_takes_part(peer) && !has_taker(other, peer->sci) &&
		    now_ns - peer->live_ns >= SKEW_NS && peer->expires_ns > now_ns + SKEW_NS)
			return true;
	}
	return false;
}

/*
 * While a CAK is brought to the members of a group one by one, the CA of all of them has the same
 * key server as that of the first few, and is the one to stay with. 1: it has more members than the
 * principal's CA; -1: it has fewer; 0 otherwise.
 */
static int width(const struct participant *participant) {
	const struct participant *principal = participant->kay->principal;
	uint32_t ours = count_takers(participant);

	if (principal == NULL || principal == participant || ours == count_takers(principal))
		return 0;
	if (ours < count_takers(principal))
		return -1;
	return has_more(participant, principal);
}

bool preference_is_better(const struct participant *a, const struct participant *b) {
	if (a->is_fallback != b->is_fallback)
		return b->is_fallback;
	if (a->use != b->use)
		return a->use == MKA_USE_SEND;
	if (server_priority(a) != server_priority(b))
		return server_priority(a) < server_priority(b);
	if (width(a) != width(b))
		return width(a) > width(b);
	if (a->rank != b->rank)
		return a->rank > b->rank;
	if (a->ckn_octets != b->ckn_octets)
		return a->ckn_octets > b->ckn_octets;
	return memcmp(a->ckn, b->ckn, a->ckn_octets) > 0;
}

uint64_t preference_deadline(const struct participant *participant) {
	uint64_t now_ns = participant->kay->now_ns;
	uint64_t deadline = NEVER;

	for (uint32_t i = 0; i < participant->n_peers; i++) {
		uint64_t settled_ns = participant->peers[i].live_ns + SKEW_NS;

		if (participant->peers[i].is_live && settled_ns > now_ns)
			deadline = earlier(deadline, settled_ns);
	}
	return deadline;
}
