/* SPDX-License-Identifier: BSD-3-Clause */
/* One MKPDU from the present state (802.1X-2020 11.11): sets in ascending order, then the ICV. */
#include "control/mka/machines.h"

static void fill_basic(struct participant *participant, struct mkpdu *pdu) {
	struct mka *kay = participant->kay;
	struct mkpdu_basic *basic = &pdu->basic;

	memcpy(pdu->destination, kay->config.destination_mac, sizeof(pdu->destination));
	memcpy(pdu->source, kay->config.source_mac, sizeof(pdu->source));
	pdu->eapol_version = EAPOL_VERSION_SENT;
	basic->version = MKA_VERSION_SENT;
	basic->key_server_priority = kay->config.key_server_priority;
	basic->is_key_server = participant->server == SERVER_SELF;
	basic->macsec_desired = true;
	basic->capability = (uint8_t)announce_capability(&kay->config);
	basic->sci = kay->config.sci;
	memcpy(basic->mi, participant->mi, MI_OCTETS);
	basic->mn = identity_next_mn(participant);
	memcpy(basic->ckn, participant->ckn, participant->ckn_octets);
	basic->ckn_octets = participant->ckn_octets;
}

static void put_entry(uint8_t *entry, const struct peer *peer) {
	struct writer out = {.base = entry, .size = MKPDU_LIST_ENTRY_OCTETS};

	writer_octets(&out, peer->mi, MI_OCTETS);
	writer_number(&out, peer->mn, 4);
}

/* The next live peer below `sci`: MKA version 3 lists live peers by descending SCI, as the SSCIs
 * go. An SCI is live once only. */
static const struct peer *next_below(const struct participant *participant, uint64_t sci) {
	const struct peer *best = NULL;

	for (uint32_t i = 0; i < participant->n_peers; i++) {
		const struct peer *peer = &participant->peers[i];

		if (peer->is_live && peer->sci < sci && (best == NULL || peer->sci > best->sci))
			best = peer;
	}
	return best;
}

static void fill_lists(struct participant *participant, struct mkpdu *pdu) {
	struct mka *kay = participant->kay;
	const struct peer *peer = next_below(participant, UINT64_MAX);

	pdu->live.entries = kay->live_entries;
	for (; peer != NULL; peer = next_below(participant, peer->sci))
		put_entry(kay->live_entries + MKPDU_LIST_ENTRY_OCTETS * pdu->live.n++, peer);
	pdu->potential.entries = kay->potential_entries;
	for (uint32_t i = 0; i < participant->n_peers; i++)
		if (!participant->peers[i].is_live)
			put_entry(
				kay->potential_entries +
					MKPDU_LIST_ENTRY_OCTETS * pdu->potential.n++,
				&participant->peers[i]
			);
	if (pdu->live.n > 0)
		mkpdu_mark(pdu, SET_LIVE_PEERS);
	if (pdu->potential.n > 0)
		mkpdu_mark(pdu, SET_POTENTIAL_PEERS);
}

/* The members of one CA need not hear of another's SAKs. */
static struct held_sak *own(const struct participant *participant, struct held_sak *held) {
	return held->is_valid && held->owner == participant ? held : NULL;
}

/* hostap discards an MKPDU with delay protection in which either LPN is 0, also that of a key which
 * does not exist. */
static void fill_key_use(struct mka *kay, struct mkpdu_key_use *use, struct held_sak *held) {
	use->lpn = kay->config.delay_protect ? 1 : 0;
	if (held == NULL)
		return;
	use->ki = held->sak.ki;
	use->an = held->sak.an;
	use->receives = true;
	use->transmits = held->transmits;
	use->lpn = lpn_report(kay, held);
}

static bool is_xpn(const struct held_sak *held) {
	return held != NULL && suite_info(held->sak.suite)->is_xpn;
}

/* Where unprotected traffic is allowed, peers hear that it flows even while there is no SAK. */
static void fill_sak_use(
	struct participant *participant, struct mkpdu_sak_use *use, struct held_sak *latest,
	struct held_sak *old
) {
	struct mka *kay = participant->kay;

	use->is_empty = latest == NULL && old == NULL;
	use->delay_protect = kay->config.delay_protect;
	use->plain_tx = use->plain_rx = kay->config.allows_plain && !cp_transmits(&kay->cp);
	fill_key_use(kay, &use->latest, latest);
	fill_key_use(kay, &use->old, old);
}

static void fill_saks(struct participant *participant, struct mkpdu *pdu) {
	struct mka *kay = participant->kay;
	struct held_sak *latest = own(participant, &kay->cp.latest);
	struct held_sak *old = own(participant, &kay->cp.old);
	const struct distribution *distribution = &participant->distribution;

	fill_sak_use(participant, &pdu->sak_use, latest, old);
	if (!pdu->sak_use.is_empty || pdu->sak_use.plain_tx)
		mkpdu_mark(pdu, SET_SAK_USE);
	pdu->suspension_s = suspend_seconds_left(participant);
	if (is_xpn(latest) || is_xpn(old) || pdu->suspension_s != 0)
		mkpdu_mark(pdu, SET_XPN);
	if (!distribution->is_active)
		return;
	mkpdu_mark(pdu, SET_DISTRIBUTED_SAK);
	pdu->distributed_sak = distribution->set;
	if (is_xpn(latest))
		pdu->live.key_server_ssci = (uint8_t)latest->sak.own_ssci;
}

static void fill_announcement(struct mka *kay, struct mkpdu *pdu) {
	if (!kay->config.announces)
		return;
	mkpdu_mark(pdu, SET_ANNOUNCEMENT);
	pdu->announcement = kay->announcement;
	pdu->announcement_octets = announce_write(&kay->config, kay->announcement);
}

void transmit_mkpdu(struct participant *participant) {
	struct mka *kay = participant->kay;
	struct mkpdu *pdu = &kay->pdu;
	size_t octets;

	/* Message numbers never wrap: a new identity starts them again (9.4.2). */
	if (participant->mn == UINT32_MAX && identity_renew(participant) != 0)
		return;
	memset(pdu, 0, sizeof(*pdu));
	fill_basic(participant, pdu);
	fill_lists(participant, pdu);
	fill_saks(participant, pdu);
	fill_announcement(kay, pdu);
	if (kay->config.icv_indicator)
		mkpdu_mark(pdu, SET_ICV_INDICATOR);
	octets = mkpdu_encode(pdu, kay->frame, sizeof(kay->frame));
	if (octets == 0 ||
	    keys_icv(
		    &participant->keys, kay->frame, pdu->icv_offset, kay->frame + pdu->icv_offset
	    ) != 0)
		return;
	kay->sent++;
	kay->ops->send(kay->ctx, kay->frame, octets);
}
