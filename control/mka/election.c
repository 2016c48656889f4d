/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Key server election (802.1X-2020 9.5): the lowest priority number wins, then the lowest SCI, all
 * eight octets of it; 255 never serves. Alone, we are our own key server.
 */
#include "control/mka/machines.h"

#include <inttypes.h>

#define PRIORITY_NEVER 255u

static bool is_better(uint8_t priority_a, uint64_t sci_a, uint8_t priority_b, uint64_t sci_b) {
	return priority_a != priority_b ? priority_a < priority_b : sci_a < sci_b;
}

static const struct peer *best_peer(const struct participant *participant) {
	const struct peer *best = NULL;

	for (uint32_t i = 0; i < participant->n_peers; i++) {
		const struct peer *peer = &participant->peers[i];

		if (!peer_does_macsec(peer) || peer->priority == PRIORITY_NEVER)
			continue;
		if (best == NULL || is_better(peer->priority, peer->sci, best->priority, best->sci))
			best = peer;
	}
	return best;
}

static void
elect(struct participant *participant, enum server server, const uint8_t *mi, uint64_t sci) {
	struct mka *kay = participant->kay;
	bool is_same = participant->server == server && participant->server_sci == sci &&
		       (server != SERVER_PEER || mi_is_equal(participant->server_mi, mi));

	if (is_same)
		return;
	participant->server = server;
	participant->server_sci = sci;
	if (server == SERVER_PEER)
		memcpy(participant->server_mi, mi, MI_OCTETS);
	participant->pacing.is_due = true;
	/* A new key server starts with a key of its own (9.5.2). */
	participant->needs_sak = server == SERVER_SELF;
	participant->distribution.is_active = false;
	participant->plain_is_ordered = false;
	report(kay, MKA_TOPIC_PEER, "%s: key server is %016" PRIx64 "%s",
	       participant_word(participant), sci, server == SERVER_SELF ? " (we)" : "");
}

void election_run(struct participant *participant) {
	struct mka *kay = participant->kay;
	const struct peer *best = best_peer(participant);
	uint8_t own = kay->config.key_server_priority;
	bool may_serve = own != PRIORITY_NEVER;

	if (best != NULL &&
	    (!may_serve || is_better(best->priority, best->sci, own, kay->config.sci)))
		elect(participant, SERVER_PEER, best->mi, best->sci);
	else if (may_serve)
		elect(participant, SERVER_SELF, NULL, kay->config.sci);
	else
		elect(participant, SERVER_NONE, NULL, 0);
}

struct peer *election_peer(struct participant *participant) {
	if (participant->server != SERVER_PEER)
		return NULL;
	return peers_find(participant, participant->server_mi);
}
