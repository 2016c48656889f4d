/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Why a CA whose members hear each other comes to no SAK, or leaves a peer out. Found anew from the
 * present state whenever it is asked for; logged when it appears.
 */
#include "control/mka/machines.h"

#include <inttypes.h>

#define OBSTACLE_LOG_NS 10000000000ull // peers that change their mind do not flood the log

/* A live peer that takes no part; NULL: all do. */
static const struct peer *left_out(const struct participant *participant) {
	for (uint32_t i = 0; i < participant->n_peers; i++) {
		const struct peer *peer = &participant->peers[i];

		if (peer->is_live && !peer_takes_part(peer))
			return peer;
	}
	return NULL;
}

static bool can_use_any(const struct mka_config *config, const struct peer *peer) {
	for (unsigned int suite = 0; suite < SUITE_COUNT; suite++)
		if (config->allowed_suites >> suite & 1 &&
		    suite_capability(config, peer, (enum cipher_suite)suite) >=
			    suite_capability_needed(config))
			return true;
	return false;
}

/* Who makes it impossible to find a suite: one that none suits, else one that the configured suite
 * does not. */
static const struct peer *spoiler(const struct participant *participant) {
	const struct mka_config *config = &participant->kay->config;
	const struct peer *found = NULL;

	for (uint32_t i = 0; i < participant->n_peers; i++) {
		const struct peer *peer = &participant->peers[i];

		if (!peer_takes_part(peer))
			continue;
		if (!can_use_any(config, peer))
			return peer;
		if (suite_capability(config, peer, config->suite) < suite_capability_needed(config))
			found = peer;
	}
	return found;
}

static struct obstacle of_peer(enum obstacle_kind kind, const struct peer *peer) {
	return (struct obstacle
	){.kind = peer == NULL ? OBSTACLE_NONE : kind, .sci = peer == NULL ? 0 : peer->sci};
}

struct obstacle obstacle_find(const struct participant *participant) {
	struct suite_choice choice;
	bool serves = participant->server == SERVER_SELF;

	if (participant->plain_is_ordered)
		return (struct obstacle){OBSTACLE_PLAIN, participant->server_sci};
	if (!sak_has_takers(participant))
		return of_peer(OBSTACLE_PEER, left_out(participant));
	if (participant->server == SERVER_NONE)
		return (struct obstacle){OBSTACLE_NO_SERVER, 0};
	if (serves && !suite_choose(participant, &choice))
		return of_peer(OBSTACLE_SUITES, spoiler(participant));
	/* Whom another key server leaves out is its affair. */
	return of_peer(OBSTACLE_PEER, serves ? left_out(participant) : NULL);
}

static void add_suites(struct sentence *sentence, uint32_t suites) {
	const char *between = "";

	for (unsigned int i = 0; i < SUITE_COUNT; i++) {
		if ((suites >> suites_by_strength[i] & 1) == 0)
			continue;
		sentence_add(sentence, "%s%s", between, suite_info(suites_by_strength[i])->name);
		between = ", ";
	}
}

static void add_allowed(const struct mka *kay, struct sentence *sentence) {
	bool is_one = __builtin_popcount(kay->config.allowed_suites) == 1;

	sentence_add(sentence, ", allowed here %s ", is_one ? "is" : "are");
	add_suites(sentence, kay->config.allowed_suites);
}

static void
explain_suites(const struct mka *kay, const struct peer *peer, struct sentence *sentence) {
	uint32_t offered = announce_bits(&peer->announced);
	bool is_hopeless = !can_use_any(&kay->config, peer);

	if (!peer->announced.is_any) {
		sentence_add(sentence, "does not say which cipher suites it can do");
	} else if (offered == 0) {
		sentence_add(sentence, "offers no cipher suite that is known here");
	} else {
		sentence_add(sentence, "offers ");
		add_suites(sentence, offered);
		sentence_add(sentence, " only");
	}
	add_allowed(kay, sentence);
	if ((offered & kay->config.allowed_suites) != 0 && is_hopeless)
		sentence_add(sentence, ": it can do integrity only with it");
	else if (!is_hopeless)
		sentence_add(sentence, ": none suits all peers");
}

static void
explain_peer(const struct mka *kay, const struct peer *peer, struct sentence *sentence) {
	if (peer->capability < suite_capability_needed(&kay->config))
		sentence_add(
			sentence, peer->capability == MKA_CAP_NONE
					  ? "cannot do MACsec"
					  : "can do integrity only, encryption is demanded here"
		);
	else
		sentence_add(sentence, "does not want MACsec");
}

static const struct peer *peer_of(const struct participant *participant, uint64_t sci) {
	for (uint32_t i = 0; i < participant->n_peers; i++)
		if (participant->peers[i].is_live && participant->peers[i].sci == sci)
			return &participant->peers[i];
	return NULL;
}

/* `obstacle` was found in the present state. */
static void
explain(const struct participant *participant, const struct obstacle *obstacle,
	struct sentence *sentence) {
	const struct mka *kay = participant->kay;
	const struct peer *peer = peer_of(participant, obstacle->sci);

	if (obstacle->kind == OBSTACLE_PLAIN)
		sentence_add(
			sentence, "key server %016" PRIx64 " orders plain text", obstacle->sci
		);
	if (obstacle->kind == OBSTACLE_NO_SERVER)
		sentence_add(
			sentence, "no member may be key server: 'key-server-priority' is 255 here "
				  "and at every peer"
		);
	if (peer == NULL || obstacle->kind < OBSTACLE_SUITES)
		return;
	sentence_add(sentence, "peer %016" PRIx64 ": ", peer->sci);
	if (obstacle->kind == OBSTACLE_SUITES)
		explain_suites(kay, peer, sentence);
	else
		explain_peer(kay, peer, sentence);
}

void obstacle_note(struct participant *participant) {
	struct mka *kay = participant->kay;
	struct obstacle now = obstacle_find(participant);
	struct obstacle *noted = &participant->obstacle;
	char text[MKA_SENTENCE_OCTETS];
	struct sentence sentence;

	if (now.kind == noted->kind && now.sci == noted->sci)
		return;
	/* One that came too soon after the last is logged when its time has come. */
	if (now.kind != OBSTACLE_NONE && participant->obstacle_logged_ns != 0 &&
	    kay->now_ns - participant->obstacle_logged_ns < OBSTACLE_LOG_NS)
		return;
	*noted = now;
	if (now.kind == OBSTACLE_NONE)
		return;
	participant->obstacle_logged_ns = kay->now_ns;
	sentence = sentence_begin(text, sizeof(text));
	explain(participant, &now, &sentence);
	report(kay, MKA_TOPIC_OBSTACLE, "%s: %s", participant_word(participant), text);
}

void obstacle_explain(const struct mka *kay, struct sentence *sentence) {
	for (uint32_t i = 0; i < kay->n_participants && sentence->used == 0; i++) {
		const struct participant *participant =
			kay->principal != NULL ? kay->principal : kay->participants[i];
		struct obstacle obstacle = obstacle_find(participant);

		explain(participant, &obstacle, sentence);
	}
}
