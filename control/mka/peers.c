/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Live and potential peers (802.1X-2020 9.4.3). A sender is live once it proves to have heard a
 * recent MKPDU of ours, and stays so for one life time after each proof. One array holds both
 * kinds; an SCI stands in it at most twice: its live identity and the one that wants to follow.
 */
#include "control/mka/machines.h"

#include <inttypes.h>

const struct peer *
peers_find_const(const struct participant *participant, const uint8_t mi[MI_OCTETS]) {
	for (uint32_t i = 0; i < participant->n_peers; i++)
		if (mi_is_equal(participant->peers[i].mi, mi))
			return &participant->peers[i];
	return NULL;
}

struct peer *peers_find(struct participant *participant, const uint8_t mi[MI_OCTETS]) {
	return (struct peer *)peers_find_const(participant, mi);
}

uint32_t peers_count_live(const struct participant *participant) {
	uint32_t n = 0;

	for (uint32_t i = 0; i < participant->n_peers; i++)
		n += participant->peers[i].is_live;
	return n;
}

bool peer_does_macsec(const struct peer *peer) {
	return peer->is_live && peer->desires_macsec && peer->capability != MKA_CAP_NONE;
}

bool peer_takes_part(const struct peer *peer) {
	return peer_does_macsec(peer) && peer->can_protect;
}

static struct peer *find_sci(struct participant *participant, uint64_t sci, bool is_live) {
	for (uint32_t i = 0; i < participant->n_peers; i++)
		if (participant->peers[i].sci == sci && participant->peers[i].is_live == is_live)
			return &participant->peers[i];
	return NULL;
}

static const struct past_peer *
find_past(const struct participant *participant, const uint8_t mi[MI_OCTETS]) {
	for (uint32_t i = 0; i < PAST_MAX && i < participant->n_past; i++)
		if (mi_is_equal(participant->past[i].mi, mi))
			return &participant->past[i];
	return NULL;
}

/* One MI has one sequence of key numbers, whatever the CA it comes in. */
uint32_t peers_kn_accepted(const struct mka *kay, const uint8_t mi[MI_OCTETS]) {
	uint32_t kn = 0;

	for (uint32_t i = 0; i < kay->n_participants; i++) {
		const struct peer *peer = peers_find_const(kay->participants[i], mi);
		const struct past_peer *past = find_past(kay->participants[i], mi);

		if (peer != NULL && peer->kn_accepted > kn)
			kn = peer->kn_accepted;
		if (past != NULL && past->kn_accepted > kn)
			kn = past->kn_accepted;
	}
	return kn;
}

static void remember(struct participant *participant, const struct peer *peer) {
	struct past_peer *past = (struct past_peer *)find_past(participant, peer->mi);

	if (past == NULL)
		past = &participant->past[participant->n_past++ % PAST_MAX];
	memcpy(past->mi, peer->mi, MI_OCTETS);
	past->mn = peer->mn;
	past->kn_accepted = peer->kn_accepted;
}

static void peer_remove(struct participant *participant, struct peer *peer, const char *reason) {
	struct mka *kay = participant->kay;

	report(kay, MKA_TOPIC_PEER, "peer %016" PRIx64 " %s: %s", peer->sci,
	       peer->is_live ? "live" : "potential", reason);
	remember(participant, peer);
	participant->pacing.is_due |= peer->is_live;
	*peer = participant->peers[--participant->n_peers];
}

/* Room for a new identity: that of an older potential one of the same SCI, or a free place. */
static struct peer *peer_add(struct participant *participant, const struct mkpdu_basic *basic) {
	struct mka *kay = participant->kay;
	const struct past_peer *past = find_past(participant, basic->mi);
	struct peer *peer = find_sci(participant, basic->sci, false);

	if (peer != NULL)
		peer_remove(participant, peer, "another identity of it is heard");
	if (participant->n_peers == PEERS_MAX)
		return NULL;
	peer = &participant->peers[participant->n_peers++];
	memset(peer, 0, sizeof(*peer));
	memcpy(peer->mi, basic->mi, MI_OCTETS);
	peer->sci = basic->sci;
	peer->kn_accepted = past == NULL ? 0 : past->kn_accepted;
	participant->pacing.is_due = true;
	report(kay, MKA_TOPIC_PEER, "peer %016" PRIx64 " heard", peer->sci);
	return peer;
}

/*
 * A proven identity takes the place of an earlier one with the same SCI: the member restarted.
 * Which of the two is the later one tells the MN that it heard of us; an MKPDU of the former
 * identity may well arrive after the first of the next. Returns the peer, which may have moved.
 */
static struct peer *peer_prove(struct participant *participant, struct peer *peer) {
	struct mka *kay = participant->kay;
	struct peer *former = find_sci(participant, peer->sci, true);
	uint8_t mi[MI_OCTETS];

	memcpy(mi, peer->mi, MI_OCTETS);
	if (former != NULL && former->proven_mn >= peer->proven_mn)
		return peer;
	if (former != NULL) {
		peer_remove(participant, former, "it restarted");
		peer = peers_find(participant, mi);
	}
	peer->is_live = true;
	peer->live_ns = kay->now_ns;
	participant->needs_sak = true;
	participant->pacing.is_due = true;
	report(kay, MKA_TOPIC_PEER, "peer %016" PRIx64 " is live", peer->sci);
	return peer;
}

uint32_t peers_last_mn(const struct participant *participant, const uint8_t mi[MI_OCTETS]) {
	const struct peer *peer = peers_find_const(participant, mi);
	const struct past_peer *past = peer != NULL ? NULL : find_past(participant, mi);

	if (peer != NULL)
		return peer->mn;
	return past == NULL ? 0 : past->mn;
}

static void note_announcement(struct mka *kay, struct peer *peer, const struct mkpdu *pdu) {
	bool was_malformed = peer->announced.was_malformed;

	if (!mkpdu_has(pdu, SET_ANNOUNCEMENT) ||
	    announce_read(&peer->announced, pdu->announcement, pdu->announcement_octets))
		return;
	if (!was_malformed)
		report(kay, MKA_TOPIC_PEER,
		       "peer %016" PRIx64 ": its announcement is malformed, and ignored",
		       peer->sci);
}

static void
peer_update(struct participant *participant, struct peer *peer, const struct mkpdu *pdu) {
	struct mka *kay = participant->kay;
	bool took_part = peer_takes_part(peer);

	peer->mn = pdu->basic.mn;
	peer->priority = pdu->basic.key_server_priority;
	peer->version = pdu->basic.version;
	peer->capability = pdu->basic.capability;
	peer->desires_macsec = pdu->basic.macsec_desired;
	peer->can_protect = peer->capability >= suite_capability_needed(&kay->config);
	note_announcement(kay, peer, pdu);
	/* It was live before, but no SAK was made for it to take. */
	participant->needs_sak |= !took_part && peer_takes_part(peer);
	peer->has_use = mkpdu_has(pdu, SET_SAK_USE);
	if (!peer->has_use) {
		memset(&peer->use, 0, sizeof(peer->use));
		return;
	}
	peer->use = pdu->sak_use;
	peer->use_ns = kay->now_ns;
}

static uint32_t proven_mn(const struct participant *participant, const struct mkpdu *pdu) {
	uint32_t live = identity_proven_mn(participant, &pdu->live);
	uint32_t potential = identity_proven_mn(participant, &pdu->potential);

	return live > potential ? live : potential;
}

/* Whether one more live peer is one too many. */
static bool ca_is_full(struct participant *participant, const struct peer *peer) {
	return !peer->is_live && find_sci(participant, peer->sci, true) == NULL &&
	       peers_count_live(participant) == LIVE_PEERS_MAX;
}

struct peer *
peers_hear(struct participant *participant, const struct mkpdu *pdu, enum mka_refusal *why) {
	struct mka *kay = participant->kay;
	struct peer *peer = peers_find(participant, pdu->basic.mi);
	uint32_t mn = proven_mn(participant, pdu);

	*why = MKA_REFUSED_MI_CLASH;
	if (peer != NULL && peer->sci != pdu->basic.sci)
		return NULL;
	*why = MKA_REFUSED_MN;
	if (pdu->basic.mn <= peers_last_mn(participant, pdu->basic.mi))
		return NULL;
	*why = MKA_REFUSED_PEERS_FULL;
	if (peer == NULL && (peer = peer_add(participant, &pdu->basic)) == NULL)
		return NULL;
	peer_update(participant, peer, pdu);
	/* Without a proof it has not heard us of late, or not at all: the answer brings it closer.
	 */
	participant->pacing.is_due |= mn == 0;
	if (mn != 0 || !peer->is_live)
		peer->expires_ns = kay->now_ns + MKA_LIFE_NS;
	if (mn != 0 && ca_is_full(participant, peer))
		return NULL;
	if (mn > peer->proven_mn)
		peer->proven_mn = mn;
	if (mn != 0 && !peer->is_live)
		peer = peer_prove(participant, peer);
	rekey_note_peer(participant, peer);
	return peer;
}

uint64_t peer_expires_ns(const struct participant *participant, const struct peer *peer) {
	if (!peer->is_live)
		return peer->expires_ns;
	return later(peer->expires_ns, suspend_holds_until_ns(participant));
}

void peers_expire(struct participant *participant) {
	struct mka *kay = participant->kay;

	for (uint32_t i = participant->n_peers; i > 0; i--)
		if (peer_expires_ns(participant, &participant->peers[i - 1]) <= kay->now_ns)
			peer_remove(
				participant, &participant->peers[i - 1], "not heard for a life time"
			);
}

uint64_t peers_deadline(const struct participant *participant) {
	uint64_t deadline = NEVER;

	for (uint32_t i = 0; i < participant->n_peers; i++)
		deadline = earlier(deadline, peer_expires_ns(participant, &participant->peers[i]));
	return deadline;
}

const struct mkpdu_key_use *peer_use(const struct peer *peer, const struct ki *ki) {
	if (ki->kn != 0 && ki_is_equal(&peer->use.latest.ki, ki))
		return &peer->use.latest;
	if (ki->kn != 0 && ki_is_equal(&peer->use.old.ki, ki))
		return &peer->use.old;
	return NULL;
}

bool peers_all_receive(const struct participant *participant, const struct ki *ki) {
	for (uint32_t i = 0; i < participant->n_peers; i++) {
		const struct peer *peer = &participant->peers[i];
		const struct mkpdu_key_use *use = peer_use(peer, ki);

		if (peer_takes_part(peer) && (use == NULL || !use->receives))
			return false;
	}
	return true;
}

bool peers_all_transmit(const struct participant *participant, const struct ki *ki) {
	for (uint32_t i = 0; i < participant->n_peers; i++) {
		const struct peer *peer = &participant->peers[i];
		const struct mkpdu_key_use *use = peer_use(peer, ki);

		if (peer_takes_part(peer) && (use == NULL || !use->transmits))
			return false;
	}
	return true;
}

bool peers_any_receives(const struct participant *participant, const struct ki *ki) {
	for (uint32_t i = 0; i < participant->n_peers; i++) {
		const struct peer *peer = &participant->peers[i];
		const struct mkpdu_key_use *use = peer_use(peer, ki);

		if (peer->is_live && use != NULL && use->receives)
			return true;
	}
	return false;
}

bool peers_any_transmits(const struct participant *participant, const struct ki *ki) {
	for (uint32_t i = 0; i < participant->n_peers; i++) {
		const struct peer *peer = &participant->peers[i];
		const struct mkpdu_key_use *use = peer_use(peer, ki);

		if (peer->is_live && use != NULL && use->transmits)
			return true;
	}
	return false;
}
