/* SPDX-License-Identifier: BSD-3-Clause */
/* What an operator sees of the KaY: a copy of its state, and words. */
#include "control/mka/machines.h"

static const char *const refusal_words[MKA_REFUSALS_COUNT] = {
#define X(name, word, help) [MKA_REFUSED_##name] = word,
	MKA_REFUSALS(X)
#undef X
};

const char *mka_state_word(enum mka_state state) {
	static const char *const words[] = {
		[MKA_INIT] = "init",       [MKA_PENDING] = "pending", [MKA_SECURED] = "secured",
		[MKA_KEEPING] = "keeping", [MKA_FAILED] = "failed",
	};

	return state < MKA_STATES_COUNT ? words[state] : "unknown";
}

const char *mka_refusal_word(enum mka_refusal refusal) {
	return refusal < MKA_REFUSALS_COUNT ? refusal_words[refusal] : "unknown";
}

static void view_sak(const struct held_sak *held, uint64_t now_ns, struct mka_sak_view *view) {
	view->is_valid = held->is_valid;
	if (!held->is_valid)
		return;
	view->ki = held->sak.ki;
	view->an = held->sak.an;
	view->receives = true;
	view->transmits = held->transmits;
	view->age_ns = now_ns - held->installed_ns;
	if (held->owner == NULL)
		return;
	memcpy(view->ckn, held->owner->ckn, held->owner->ckn_octets);
	view->ckn_octets = held->owner->ckn_octets;
}

/* False also when we transmit with none. */
static bool receives_ours(const struct participant *participant, const struct peer *peer) {
	const struct cp *cp = &participant->kay->cp;
	const struct held_sak *ours = cp->latest.transmits ? &cp->latest : &cp->old;
	const struct mkpdu_key_use *use = peer_use(peer, &ours->sak.ki);

	return ours->is_valid && ours->transmits && use != NULL && use->receives;
}

static void view_peer(
	const struct participant *participant, const struct peer *peer, uint64_t now_ns,
	struct mka_peer_view *view
) {
	uint64_t expires_ns;

	view->sci = peer->sci;
	memcpy(view->mi, peer->mi, MI_OCTETS);
	view->mn = peer->mn;
	view->key_server_priority = peer->priority;
	view->mka_version = peer->version;
	view->capability = (enum mka_capability)peer->capability;
	view->suites = announce_bits(&peer->announced);
	view->is_live = peer->is_live;
	view->is_key_server =
		participant->server == SERVER_PEER && mi_is_equal(participant->server_mi, peer->mi);
	view->desires_macsec = peer->desires_macsec;
	view->plain_tx = peer->use.plain_tx;
	view->plain_rx = peer->use.plain_rx;
	view->delay_protect = peer->use.delay_protect;
	view->receives_ours = receives_ours(participant, peer);
	expires_ns = peer_expires_ns(participant, peer);
	view->expires_in_ns = expires_ns > now_ns ? expires_ns - now_ns : 0;
}

/* Live peers first: when not all fit, the potential ones are left out. */
static void
view_peers(const struct mka *kay, uint32_t index, uint64_t now_ns, struct mka_view *view) {
	const struct participant *participant = kay->participants[index];

	for (uint32_t i = 0; i < 2 * participant->n_peers; i++) {
		const struct peer *peer = &participant->peers[i % participant->n_peers];

		if (peer->is_live != (i < participant->n_peers) ||
		    view->n_peers == MKA_VIEW_PEERS_MAX)
			continue;
		view->peers[view->n_peers].participant = index;
		view_peer(participant, peer, now_ns, &view->peers[view->n_peers++]);
	}
}

static void view_participant(
	const struct participant *participant, uint64_t now_ns, struct mka_participant_view *view
) {
	memcpy(view->ckn, participant->ckn, participant->ckn_octets);
	view->ckn_octets = participant->ckn_octets;
	view->is_fallback = participant->is_fallback;
	view->use = participant->use;
	view->is_principal = participant == participant->kay->principal;
	memcpy(view->mi, participant->mi, MI_OCTETS);
	view->mn = participant->mn;
	view->is_key_server = participant->server == SERVER_SELF;
	view->key_server_sci = participant->server_sci;
	view->n_live = peers_count_live(participant);
	view->n_potential = participant->n_peers - view->n_live;
	view->received = participant->received;
	view->suspended_for_ns = suspend_left_ns(participant, now_ns);
}

static void view_participants(const struct mka *kay, uint64_t now_ns, struct mka_view *view) {
	view->n_participants = kay->n_participants;
	for (uint32_t i = 0; i < kay->n_participants; i++) {
		view_participant(kay->participants[i], now_ns, &view->participants[i]);
		if (kay->participants[i] == kay->principal)
			view->principal = i;
	}
	if (kay->n_participants > 0)
		view_peers(kay, view->principal, now_ns, view);
	for (uint32_t i = 0; i < kay->n_participants; i++)
		if (i != view->principal)
			view_peers(kay, i, now_ns, view);
}

static void view_principal(struct mka_view *view) {
	const struct mka_participant_view *principal = &view->participants[view->principal];

	memcpy(view->ckn, principal->ckn, sizeof(view->ckn));
	view->ckn_octets = principal->ckn_octets;
	memcpy(view->mi, principal->mi, MI_OCTETS);
	view->mn = principal->mn;
	view->is_key_server = principal->is_key_server;
	view->key_server_sci = principal->key_server_sci;
}

static void view_troubles(const struct mka *kay, uint64_t now_ns, struct mka_view *view) {
	const struct refusal *refusal = &kay->last_refusal;
	struct sentence sentence = sentence_begin(view->last_refusal, sizeof(view->last_refusal));

	memcpy(view->refused, kay->refused, sizeof(view->refused));
	explain_refusal(kay, &sentence);
	view->last_refusal_reason = refusal->why;
	view->last_refusal_age_ns = refusal->is_any ? now_ns - refusal->at_ns : UINT64_MAX;
	sentence = sentence_begin(view->obstacle, sizeof(view->obstacle));
	obstacle_explain(kay, &sentence);
}

void mka_view(const struct mka *kay, uint64_t now_ns, struct mka_view *view) {
	memset(view, 0, sizeof(*view));
	now_ns = now_ns > kay->now_ns ? now_ns : kay->now_ns;
	view->state = kay->state;
	view->secured_for_ns = kay->state == MKA_SECURED ? now_ns - kay->secured_ns : 0;
	view->first_secured_after_ns = kay->first_secured_after_ns;
	view->sci = kay->config.sci;
	view->key_server_priority = kay->config.key_server_priority;
	view->suite = kay->cp.latest.is_valid ? kay->cp.latest.sak.suite : kay->config.suite;
	view_sak(&kay->cp.latest, now_ns, &view->latest);
	view_sak(&kay->cp.old, now_ns, &view->old);
	view_participants(kay, now_ns, view);
	view_principal(view);
	view->sent = kay->sent;
	view->received = kay->received;
	view_troubles(kay, now_ns, view);
	view->saks_distributed = kay->saks_distributed;
	view->saks_received = kay->saks_received;
	view->principal_changes = kay->principal_changes;
}
