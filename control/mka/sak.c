/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The key server's part (802.1X-2020 9.8): when a fresh SAK is made, what is in it, and how long it
 * is repeated. SSCIs follow from the live list in the MKPDU that carries the SAK, so a SAK is
 * handed out only while our live list is the one that it was made for.
 */
#include "control/mka/machines.h"

#include <openssl/crypto.h>

#include <errno.h>

/* A rekey by hand may push a SAK out that is still retiring; nobody sent with it for this long. */
#define BY_HAND_NS 800000000ull

static bool is_member(const struct distribution *distribution, const struct peer *peer) {
	for (uint32_t i = 0; i < distribution->n_members; i++)
		if (mi_is_equal(distribution->members[i], peer->mi))
			return true;
	return false;
}

static bool membership_is_unchanged(const struct participant *participant) {
	for (uint32_t i = 0; i < participant->n_peers; i++) {
		const struct peer *peer = &participant->peers[i];

		if (peer->is_live && !is_member(&participant->distribution, peer))
			return false;
	}
	return peers_count_live(participant) == participant->distribution.n_members;
}

bool sak_has_takers(const struct participant *participant) {
	for (uint32_t i = 0; i < participant->n_peers; i++)
		if (peer_takes_part(&participant->peers[i]))
			return true;
	return false;
}

/* A member that had our SAK and has it no more (it failed and came back) needs a fresh one: it may
 * not take the same KI twice. Some leave the SAK Use set out now and then, which means nothing. */
static bool a_member_lost_it(struct participant *participant) {
	bool is_lost = false;

	for (uint32_t i = 0; i < participant->n_peers; i++) {
		struct peer *peer = &participant->peers[i];
		const struct mkpdu_key_use *use = peer_use(peer, &participant->distribution.ki);

		if (use != NULL && use->receives)
			peer->has_confirmed = true;
		is_lost |=
			peer_takes_part(peer) && peer->has_confirmed && use == NULL &&
			(peer->has_use || participant->kay->now_ns - peer->use_ns >= MKA_LIFE_NS);
	}
	return is_lost;
}

/* A peer may say only later that it cannot do the suite, and would never take the SAK. */
static bool suits_all(const struct participant *participant) {
	enum cipher_suite suite;

	return suite_find(participant->distribution.set.suite_id, &suite) &&
	       suite_suits(participant, suite);
}

static unsigned int ans_of_use(const struct mkpdu_key_use *use, const struct ki *except) {
	if (except != NULL && ki_is_equal(&use->ki, except))
		return 0;
	return use->receives || use->transmits ? 1u << use->an : 0u;
}

/* ANs that peers report, in any CA: they have one transmit SC for all of them. The SAK with KI
 * `except`, if any, does not count. */
static unsigned int ans_of_peers(const struct mka *kay, const struct ki *except) {
	unsigned int used = 0;

	for (uint32_t i = 0; i < kay->n_participants; i++) {
		const struct participant *participant = kay->participants[i];

		for (uint32_t j = 0; j < participant->n_peers; j++) {
			const struct mkpdu_sak_use *use = &participant->peers[j].use;

			/* Others may be an echo of the past: anybody can replay an MKPDU. */
			if (participant->peers[j].is_live)
				used |= ans_of_use(&use->latest, except) |
					ans_of_use(&use->old, except);
		}
	}
	return used;
}

/* A peer that came later uses the AN of our SAK for another one. It waits a while for a SAK with an
 * AN that is free, before it gives up the one that carries its traffic. */
static bool an_clashes(const struct participant *participant) {
	const struct distribution *distribution = &participant->distribution;
	unsigned int used = ans_of_peers(participant->kay, &distribution->ki);

	return used >> distribution->set.an & 1 && used != 0x0f;
}

/* Whether all who are here now may still take it. */
static bool can_be_completed(const struct participant *participant) {
	return membership_is_unchanged(participant) && suits_all(participant) &&
	       !an_clashes(participant);
}

/* Stops the repetition when everyone has the SAK, or when the CA is no longer the one it is for. */
static void distribution_check(struct participant *participant) {
	struct distribution *distribution = &participant->distribution;

	if (!distribution->is_active)
		return;
	if (peers_all_receive(participant, &distribution->ki)) {
		distribution->is_active = false;
	} else if (!can_be_completed(participant)) {
		distribution->is_active = false;
		participant->needs_sak = true;
	}
}

/* Whether all who were to have our last SAK, and are still here, transmit with it. */
static bool handover_is_done(const struct participant *participant) {
	const struct mka *kay = participant->kay;
	const struct distribution *distribution = &participant->distribution;
	const struct held_sak *latest = &kay->cp.latest;

	if (!latest->transmits || !ki_is_equal(&latest->sak.ki, &distribution->ki))
		return false;
	for (uint32_t i = 0; i < participant->n_peers; i++) {
		const struct peer *peer = &participant->peers[i];
		const struct mkpdu_key_use *use = peer_use(peer, &distribution->ki);

		if (peer_takes_part(peer) && is_member(distribution, peer) &&
		    (use == NULL || !use->transmits))
			return false;
	}
	return true;
}

/* How long the last hand-over may hold up the next SAK. One that nobody transmits with yet, and
 * that newcomers cannot take, can never be completed: only so long that others may join too. */
static uint64_t patience_ns(const struct participant *participant) {
	struct mka *kay = participant->kay;
	const struct held_sak *latest = &kay->cp.latest;

	if (!latest->transmits && !membership_is_unchanged(participant))
		return JOIN_NS;
	return HANDOVER_PATIENCE_NS;
}

/*
 * 9.8: a SAK per life time, unless no potential peer is about to join. The first one waits for
 * nothing; joiners that come during a hand-over share the next SAK; a rekey lets the old SAK
 * retire first, so that no key in use is dropped early, unless somebody asks for it.
 */
static bool may_make(const struct participant *participant) {
	const struct mka *kay = participant->kay;
	const struct distribution *distribution = &participant->distribution;
	uint64_t age_ns = kay->now_ns - distribution->made_ns;

	if (kay->now_ns < distribution->retry_ns)
		return false;
	if (distribution->made_ns == 0 || age_ns >= MKA_LIFE_NS)
		return true;
	if (peers_count_live(participant) != participant->n_peers)
		return false;
	if (!participant->needs_sak && kay->cp.old.is_valid &&
	    !(kay->wants_rekey_now && age_ns >= BY_HAND_NS))
		return false;
	return age_ns >= patience_ns(participant) || handover_is_done(participant);
}

static unsigned int an_of_held(const struct held_sak *held) {
	return held->is_valid ? 1u << held->sak.an : 0u;
}

/* The AN after the latest one that neither we nor, as far as reported, any peer uses. */
static uint8_t choose_an(const struct mka *kay) {
	const struct cp *cp = &kay->cp;
	unsigned int ours =
		an_of_held(&cp->latest) | an_of_held(&cp->old) | an_of_held(&cp->leaving);
	unsigned int used = ours | ans_of_peers(kay, NULL);
	uint8_t an = cp->latest.is_valid ? (cp->latest.sak.an + 1) & 3 : 0;

	if (used == 0x0f)
		used = ours; // at most three of four: then a peer gives up an old SA early
	while (used >> an & 1)
		an = (an + 1) & 3;
	return an;
}

void sak_assign_sscis(struct sak *sak, uint64_t own_sci) {
	sak->own_ssci = 1;
	for (uint32_t i = 0; i < sak->n_peers; i++) {
		sak->own_ssci += sak->peers[i].sci > own_sci;
		sak->peers[i].ssci = 1 + (own_sci > sak->peers[i].sci);
		for (uint32_t j = 0; j < sak->n_peers; j++)
			sak->peers[i].ssci += sak->peers[j].sci > sak->peers[i].sci;
	}
}

static void add_members(struct participant *participant, struct sak *sak) {
	struct distribution *distribution = &participant->distribution;

	distribution->n_members = 0;
	for (uint32_t i = 0; i < participant->n_peers; i++) {
		struct peer *peer = &participant->peers[i];

		peer->has_confirmed = false;
		if (!peer->is_live)
			continue;
		memcpy(distribution->members[distribution->n_members++], peer->mi, MI_OCTETS);
		sak->peers[sak->n_peers++].sci = peer->sci;
	}
}

/* Fills kay->sak. Returns 0 or a negative errno. */
static int generate(struct participant *participant, const struct suite_choice *choice) {
	struct mka *kay = participant->kay;
	const struct suite_info *suite = suite_info(choice->suite);
	struct sak *sak = &kay->sak;

	memset(sak, 0, sizeof(*sak));
	memcpy(sak->ki.mi, participant->mi, MI_OCTETS);
	sak->ki.kn = ++participant->kn;
	sak->suite = choice->suite;
	sak->an = choose_an(kay);
	sak->confidentiality = kay->config.confidentiality;
	sak->confidentiality_offset = choice->confidentiality_offset;
	add_members(participant, sak);
	if (suite->is_xpn) {
		keys_salt(&sak->ki, sak->salt);
		sak_assign_sscis(sak, kay->config.sci);
	}
	return kay->ops->random(kay->ctx, sak->octets, suite->sak_octets);
}

static uint8_t offset_code(const struct sak *sak) {
	if (!sak->confidentiality)
		return 0;
	return sak->confidentiality_offset == 0 ? 1 : sak->confidentiality_offset == 30 ? 2 : 3;
}

/* The set that is repeated: wrapped once, so that the plain key is not needed again. */
static int wrap(struct participant *participant) {
	struct mka *kay = participant->kay;
	const struct sak *sak = &kay->sak;
	const struct suite_info *suite = suite_info(sak->suite);
	struct mkpdu_distributed_sak *set = &participant->distribution.set;

	memset(set, 0, sizeof(*set));
	set->an = sak->an;
	set->offset_code = offset_code(sak);
	set->kn = sak->ki.kn;
	set->has_suite = sak->suite != SUITE_GCM_AES_128;
	set->suite_id = suite->id;
	set->wrapped_octets = (uint8_t)(suite->sak_octets + WRAP_EXTRA_OCTETS);
	return keys_wrap(&participant->keys, sak->octets, suite->sak_octets, set->wrapped);
}

static void make(struct participant *participant, const struct suite_choice *choice) {
	struct mka *kay = participant->kay;
	struct distribution *distribution = &participant->distribution;
	int ret = participant->kn == UINT32_MAX ? identity_renew(participant) : 0;

	distribution->is_active = false;
	if (ret == 0)
		ret = generate(participant, choice);
	if (ret == 0)
		ret = wrap(participant);
	if (ret == 0)
		ret = cp_install(participant, &kay->sak);
	if (ret == 0) {
		distribution->ki = kay->sak.ki;
		distribution->made_ns = kay->now_ns;
		distribution->is_active = true;
		participant->needs_sak = false;
		participant->pacing.is_due = true;
		kay->wants_rekey = kay->wants_rekey_now = false;
		kay->saks_distributed++;
		report(kay, MKA_TOPIC_SAK, "SAK with KN %u and AN %u for %s goes to %u peers",
		       kay->sak.ki.kn, kay->sak.an, suite_info(kay->sak.suite)->name,
		       kay->sak.n_peers);
	} else {
		distribution->retry_ns = kay->now_ns + MKA_HELLO_NS;
		report(kay, MKA_TOPIC_SAK, "no SAK could be made: error %d; trying again", -ret);
	}
	if (ret == -EEXIST)
		identity_renew(participant);
	OPENSSL_cleanse(&kay->sak, sizeof(kay->sak));
}

static bool is_serving(const struct participant *participant) {
	return participant == participant->kay->principal && participant->server == SERVER_SELF &&
	       sak_has_takers(participant);
}

/* What asks for a rekey concerns the principal's CA alone. */
static void forget_rekey(struct participant *participant) {
	struct mka *kay = participant->kay;

	if (participant == kay->principal || kay->principal == NULL)
		kay->wants_rekey = kay->wants_rekey_now = false;
}

void sak_serve(struct participant *participant) {
	struct mka *kay = participant->kay;
	struct distribution *distribution = &participant->distribution;
	struct suite_choice choice;

	if (!is_serving(participant)) {
		distribution->is_active = false;
		participant->needs_sak &= participant->server == SERVER_SELF;
		forget_rekey(participant);
		return;
	}
	distribution_check(participant);
	if (a_member_lost_it(participant) && kay->now_ns - distribution->made_ns >= MKA_LIFE_NS)
		participant->needs_sak = true;
	kay->wants_rekey |= rekey_is_wanted(participant);
	if ((participant->needs_sak || kay->wants_rekey) && may_make(participant) &&
	    suite_choose(participant, &choice))
		make(participant, &choice);
}

uint64_t sak_deadline(const struct participant *participant) {
	const struct distribution *distribution = &participant->distribution;
	uint64_t now_ns = participant->kay->now_ns;
	uint64_t times[] = {
		distribution->retry_ns,
		distribution->made_ns + JOIN_NS,
		distribution->made_ns + BY_HAND_NS,
		distribution->made_ns + HANDOVER_PATIENCE_NS,
		distribution->made_ns + MKA_LIFE_NS,
	};
	uint64_t deadline = NEVER;

	if (participant->server != SERVER_SELF)
		return NEVER;
	for (size_t i = 0; i < sizeof(times) / sizeof(times[0]); i++)
		if (times[i] > now_ns)
			deadline = earlier(deadline, times[i]);
	return deadline;
}
