/* SPDX-License-Identifier: BSD-3-Clause */
/* Sentences on what went wrong with a received MKPDU, each naming what an operator must look at. */
#include "control/mka/machines.h"

#include <inttypes.h>

#define REFUSAL_LOG_NS 10000000000ull // a flood of bad frames does not flood the log

static const char *const refusal_helps[MKA_REFUSALS_COUNT] = {
#define X(name, word, help) [MKA_REFUSED_##name] = help,
	MKA_REFUSALS(X)
#undef X
};

/* What the peer list says now, and will not say when the sentence is made. */
static void note_peer(const struct mka *kay, struct refusal *refusal) {
	const struct participant *participant =
		participant_find(kay, refusal->basic.ckn, refusal->basic.ckn_octets);
	const struct peer *peer;

	if (participant == NULL)
		return;
	peer = peers_find_const(participant, refusal->basic.mi);
	refusal->other_sci = peer == NULL ? 0 : peer->sci;
	refusal->last_mn = peers_last_mn(participant, refusal->basic.mi);
}

void report_refusal(struct mka *kay, enum mka_refusal why, const char *detail) {
	struct refusal *refusal = &kay->last_refusal;
	uint64_t *logged_ns = &kay->refusal_logged_ns[why];
	char text[MKA_SENTENCE_OCTETS];
	struct sentence sentence;

	refusal->is_any = true;
	refusal->why = why;
	refusal->at_ns = kay->now_ns;
	memcpy(refusal->destination, kay->pdu.destination, sizeof(refusal->destination));
	memcpy(refusal->source, kay->pdu.source, sizeof(refusal->source));
	refusal->basic = kay->pdu.basic;
	if (why == MKA_REFUSED_MN || why == MKA_REFUSED_MI_CLASH)
		note_peer(kay, refusal);
	sentence = sentence_begin(refusal->detail, sizeof(refusal->detail));
	if (detail != NULL)
		sentence_add(&sentence, "%s", detail);
	if (kay->refused[why]++ != 0 && kay->now_ns - *logged_ns < REFUSAL_LOG_NS)
		return;
	*logged_ns = kay->now_ns;
	sentence = sentence_begin(text, sizeof(text));
	explain_refusal(kay, &sentence);
	kay->ops->log(kay->ctx, MKA_TOPIC_REFUSAL, text);
}

static void add_mac(struct sentence *sentence, const uint8_t mac[6]) {
	sentence_add(
		sentence, "%02x:%02x:%02x:%02x:%02x:%02x", mac[0], mac[1], mac[2], mac[3], mac[4],
		mac[5]
	);
}

static bool is_zero(const uint8_t *octets, size_t n) {
	for (size_t i = 0; i < n; i++)
		if (octets[i] != 0)
			return false;
	return true;
}

/* Whether two CKNs differ only in zero octets at the end: devices pad short ones to different
 * lengths. */
static bool
differs_in_padding(const struct participant *participant, const struct mkpdu_basic *basic) {
	uint8_t ours = participant->ckn_octets, theirs = basic->ckn_octets;
	uint8_t common = ours < theirs ? ours : theirs;

	return ours != theirs && memcmp(participant->ckn, basic->ckn, common) == 0 &&
	       is_zero(participant->ckn + common, ours - common) &&
	       is_zero(basic->ckn + common, theirs - common);
}

static void explain_padding(
	const struct participant *participant, const struct mkpdu_basic *basic,
	struct sentence *sentence
) {
	bool is_longer = basic->ckn_octets > participant->ckn_octets;

	sentence_add(sentence, ", which is the configured ");
	sentence_add_hex(sentence, participant->ckn, participant->ckn_octets);
	if (is_longer && basic->ckn_octets == MKA_CKN_MAX_OCTETS)
		sentence_add(sentence, " with zero padding: set 'pad-ckn' to true");
	else if (is_longer)
		sentence_add(
			sentence, " with zero padding, but not to the 32 octets of 'pad-ckn': "
				  "configure it with these zeros"
		);
	else
		sentence_add(
			sentence, " without zero padding: set 'pad-ckn' to false, and configure it "
				  "without these zeros"
		);
}

/* As many as fit; each of them in full, for a part of a name helps nobody. */
static void add_configured(const struct mka *kay, struct sentence *sentence) {
	static const size_t and_more_octets = sizeof(" and 8 more") - 1;

	for (uint32_t i = 0; i < kay->n_participants; i++) {
		const struct participant *participant = kay->participants[i];
		size_t octets = 2 + 2u * participant->ckn_octets;
		bool is_last = i + 1 == kay->n_participants;

		if (sentence_room(sentence) < octets + (is_last ? 0 : and_more_octets)) {
			sentence_add(sentence, " and %u more", kay->n_participants - i);
			return;
		}
		sentence_add(sentence, i == 0 ? " " : ", ");
		sentence_add_hex(sentence, participant->ckn, participant->ckn_octets);
	}
}

static void
explain_ckn(const struct mka *kay, const struct mkpdu_basic *basic, struct sentence *sentence) {
	sentence_add(sentence, "peer offers CKN ");
	sentence_add_hex(sentence, basic->ckn, basic->ckn_octets);
	if (participant_find(kay, basic->ckn, basic->ckn_octets) != NULL) {
		sentence_add(sentence, ", which was not configured then");
		return;
	}
	for (uint32_t i = 0; i < kay->n_participants; i++) {
		if (!differs_in_padding(kay->participants[i], basic))
			continue;
		explain_padding(kay->participants[i], basic, sentence);
		return;
	}
	if (kay->n_participants == 0)
		sentence_add(sentence, ", none is configured");
	else
		sentence_add(sentence, ", configured %s", kay->n_participants == 1 ? "is" : "are");
	add_configured(kay, sentence);
}

static void
explain_group(const struct mka *kay, const struct refusal *refusal, struct sentence *sentence) {
	sentence_add(sentence, "it is sent to ");
	add_mac(sentence, refusal->destination);
	sentence_add(sentence, ", 'eapol-destination' here is ");
	add_mac(sentence, kay->config.destination_mac);
}

static void
explain_own_sci(const struct mka *kay, const struct refusal *refusal, struct sentence *sentence) {
	bool is_ours =
		memcmp(refusal->source, kay->config.source_mac, sizeof(refusal->source)) == 0;

	sentence_add(sentence, "the sender, ");
	add_mac(sentence, refusal->source);
	sentence_add(
		sentence, ", uses our own SCI: %s",
		is_ours ? "is the line looped back?" : "two devices have one MAC address"
	);
}

static void explain_identity(const struct refusal *refusal, struct sentence *sentence) {
	const struct mkpdu_basic *basic = &refusal->basic;

	if (refusal->why == MKA_REFUSED_MN) {
		sentence_add(
			sentence, "message number %u is not above %u, the last one of member ",
			basic->mn, refusal->last_mn
		);
		sentence_add_hex(sentence, basic->mi, MI_OCTETS);
		sentence_add(sentence, ": a replay, or frames overtake each other");
		return;
	}
	sentence_add(sentence, "its member identifier ");
	sentence_add_hex(sentence, basic->mi, MI_OCTETS);
	sentence_add(sentence, " is in use by %016" PRIx64, refusal->other_sci);
}

static void
explain_reason(const struct mka *kay, const struct refusal *refusal, struct sentence *sentence) {
	switch (refusal->why) {
	case MKA_REFUSED_NOT_GROUP:
		explain_group(kay, refusal, sentence);
		break;
	case MKA_REFUSED_OWN_SCI:
		explain_own_sci(kay, refusal, sentence);
		break;
	case MKA_REFUSED_CKN_UNKNOWN:
		explain_ckn(kay, &refusal->basic, sentence);
		break;
	case MKA_REFUSED_ICV:
		sentence_add(sentence, "ICV does not verify under CKN ");
		sentence_add_hex(sentence, refusal->basic.ckn, refusal->basic.ckn_octets);
		sentence_add(sentence, ": the CAK differs");
		break;
	case MKA_REFUSED_MN:
	case MKA_REFUSED_MI_CLASH:
		explain_identity(refusal, sentence);
		break;
	case MKA_REFUSED_PEERS_FULL:
		sentence_add(sentence, "a CA has at most %u members", CA_MAX_MEMBERS);
		break;
	case MKA_REFUSED_SAK_REFUSED:
		sentence_add(sentence, "a SAK that must not be used: %s", refusal->detail);
		break;
	default:
		sentence_add(sentence, "%s", refusal_helps[refusal->why]);
		break;
	}
}

void explain_refusal(const struct mka *kay, struct sentence *sentence) {
	const struct refusal *refusal = &kay->last_refusal;

	if (!refusal->is_any)
		return;
	sentence_add(sentence, "MKPDU ");
	if (refusal->basic.sci != 0)
		sentence_add(sentence, "from %016" PRIx64 " ", refusal->basic.sci);
	sentence_add(sentence, "refused: ");
	explain_reason(kay, refusal, sentence);
}
