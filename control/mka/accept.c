/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A member's part (802.1X-2020 9.8, 9.17): which Distributed SAK is taken. Only one from the
 * elected key server, live, that lists us as live; never a key number it used before; never a
 * second key under a KI.
 */
#include "control/mka/kay.h"

#include <openssl/crypto.h>

#include <errno.h>
#include <inttypes.h>

static bool
is_refused(struct participant *participant, const struct peer *sender, const char *detail) {
	struct mka *kay = participant->kay;
	report_refusal(kay, MKA_REFUSED_SAK_REFUSED, sender->sci, detail);
	return false;
}

/* Fills suite, AN and confidentiality; returns NULL or what is wrong. */
static const char *read_set(const struct mkpdu_distributed_sak *set, struct sak *sak) {
	static const uint8_t offsets[] = {0, 0, 30, 50};
	unsigned int suite;

	for (suite = 0; suite < SUITE_COUNT; suite++)
		if (suite_info((enum cipher_suite)suite)->id == set->suite_id)
			break;
	if (suite == SUITE_COUNT)
		return "a cipher suite that is not known";
	sak->suite = (enum cipher_suite)suite;
	sak->an = set->an;
	sak->confidentiality = set->offset_code != 0;
	sak->confidentiality_offset = offsets[set->offset_code];
	if (set->wrapped_octets != suite_info(sak->suite)->sak_octets + WRAP_EXTRA_OCTETS)
		return "a wrapped key of the wrong size for its suite";
	if (suite_info(sak->suite)->is_xpn && sak->confidentiality_offset != 0)
		return "a confidentiality offset with an XPN suite";
	return NULL;
}

static bool has_sci(const struct sak *sak, uint64_t sci) {
	for (uint32_t i = 0; i < sak->n_peers; i++)
		if (sak->peers[i].sci == sci)
			return true;
	return false;
}

/* The members are the sender and its live list. False while one of them is not known to us: the
 * SAK comes again, the SCIs do too. */
static bool
read_members(struct participant *participant, const struct peer *sender, const struct mkpdu *pdu) {
	struct mka *kay = participant->kay;
	struct sak *sak = &kay->sak;

	sak->peers[sak->n_peers++].sci = sender->sci;
	for (size_t i = 0; i < pdu->live.n; i++) {
		const uint8_t *mi = pdu->live.entries + i * MKPDU_LIST_ENTRY_OCTETS;
		const struct peer *peer = peers_find(participant, mi);

		if (mi_is_equal(mi, participant->mi))
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
static bool refuse_known_ki(struct participant *participant, const struct peer *sender) {
	const struct mka *kay = participant->kay;

	is_refused(participant, sender, "its key identifier was in use before");
	if (kay->now_ns - participant->renewed_ns >= MKA_LIFE_NS || participant->renewed_ns == 0)
		identity_renew(participant);
	return false;
}

static bool install(struct participant *participant, struct peer *sender, const struct mkpdu *pdu) {
	struct mka *kay = participant->kay;
	const struct mkpdu_distributed_sak *set = &pdu->distributed_sak;
	struct sak *sak = &kay->sak;
	const char *wrong = read_set(set, sak);
	int ret;

	if (wrong != NULL)
		return is_refused(participant, sender, wrong);
	if (!read_members(participant, sender, pdu))
		return true;
	ret = keys_unwrap(&participant->keys, set->wrapped, set->wrapped_octets, sak->octets);
	if (ret != 0)
		return is_refused(participant, sender, "it does not unwrap: the CAK differs");
	if (suite_info(sak->suite)->is_xpn) {
		keys_salt(&sak->ki, sak->salt);
		sak_assign_sscis(sak, kay->config.sci);
	}
	ret = cp_install(participant, sak);
	if (ret == -EEXIST)
		return refuse_known_ki(participant, sender);
	if (ret != 0)
		return is_refused(participant, sender, "the SAs cannot be installed");
	sender->kn_accepted = sak->ki.kn;
	kay->saks_received++;
	participant->pacing.is_due = true;
	report(kay, "SAK with KN %u and AN %u from %016" PRIx64, sak->ki.kn, sak->an, sender->sci);
	return true;
}

static bool take(struct participant *participant, struct peer *sender, const struct mkpdu *pdu) {
	struct mka *kay = participant->kay;
	const struct held_sak *held;
	struct sak *sak = &kay->sak;

	if (pdu->distributed_sak.is_plain)
		return is_refused(participant, sender, "plain text is ordered");
	memcpy(sak->ki.mi, sender->mi, MI_OCTETS);
	sak->ki.kn = pdu->distributed_sak.kn;
	held = cp_find(&kay->cp, &sak->ki);
	if (held != NULL)
		return is_same_key(participant, held, pdu) ||
		       is_refused(participant, sender, "a second key under one key identifier");
	if (sak->ki.kn == 0)
		return is_refused(participant, sender, "key number 0");
	if (sak->ki.kn <= sender->kn_accepted)
		return refuse_known_ki(participant, sender);
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
		return is_refused(
			participant, sender, "it comes from a member that is not the key server"
		);
	/* Not refused: it is repeated, and by then this CA may be the one that counts. */
	if (!principal_may_take(kay, participant))
		return true;
	memset(&kay->sak, 0, sizeof(kay->sak));
	is_used = take(participant, sender, pdu);
	OPENSSL_cleanse(&kay->sak, sizeof(kay->sak));
	return is_used;
}
