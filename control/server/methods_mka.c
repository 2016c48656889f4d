/* SPDX-License-Identifier: BSD-3-Clause */
/* mka.show: what the key agreement of a link knows, without key material. */
#include "control/link_policy.h"
#include "control/server/methods.h"

static const char *capability_word(enum mka_capability capability) {
	switch (capability) {
	case MKA_CAP_INTEGRITY:
		return "integrity";
	case MKA_CAP_CONFIDENTIALITY_0:
		return "confidentiality-0";
	case MKA_CAP_CONFIDENTIALITY_0_30_50:
		return "confidentiality-0-30-50";
	default:
		return "none";
	}
}

static void suites_describe(struct json peer, uint32_t suites) {
	struct json names = json_array(peer, "announced-suites");

	for (unsigned i = 0; i < SUITE_COUNT; i++) {
		if (suites >> i & 1)
			json_element_text(names, suite_info((enum cipher_suite)i)->name);
	}
}

static void
peer_describe(struct json peer, const struct mka_view *mka, const struct mka_peer_view *view) {
	const struct mka_participant_view *cak = &mka->participants[view->participant];

	json_hex(peer, "ckn", cak->ckn, cak->ckn_octets);
	json_sci(peer, "sci", view->sci);
	json_hex(peer, "mi", view->mi, MI_OCTETS);
	json_u64(peer, "mn", view->mn);
	json_u64(peer, "key-server-priority", view->key_server_priority);
	json_u64(peer, "mka-version", view->mka_version);
	json_bool(peer, "live", view->is_live);
	json_bool(peer, "key-server", view->is_key_server);
	json_bool(peer, "desires-macsec", view->desires_macsec);
	json_text(peer, "capability", capability_word(view->capability));
	suites_describe(peer, view->suites);
	json_bool(peer, "plain-tx", view->plain_tx);
	json_bool(peer, "plain-rx", view->plain_rx);
	json_bool(peer, "delay-protect", view->delay_protect);
	json_bool(peer, "receives-ours", view->receives_ours);
	json_milliseconds(peer, "expires-in-ms", view->expires_in_ns);
}

static void
participant_describe(struct json participant, const struct link_view *link, uint32_t i) {
	const struct mka_participant_view *view = &link->mka.participants[i];

	json_hex(participant, "ckn", view->ckn, view->ckn_octets);
	json_text(participant, "role", link_role_word(link_policy_role(link, i)));
	json_text(participant, "use", view->use == MKA_USE_SEND ? "send" : "accept");
	json_bool(participant, "principal", view->is_principal);
	json_hex(participant, "mi", view->mi, MI_OCTETS);
	json_u64(participant, "mn", view->mn);
	json_bool(participant, "key-server", view->is_key_server);
	json_sci(participant, "key-server-sci", view->key_server_sci);
	json_u64(participant, "live", view->n_live);
	json_u64(participant, "potential", view->n_potential);
	json_u64(participant, "received", view->received);
	json_seconds(participant, "suspended-for-s", view->suspended_for_ns);
}

static void sak_describe(struct json mka, const char *key, const struct mka_sak_view *view) {
	if (!view->is_valid) {
		json_null(mka, key);
		return;
	}
	struct json sak = json_object(mka, key);
	json_ki(sak, "ki", &view->ki);
	json_hex(sak, "ckn", view->ckn, view->ckn_octets);
	json_u64(sak, "an", view->an);
	json_bool(sak, "receives", view->receives);
	json_bool(sak, "transmits", view->transmits);
	json_seconds(sak, "age-s", view->age_ns);
}

static void traffic_describe(struct json mka, const struct mka_view *view) {
	json_u64(mka, "sent", view->sent);
	json_u64(mka, "received", view->received);
	struct json refused = json_object(mka, "refused");
	for (int i = 0; i < MKA_REFUSALS_COUNT; i++)
		json_u64(refused, mka_refusal_word((enum mka_refusal)i), view->refused[i]);
	json_text(mka, "last-refusal", view->last_refusal);
	json_text(mka, "obstacle", view->obstacle);
	json_u64(mka, "saks-distributed", view->saks_distributed);
	json_u64(mka, "saks-received", view->saks_received);
	json_u64(mka, "principal-changes", view->principal_changes);
}

static void ourselves_describe(struct json mka, const struct mka_view *view) {
	json_text(mka, "state", mka_state_word(view->state));
	json_u64_or_null(
		mka, "secured-for-s", view->state == MKA_SECURED, view->secured_for_ns / 1000000000u
	);
	json_hex(mka, "ckn", view->ckn, view->ckn_octets);
	json_sci(mka, "sci", view->sci);
	json_hex(mka, "mi", view->mi, MI_OCTETS);
	json_u64(mka, "mn", view->mn);
	json_u64(mka, "key-server-priority", view->key_server_priority);
	json_bool(mka, "key-server", view->is_key_server);
	json_sci(mka, "key-server-sci", view->key_server_sci);
	json_text(mka, "cipher-suite", suite_info(view->suite)->name);
}

static void mka_describe(struct json link, const struct link_view *view) {
	const struct mka_view *mka = &view->mka;

	ourselves_describe(link, mka);
	json_bool(link, "delay-protect", view->config->delay_protect);
	struct json participants = json_array(link, "participants");
	for (uint32_t i = 0; i < mka->n_participants; i++)
		participant_describe(json_element(participants), view, i);
	struct json peers = json_array(link, "peers");
	for (uint32_t i = 0; i < mka->n_peers; i++)
		peer_describe(json_element(peers), mka, &mka->peers[i]);
	sak_describe(link, "latest-sak", &mka->latest);
	sak_describe(link, "old-sak", &mka->old);
	traffic_describe(link, mka);
}

int method_mka_show(struct rpc_call *call) {
	return methods_each_link(call, mka_describe);
}
