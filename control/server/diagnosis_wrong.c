/* SPDX-License-Identifier: BSD-3-Clause */
/* Findings that keep traffic from crossing, or from crossing protected. */
#include "control/ckn.h"
#include "control/config_time.h"
#include "control/server/diagnosis_parts.h"

#include <string.h>

/* A link without a SAK in use. One that is kept while a peer is live is none the better: a peer
 * that came back without keys cannot read what is sent with the last one. */
static bool is_unsecured(const struct link_view *view) {
	if (view->state == LINK_KEPT)
		return diagnosis_live_peer(&view->mka) != NULL &&
		       view->state_for_ns > DIAGNOSIS_SETTLING_NS;
	return view->state == LINK_NEGOTIATING || view->state == LINK_CLEAR;
}

static bool line_is_down(const struct link_view *view, struct diagnosis *diagnosis) {
	if (view->line_is_up)
		return false;
	diagnosis_say(diagnosis->finding, "line port %.128s has no link", view->config->line);
	diagnosis_say(diagnosis->evidence, "the port reports no carrier");
	return diagnosis_say(diagnosis->fix, "check the cable and the far end");
}

static bool key_is_unusable(const struct link_view *view, struct diagnosis *diagnosis) {
	return is_unsecured(view) && (diagnosis_key_is_unusable(view, diagnosis) ||
				      diagnosis_key_is_awaited(view, diagnosis));
}

static bool no_cak_now(const struct link_view *view, struct diagnosis *diagnosis) {
	const struct link_keys_view *keys = &view->keys;

	if (!is_unsecured(view) || view->mka.n_participants > 0)
		return false;
	diagnosis_say(diagnosis->finding, "there is no CAK to be used now");
	if (keys->next == NULL) {
		diagnosis_say(
			diagnosis->evidence, "every CAK of the key chain is past its accept-until"
		);
		return diagnosis_say(
			diagnosis->fix, "add a CAK to the key-chain of both ends: macsecctl reload"
		);
	}
	diagnosis_say(
		diagnosis->evidence,
		"the first CAK of the key chain, CKN %s, is accepted from %s on",
		ckn_text(keys->next->ckn, keys->next->ckn_octets).text,
		config_time_text(keys->next_at_s).text
	);
	return diagnosis_say(diagnosis->fix, "wait for it, or set the clock of this machine right");
}

static bool nobody_is_heard(const struct link_view *view, struct diagnosis *diagnosis) {
	const uint8_t *to = view->config->eapol_destination;

	if (!is_unsecured(view) || view->mka.n_peers > 0 || diagnosis_has_fresh_refusal(&view->mka))
		return false;
	diagnosis_say(diagnosis->finding, "no MKPDU heard from the line");
	diagnosis_say(
		diagnosis->evidence,
		"%" PRIu64 " MKPDUs sent; since the start the line brought %" PRIu64
		" frames, %" PRIu64 " of them EAPOL",
		view->mka.sent, view->validate.value[C_RX_FRAMES], view->validate.value[C_PUNTED]
	);
	return diagnosis_say(
		diagnosis->fix,
		"see that MKA is on at the peer, and that the path carries EAPOL (EtherType 88-8E "
		"to %02x:%02x:%02x:%02x:%02x:%02x)",
		to[0], to[1], to[2], to[3], to[4], to[5]
	);
}

static bool all_is_refused(const struct link_view *view, struct diagnosis *diagnosis) {
	const struct mka_view *mka = &view->mka;

	if (!is_unsecured(view) || mka->n_peers > 0 || !diagnosis_has_fresh_refusal(mka))
		return false;
	diagnosis_say(diagnosis->finding, "every MKPDU is refused: %s", mka->last_refusal);
	diagnosis_say(
		diagnosis->evidence,
		"%" PRIu64 " refused for this reason (%s), the last %" PRIu64 " s ago; %" PRIu64
		" used since the start",
		mka->refused[mka->last_refusal_reason], mka_refusal_word(mka->last_refusal_reason),
		mka->last_refusal_age_ns / SECOND_NS, mka->received
	);
	return diagnosis_say(
		diagnosis->fix, "%s", diagnosis_refusal_fix(view, mka->last_refusal_reason)
	);
}

static bool nobody_answers(const struct link_view *view, struct diagnosis *diagnosis) {
	const struct mka_view *mka = &view->mka;

	if (!is_unsecured(view) || mka->n_peers == 0 || diagnosis_live_peer(mka) != NULL)
		return false;
	diagnosis_say(
		diagnosis->finding, "peer %016" PRIx64 " is heard but does not answer us",
		mka->peers[0].sci
	);
	diagnosis_say(
		diagnosis->evidence,
		"its MKPDUs verify, so its CAK is ours; but it lists none of the %" PRIu64
		" MKPDUs that we sent",
		mka->sent
	);
	return diagnosis_say(
		diagnosis->fix,
		"look for what keeps our MKPDUs from it: the path from here to there may not carry "
		"EAPOL, or the peer refuses them (its counters tell)"
	);
}

/* Both ends run that CAK, and neither may begin with it. */
static bool nobody_may_choose(const struct link_view *view, struct diagnosis *diagnosis) {
	const struct mka_view *mka = &view->mka;
	const struct mka_peer_view *peer = diagnosis_live_peer(mka);

	if (!is_unsecured(view) || peer == NULL || diagnosis_principal(mka)->is_principal ||
	    mka->participants[peer->participant].use != MKA_USE_ACCEPT)
		return false;
	const struct mka_participant_view *cak = &mka->participants[peer->participant];
	diagnosis_say(
		diagnosis->finding, "CKN %s is only accepted now, and the peer does not choose it",
		ckn_text(cak->ckn, cak->ckn_octets).text
	);
	diagnosis_say(
		diagnosis->evidence,
		"peer %016" PRIx64 " is live under it; no other CAK has a live peer", peer->sci
	);
	return diagnosis_say(
		diagnosis->fix, "compare the times of the key chains and the clocks of both ends"
	);
}

static bool nobody_may_serve(const struct link_view *view, struct diagnosis *diagnosis) {
	const struct mka_view *mka = &view->mka;

	if (!is_unsecured(view) || mka->key_server_sci != 0 || !diagnosis_nobody_may_serve(mka))
		return false;
	diagnosis_say(diagnosis->finding, "no member may be key server");
	diagnosis_say(
		diagnosis->evidence, "our key-server-priority is %u, peer %016" PRIx64 " has %u",
		mka->key_server_priority, diagnosis_live_peer(mka)->sci,
		diagnosis_live_peer(mka)->key_server_priority
	);
	return diagnosis_say(diagnosis->fix, "give one of them a key-server-priority below 255");
}

static bool something_is_in_the_way(const struct link_view *view, struct diagnosis *diagnosis) {
	const struct mka_peer_view *peer = diagnosis_live_peer(&view->mka);

	if (!is_unsecured(view) || view->mka.obstacle[0] == '\0')
		return false;
	diagnosis_say(diagnosis->finding, "%s", view->mka.obstacle);
	if (peer == NULL)
		diagnosis_say(diagnosis->evidence, "no peer is live");
	else
		diagnosis_say(
			diagnosis->evidence,
			"peer %016" PRIx64 " is live, speaks MKA version %u and %s MACsec",
			peer->sci, peer->mka_version,
			peer->desires_macsec ? "wants" : "does not want"
		);
	return diagnosis_say(diagnosis->fix, "%s", diagnosis_obstacle_fix(&view->mka));
}

static bool sak_is_refused(const struct link_view *view, struct diagnosis *diagnosis) {
	const struct mka_view *mka = &view->mka;

	if (!is_unsecured(view) || !diagnosis_has_fresh_refusal(mka) ||
	    mka->last_refusal_reason != MKA_REFUSED_SAK_REFUSED)
		return false;
	diagnosis_say(diagnosis->finding, "the SAK was refused: %s", mka->last_refusal);
	diagnosis_say(
		diagnosis->evidence, "%" PRIu64 " times, the last %" PRIu64 " s ago",
		mka->refused[MKA_REFUSED_SAK_REFUSED], mka->last_refusal_age_ns / SECOND_NS
	);
	return diagnosis_say(
		diagnosis->fix, "%s", diagnosis_refusal_fix(view, MKA_REFUSED_SAK_REFUSED)
	);
}

static bool clear_is_lost_at_peer(const struct link_view *view, struct diagnosis *diagnosis) {
	const struct mka_peer_view *peer = diagnosis_live_peer(&view->mka);

	if (view->state != LINK_CLEAR || peer->plain_rx)
		return false;
	diagnosis_say(
		diagnosis->finding,
		"traffic leaves in clear, and peer %016" PRIx64 " takes no unprotected frames",
		peer->sci
	);
	diagnosis_say(
		diagnosis->evidence, "policy should-secure here; its MKPDUs do not say plain-rx"
	);
	return diagnosis_say(
		diagnosis->fix, "the logs of both ends say why no key is agreed; set policy "
				"must-secure here too if nothing is to leave in clear"
	);
}

static bool peer_does_not_confirm(const struct link_view *view, struct diagnosis *diagnosis) {
	const struct mka_view *mka = &view->mka;

	if (!is_unsecured(view) || !mka->is_key_server)
		return false;
	diagnosis_say(diagnosis->finding, "the peer has not yet taken our SAK into use");
	if (mka->latest.is_valid)
		diagnosis_say(
			diagnosis->evidence,
			"distributed %" PRIu64 " s ago with AN %u; no live peer reports that it "
			"receives with it",
			mka->latest.age_ns / SECOND_NS, mka->latest.an
		);
	else
		diagnosis_say(
			diagnosis->evidence,
			"%" PRIu64 " SAKs distributed so far, none of them installed here now",
			mka->saks_distributed
		);
	return diagnosis_say(
		diagnosis->fix,
		"if it stays so, the log of the peer says why: often a cipher suite "
		"that it cannot or may not use"
	);
}

static bool server_is_not_elected(const struct link_view *view, struct diagnosis *diagnosis) {
	const struct mka_view *mka = &view->mka;

	if (!is_unsecured(view) || mka->key_server_sci != 0)
		return false;
	diagnosis_say(diagnosis->finding, "no key server is elected yet");
	diagnosis_say(
		diagnosis->evidence, "peer %016" PRIx64 " is live; our key-server-priority is %u",
		diagnosis_live_peer(mka)->sci, mka->key_server_priority
	);
	return diagnosis_say(diagnosis->fix, "if it stays so, the logs of both ends say why");
}

static bool server_does_not_transmit(const struct link_view *view, struct diagnosis *diagnosis) {
	const struct mka_view *mka = &view->mka;

	if (!is_unsecured(view) || !mka->latest.is_valid || mka->latest.transmits)
		return false;
	diagnosis_say(
		diagnosis->finding, "the SAK of key server %016" PRIx64 " waits for it to transmit",
		mka->key_server_sci
	);
	diagnosis_say(
		diagnosis->evidence,
		"distributed %" PRIu64 " s ago with AN %u; the key server does not say that it "
		"transmits with it",
		mka->latest.age_ns / SECOND_NS, mka->latest.an
	);
	return diagnosis_say(
		diagnosis->fix, "if it stays so, the log of the key server says why: often "
				"another member that does not take the SAK"
	);
}

static bool server_does_not_distribute(const struct link_view *view, struct diagnosis *diagnosis) {
	const struct mka_view *mka = &view->mka;

	if (!is_unsecured(view))
		return false;
	diagnosis_say(
		diagnosis->finding, "key server %016" PRIx64 " has not yet distributed a SAK",
		mka->key_server_sci
	);
	diagnosis_say(
		diagnosis->evidence, "it is live; %" PRIu64 " SAKs of it were taken so far",
		mka->saks_received
	);
	return diagnosis_say(diagnosis->fix, "if it stays so, the log of the key server says why");
}

static bool host_is_down(const struct link_view *view, struct diagnosis *diagnosis) {
	if (view->host_is_up)
		return false;
	diagnosis_say(diagnosis->finding, "host port %.128s has no link", view->config->host);
	diagnosis_say(diagnosis->evidence, "the port reports no carrier");
	return diagnosis_say(diagnosis->fix, "check the cable to the host or switch");
}

static bool numbers_are_used_up(const struct link_view *view, struct diagnosis *diagnosis) {
	for (uint32_t i = 0; i < view->n_sas; i++) {
		const struct link_sa_view *sa = &view->sas[i];
		if (!sa->is_transmit || !sa->in_use || sa->frames_left > 0)
			continue;
		diagnosis_say(
			diagnosis->finding,
			"the key in use has no packet numbers left: nothing leaves"
		);
		diagnosis_say(
			diagnosis->evidence, "AN %u, %s, next packet number %" PRIu64, sa->an,
			suite_info(sa->suite)->name, sa->next_pn
		);
		return diagnosis_say(
			diagnosis->fix, "ask the key server for a fresh key: macsecctl rekey, %s",
			view->mka.is_key_server ? "here" : "or its like at the peer"
		);
	}
	return false;
}

const struct diagnosis_finding diagnosis_wrong[] = {
	{line_is_down},          {key_is_unusable},          {no_cak_now},
	{nobody_is_heard},       {all_is_refused},           {nobody_answers},
	{nobody_may_choose},     {nobody_may_serve},         {something_is_in_the_way},
	{sak_is_refused},        {clear_is_lost_at_peer},    {peer_does_not_confirm},
	{server_is_not_elected}, {server_does_not_transmit}, {server_does_not_distribute},
	{host_is_down},          {numbers_are_used_up},      {diagnosis_nobody_takes_our_sak},
};
const size_t diagnosis_wrong_count = sizeof(diagnosis_wrong) / sizeof(diagnosis_wrong[0]);
