/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What a member may say and do. No transmission that a live peer cannot receive before the
 * transmit delay, judged by what reached the node, not by its own opinion; MKPDUs that keep their
 * pace, under an identity of their own, and that tell of the SAKs of their own CA alone; states
 * that are true.
 */
#include "tests/sim/world.h"

#define MKPDU_COST_NS (50 * MS) // 20 a second in the long run
#define MKPDU_BURST 16u
#define HELLO_MAX_NS (2 * SECOND + MKPDU_COST_NS)

/* 0 for "does not report it". */
static unsigned int reported(const struct heard *heard, const struct ki *ki, bool wants_transmit) {
	const struct mkpdu_key_use *uses[] = {&heard->use.latest, &heard->use.old};

	for (unsigned int i = 0; i < 2; i++)
		if (model_is_ki(&uses[i]->ki, ki))
			return wants_transmit ? uses[i]->transmits : uses[i]->receives;
	return 0;
}

static struct heard *find_heard(struct node *node, const uint8_t mi[MI_OCTETS]) {
	for (uint32_t i = 0; i < node->n_heard; i++)
		if (memcmp(node->heard[i].mi, mi, MI_OCTETS) == 0)
			return &node->heard[i];
	return NULL;
}

void rules_hear(struct node *node, const uint8_t *frame, size_t octets) {
	struct mkpdu pdu;
	enum mka_refusal why;
	struct heard *heard;

	if (!mkpdu_decode_head(frame, octets, &pdu, &why) || !mkpdu_decode_sets(frame, &pdu))
		return;
	heard = find_heard(node, pdu.basic.mi);
	if (heard != NULL && pdu.basic.mn <= heard->mn)
		return;
	if (heard == NULL) {
		/* The oldest identity makes place: identities are few and die within seconds. */
		if (node->n_heard == HEARD_MAX)
			memmove(node->heard, node->heard + 1,
				--node->n_heard * sizeof(node->heard[0]));
		heard = &node->heard[node->n_heard++];
	}
	memcpy(heard->mi, pdu.basic.mi, MI_OCTETS);
	heard->mn = pdu.basic.mn;
	heard->use = pdu.sak_use;
}

static struct spoken *find_spoken(struct node *node, const struct mkpdu_basic *basic) {
	struct spoken *spoken;

	for (uint32_t i = 0; i < node->n_spoken; i++)
		if (node->spoken[i].ckn_octets == basic->ckn_octets &&
		    memcmp(node->spoken[i].ckn, basic->ckn, basic->ckn_octets) == 0)
			return &node->spoken[i];
	if (node->n_spoken == SPOKEN_MAX) {
		world_violate(node->world, "node %u: speaks under too many CKNs", node->index);
		return &node->spoken[0];
	}
	spoken = &node->spoken[node->n_spoken++];
	memset(spoken, 0, sizeof(*spoken));
	memcpy(spoken->ckn, basic->ckn, basic->ckn_octets);
	spoken->ckn_octets = basic->ckn_octets;
	return spoken;
}

/* An MI is drawn once, by one participant of one node, and never again. */
static void enter_mi(struct node *node, const struct mkpdu_basic *basic) {
	struct world *world = node->world;
	struct known_mi *known;

	for (uint32_t i = 0; i < world->n_mis; i++)
		if (memcmp(world->mis[i].mi, basic->mi, MI_OCTETS) == 0)
			world_violate(world, "node %u: an MI that was in use", node->index);
	if (world->n_mis == MIS_MAX) {
		world_violate(world, "more than %u MIs were drawn", MIS_MAX);
		return;
	}
	known = &world->mis[world->n_mis++];
	memcpy(known->mi, basic->mi, MI_OCTETS);
}

static void check_pace(struct node *node, struct spoken *spoken, bool is_new) {
	uint64_t now_ns = node->world->now_ns;
	uint64_t passed_ns = now_ns - spoken->at_ns;
	uint64_t most_ns = MKPDU_BURST * MKPDU_COST_NS;

	/* A CAK that was removed and added again is a new participant, with a new budget. */
	if (is_new || spoken->credit_ns + passed_ns > most_ns)
		spoken->credit_ns = most_ns;
	else
		spoken->credit_ns += passed_ns;
	if (!is_new && passed_ns > HELLO_MAX_NS)
		world_violate(
			node->world, "node %u: silent for %u ms", node->index,
			(unsigned int)(passed_ns / MS)
		);
	if (spoken->credit_ns < MKPDU_COST_NS)
		world_violate(node->world, "node %u: sends too many MKPDUs", node->index);
	else
		spoken->credit_ns -= MKPDU_COST_NS;
	spoken->at_ns = now_ns;
}

static void check_identity(struct node *node, const struct mkpdu_basic *basic) {
	struct spoken *spoken = find_spoken(node, basic);
	bool is_new = memcmp(spoken->mi, basic->mi, MI_OCTETS) != 0;

	if (is_new)
		enter_mi(node, basic);
	if (is_new ? basic->mn != 1 : basic->mn <= spoken->mn)
		world_violate(
			node->world, "node %u: MN %u is out of order", node->index, basic->mn
		);
	check_pace(node, spoken, is_new);
	memcpy(spoken->mi, basic->mi, MI_OCTETS);
	spoken->mn = basic->mn;
}

static bool is_of(const struct known_key *key, const struct mkpdu_basic *basic) {
	return key->ckn_octets == basic->ckn_octets &&
	       memcmp(key->ckn, basic->ckn, key->ckn_octets) == 0;
}

static void
check_key_use(struct node *node, const struct mkpdu_basic *basic, const struct mkpdu_key_use *use) {
	const struct known_key *key = model_key(node->world, &use->ki);
	const struct model_sa *sa = model_find(node, &use->ki);

	if (use->ki.kn == 0)
		return;
	if (key == NULL || sa == NULL) {
		world_violate(node->world, "node %u: reports an SA it lacks", node->index);
		return;
	}
	if (key->ckn_octets != 0 && !is_of(key, basic))
		world_violate(
			node->world, "node %u: reports KN %u to another CA", node->index, use->ki.kn
		);
	if (use->transmits && !sa->is_transmit)
		world_violate(node->world, "node %u: reports transmission", node->index);
}

static void note_distribution(struct node *node, const struct mkpdu *pdu) {
	struct ki ki = {.kn = pdu->distributed_sak.kn};
	struct known_key *key;

	if (!mkpdu_has(pdu, SET_DISTRIBUTED_SAK))
		return;
	memcpy(ki.mi, pdu->basic.mi, MI_OCTETS);
	key = model_key(node->world, &ki);
	if (key == NULL) {
		world_violate(node->world, "node %u: a SAK it does not have", node->index);
		return;
	}
	memcpy(key->ckn, pdu->basic.ckn, pdu->basic.ckn_octets);
	key->ckn_octets = pdu->basic.ckn_octets;
}

void rules_check_sent(struct node *node, const uint8_t *frame, size_t octets) {
	struct mkpdu pdu;
	enum mka_refusal why;

	if (!mkpdu_decode_head(frame, octets, &pdu, &why) || !mkpdu_decode_sets(frame, &pdu)) {
		world_violate(node->world, "node %u: sends what nobody can read", node->index);
		return;
	}
	check_identity(node, &pdu.basic);
	note_distribution(node, &pdu);
	check_key_use(node, &pdu.basic, &pdu.sak_use.latest);
	check_key_use(node, &pdu.basic, &pdu.sak_use.old);
}

/* Our participant that made this SAK, by its MI; NULL: another member made it. */
static const struct mka_participant_view *
maker_of(const struct mka_view *view, const struct ki *ki, uint32_t *index) {
	for (*index = 0; *index < view->n_participants; (*index)++)
		if (memcmp(view->participants[*index].mi, ki->mi, MI_OCTETS) == 0)
			return &view->participants[*index];
	return NULL;
}

/* Who does not, or cannot do what the node demands, is not waited for. */
static bool takes_part(const struct node *node, const struct mka_peer_view *peer) {
	enum mka_capability least =
		node->config.confidentiality ? MKA_CAP_CONFIDENTIALITY_0 : MKA_CAP_INTEGRITY;

	return peer->is_live && peer->desires_macsec && peer->capability >= least;
}

static void check_as_server(struct node *node, const struct mka_view *view, uint32_t index) {
	for (uint32_t i = 0; i < view->n_peers; i++) {
		const struct mka_peer_view *peer = &view->peers[i];
		struct heard *heard = find_heard(node, peer->mi);

		if (peer->participant == index && takes_part(node, peer) &&
		    (heard == NULL || !reported(heard, &node->transmitted, false)))
			world_violate(
				node->world, "node %u: transmits before peer %016llx receives",
				node->index, (unsigned long long)peer->sci
			);
	}
}

void rules_check_transmit(struct node *node) {
	struct model_sa *sa = model_find(node, &node->transmitted);
	static struct mka_view view;
	struct heard *server;
	uint32_t index;

	if (!node->has_transmitted)
		return;
	node->has_transmitted = false;
	if (sa == NULL || node->world->now_ns - sa->installed_ns >= MKA_LIFE_NS)
		return;
	mka_view(node->kay, node->world->now_ns, &view);
	if (maker_of(&view, &node->transmitted, &index) != NULL) {
		check_as_server(node, &view, index);
		return;
	}
	server = find_heard(node, node->transmitted.mi);
	if (server == NULL || !reported(server, &node->transmitted, true))
		world_violate(node->world, "node %u: transmits before the key server", node->index);
}

/* Whoever is told that the link is secured must find a transmit SA in use, and the other way. */
void rules_check_state(struct node *node, enum mka_state state) {
	bool is_protected = state == MKA_SECURED || state == MKA_KEEPING;

	if (is_protected != (model_transmit_sa(node) != NULL))
		world_violate(
			node->world, "node %u: %s %s transmit SA", node->index,
			mka_state_word(state), is_protected ? "without a" : "with a"
		);
	if (state == MKA_KEEPING && !node->config.keeps_last_sak)
		world_violate(node->world, "node %u: keeps what it may not", node->index);
}
