/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A member's part (802.1X-2020 9.8, 9.17): which Distributed SAK is taken. Only one from the
 * elected key server, live, that lists us as live; never a key number it used before; never a
 * second key under a KI.
 */
#include "control/mka/machines.h"

#include <openssl/crypto.h>

#include <errno.h>
#include <inttypes.h>

static bool is_refused(struct participant *participant, const char *detail) {
	report_refusal(participant->kay, MKA_REFUSED_SAK_REFUSED, detail);
	return false;
}

/* Fills suite, AN and confidentiality; returns NULL or what is wrong. */
static const char *read_set(const struct mkpdu_distributed_sak *set, struct sak *sak) {
	static const uint8_t offsets[] = {0, 0, 30, 50};

	if (!suite_find(set->suite_id, &sak->suite))
		return "its cipher suite is not known";
	sak->an = set->an;
	sak->confidentiality = set->offset_code != 0;
	sak->confidentiality_offset = offsets[set->offset_code];
	if (set->wrapped_octets != suite_info(sak->suite)->sak_octets + WRAP_EXTRA_OCTETS)
		return "its wrapped key has the wrong size for its cipher suite";
	if (suite_info(sak->suite)->is_xpn && sak->confidentiality_offset != 0)
		return "it has a confidentiality offset with an XPN suite";
	return NULL;
}

/* What the configuration demands of a SAK. Others decide on it, we decide whether to use it. */
static bool is_allowed(struct participant *participant, const struct sak *sak) {
	const struct mka_config *config = &participant->kay->config;
	char detail[REFUSAL_DETAIL_OCTETS];
	struct sentence sentence = sentence_begin(detail, sizeof(detail));

	if (config->confidentiality && !sak->confidentiality)
		return is_refused(
			participant, "it is for integrity only, encryption is demanded here"
		);
	if (config->allowed_suites >> sak->suite & 1)
		return true;
	sentence_add(
		&sentence, "its cipher suite %s is not allowed here", suite_info(sak->suite)->name
	);
	return is_refused(participant, detail);
}

static bool has_sci(const struct sak *sak, uint64_t sci) {
	for (uint32_t i = 0; i < sak->n_peers; i++)
		if (sak->peers[i].sci == sci)
			return true;
	return false;
}

/* The members are the sender and its live list. False while one of them is not known to us: the
 * SAK comes again, the SCI does too. */
static bool
read_members(struct participant *participant, const struct peer *sender, const struct mkpdu *pdu) {
	struct mka *kay = participant->kay;
	struct sak *sak = &kay->sak;

	sak->peers[sak->n_peers++].sci = sender->sci;
	for (size_t i = 0; i < pdu->live.n; i++) {
		const uint8_t *mi = pdu->live.entries + i * MKPDU_LIST_ENTRY_OCTETS;
		const struct peer *peer = peers_find(participant, mi);

		if (mi_is_equal(mi, participant->mi) || mi_is_equal(mi, participant->former_mi))
			continue;
		if (peer == NULL || sak->n_peers == LIVE_PEERS_MAX || has_sci(sak, peer->sci))
			return false;
		sak->peers[sak->n_peers++].sci = peer->sci;
	}
	return true;
}

/* We hold this KI: the repetition must carry the same key. */
static bool
is_same_key(struct participant *participant, const struct held_sak *held, const struct mkpdu *pdu) {
	struct mka *kay = participant->kay;
	size_t octets = suite_info(held->sak.suite)->sak_octets;
	const struct mkpdu_distributed_sak *set = &pdu->distributed_sak;

	return read_set(set, &kay->sak) == NULL && kay->sak.suite == held->sak.suite &&
	       kay->sak.an == held->sak.an &&
	       keys_unwrap(
		       &participant->keys, set->wrapped, set->wrapped_octets, kay->sak.octets
	       ) == 0 &&
	       CRYPTO_memcmp(kay->sak.octets, held->sak.octets, octets) == 0;
}

/* A KI that was in use here before must not come back: its packet numbers are spent. With a new MI
 * the key server sees a new member, and makes a fresh SAK. At most once per life time. */
static bool refuse_known_ki(struct participant *participant) {
	const struct mka *kay = participant->kay;

	is_refused(participant, "its key identifier was in use before");
	if (kay->now_ns - participant->renewed_ns >= MKA_LIFE_NS || participant->renewed_ns == 0)
		identity_renew(participant);
	return false;
}

/*
 * MKA version 3 says which SSCI the key server gave itself. A difference means that it and we do
 * not mean the same members: no frame of it will verify, and somebody should know why.
 */
static void check_ssci(struct mka *kay, const struct peer *sender, const struct mkpdu *pdu) {
	uint32_t ssci = kay->sak.peers[0].ssci; // the sender is the first

	if (pdu->live.key_server_ssci == 0 || pdu->live.key_server_ssci == (uint8_t)ssci ||
	    !suite_info(kay->sak.suite)->is_xpn)
		return;
	report(kay, MKA_TOPIC_SAK,
	       "SAK with KN %u: key server %016" PRIx64 " calls its SSCI %u, here it is %u",
	       kay->sak.ki.kn, sender->sci, pdu->live.key_server_ssci, ssci);
}

static bool install(struct participant *participant, struct peer *sender, const struct mkpdu *pdu) {
	struct mka *kay = participant->kay;
	const struct mkpdu_distributed_sak *set = &pdu->distributed_sak;
	struct sak *sak = &kay->sak;
	const char *wrong = read_set(set, sak);
	int ret;

	if (wrong != NULL)
		return is_refused(participant, wrong);
	if (!is_allowed(participant, sak))
		return false;
	/* A key server that hears of the clash takes another AN; one that does not goes first. */
	if (cp_needs_an_of(&kay->cp, sak) && !principal_insists(participant))
		return true;
	if (!read_members(participant, sender, pdu))
		return true;
	ret = keys_unwrap(&participant->keys, set->wrapped, set->wrapped_octets, sak->octets);
	if (ret != 0)
		return is_refused(participant, "it does not unwrap: the CAK differs");
	if (suite_info(sak->suite)->is_xpn) {
		keys_salt(&sak->ki, sak->salt);
		sak_assign_sscis(sak, kay->config.sci);
	}
	ret = cp_install(participant, sak);
	if (ret == -EEXIST)
		return refuse_known_ki(participant);
	if (ret != 0)
		return is_refused(participant, "the SAs cannot be installed");
	check_ssci(kay, sender, pdu);
	sender->kn_accepted = sak->ki.kn;
	participant->plain_is_ordered = false;
	kay->saks_received++;
	participant->pacing.is_due = true;
	report(kay, MKA_TOPIC_SAK, "SAK with KN %u and AN %u for %s from %016" PRIx64, sak->ki.kn,
	       sak->an, suite_info(sak->suite)->name, sender->sci);
	return true;
}

/* The key server wants no MACsec (9.5): where the policy allows that, traffic goes on in clear. */
static bool obey_plain(struct participant *participant) {
	struct mka *kay = participant->kay;

	if (!kay->config.allows_plain)
		return is_refused(participant, "plain text is ordered, and not allowed here");
	participant->plain_is_ordered = true;
	cp_discard(kay);
	return true;
}

static bool take(struct participant *participant, struct peer *sender, const struct mkpdu *pdu) {
	struct mka *kay = participant->kay;
	const struct held_sak *held;
	struct sak *sak = &kay->sak;

	if (pdu->distributed_sak.is_plain)
		return obey_plain(participant);
	memcpy(sak->ki.mi, sender->mi, MI_OCTETS);
	sak->ki.kn = pdu->distributed_sak.kn;
	held = cp_find(&kay->cp, &sak->ki);
	if (held != NULL)
		return is_same_key(participant, held, pdu) ||
		       is_refused(participant, "a second key under one key identifier");
	if (sak->ki.kn == 0)
		return is_refused(participant, "key number 0");
	if (sak->ki.kn <= peers_kn_accepted(kay, sender->mi))
		return refuse_known_ki(participant);
	return install(participant, sender, pdu);
}

bool sak_accept(
	struct participant *participant, const uint8_t sender_mi[MI_OCTETS], const struct mkpdu *pdu
) {
	struct mka *kay = participant->kay;
	struct peer *sender = peers_find(participant, sender_mi);
	bool is_used;

	if (sender == NULL || !sender->is_live || identity_proven_mn(participant, &pdu->live) == 0)
		return true;
	if (sender != election_peer(participant))
		return is_refused(participant, "it comes from a member that is not the key server");
	/* Not refused: it is repeated, and by then this CA may be the one that counts. */
	if (!principal_may_take(participant))
		return true;
	memset(&kay->sak, 0, sizeof(kay->sak));
	is_used = take(participant, sender, pdu);
	OPENSSL_cleanse(&kay->sak, sizeof(kay->sak));
	return is_used;
}
