/* SPDX-License-Identifier: BSD-3-Clause */
/* What an operator sees of the KaY: a copy of its state, words, and sentences on what went wrong.
 */
#include "control/mka/kay.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

#define REFUSAL_LOG_NS 10000000000ull // a flood of bad frames does not flood the log

static const char *const refusal_words[MKA_REFUSALS_COUNT] = {
#define X(name, word, help) [MKA_REFUSED_##name] = word,
	MKA_REFUSALS(X)
#undef X
};

static const char *const refusal_helps[MKA_REFUSALS_COUNT] = {
#define X(name, word, help) [MKA_REFUSED_##name] = help,
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

const char *participant_word(const struct participant *participant) {
	char *word = participant->kay->ckn_word;
	int used = sprintf(word, "CKN ");

	for (uint8_t i = 0; i < participant->ckn_octets; i++)
		used += sprintf(word + used, "%02X", participant->ckn[i]);
	return word;
}

void report(struct mka *kay, const char *format, ...) {
	char line[MKA_SENTENCE_OCTETS];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(line, sizeof(line), format, arguments);
	va_end(arguments);
	kay->ops->log(kay->ctx, line);
}

void report_refusal(struct mka *kay, enum mka_refusal why, uint64_t sci, const char *detail) {
	uint64_t *logged_ns = &kay->refusal_logged_ns[why];
	char sender[32] = "";

	if (sci != 0)
		snprintf(sender, sizeof(sender), " from %016" PRIx64, sci);
	snprintf(
		kay->last_refusal, sizeof(kay->last_refusal), "MKPDU%s refused: %s%s%s", sender,
		refusal_helps[why], detail == NULL ? "" : ": ", detail == NULL ? "" : detail
	);
	kay->last_refusal_reason = why;
	kay->last_refusal_ns = kay->now_ns;
	if (kay->refused[why]++ == 0 || kay->now_ns - *logged_ns >= REFUSAL_LOG_NS) {
		*logged_ns = kay->now_ns;
		kay->ops->log(kay->ctx, kay->last_refusal);
	}
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

static void view_peer(
	const struct participant *participant, const struct peer *peer, uint64_t now_ns,
	struct mka_peer_view *view
) {
	view->sci = peer->sci;
	memcpy(view->mi, peer->mi, MI_OCTETS);
	view->mn = peer->mn;
	view->key_server_priority = peer->priority;
	view->mka_version = peer->version;
	view->capability = (enum mka_capability)peer->capability;
	view->is_live = peer->is_live;
	view->is_key_server =
		participant->server == SERVER_PEER && mi_is_equal(participant->server_mi, peer->mi);
	view->desires_macsec = peer->desires_macsec;
	view->plain_tx = peer->use.plain_tx;
	view->plain_rx = peer->use.plain_rx;
	view->delay_protect = peer->use.delay_protect;
	view->expires_in_ns = peer->expires_ns > now_ns ? peer->expires_ns - now_ns : 0;
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

static void
view_participant(const struct participant *participant, struct mka_participant_view *view) {
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
}

static void view_participants(const struct mka *kay, uint64_t now_ns, struct mka_view *view) {
	view->n_participants = kay->n_participants;
	for (uint32_t i = 0; i < kay->n_participants; i++) {
		view_participant(kay->participants[i], &view->participants[i]);
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

static void view_refusals(const struct mka *kay, uint64_t now_ns, struct mka_view *view) {
	memcpy(view->refused, kay->refused, sizeof(view->refused));
	memcpy(view->last_refusal, kay->last_refusal, sizeof(view->last_refusal));
	view->last_refusal_reason = kay->last_refusal_reason;
	view->last_refusal_age_ns =
		kay->last_refusal[0] == '\0' ? UINT64_MAX : now_ns - kay->last_refusal_ns;
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
	view_refusals(kay, now_ns, view);
	view->saks_distributed = kay->saks_distributed;
	view->saks_received = kay->saks_received;
	view->principal_changes = kay->principal_changes;
}
