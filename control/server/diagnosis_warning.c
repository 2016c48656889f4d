/* SPDX-License-Identifier: BSD-3-Clause */
/* Findings about links that carry traffic, yet not all is as configured. */
#include "control/ckn.h"
#include "control/server/diagnosis_parts.h"

#include <string.h>

static bool last_sak_is_kept(const struct link_view *view, struct diagnosis *diagnosis) {
	const struct mka_view *mka = &view->mka;
	struct diagnosis_reason reason = {
		.why = "no CAK may be used now", .fix = "look at the key chain"};

	if (view->state != LINK_KEPT)
		return false;
	if (mka->n_participants > 0)
		diagnosis_reason(view, mka->principal, &reason);
	diagnosis_say(
		diagnosis->finding, "%s; the last key goes on carrying traffic",
		diagnosis_live_peer(mka) == NULL ? "no peer is live any more"
						 : "a peer is back and no fresh key is agreed yet"
	);
	diagnosis_say(
		diagnosis->evidence, "for %" PRIu64 " s; %s", view->state_for_ns / SECOND_NS,
		reason.why
	);
	return diagnosis_say(diagnosis->fix, "%s", reason.fix);
}

static bool upgrade_is_announced(const struct link_view *view, struct diagnosis *diagnosis) {
	const struct mka_participant_view *principal = diagnosis_principal(&view->mka);

	if (principal == NULL || principal->suspended_for_ns == 0)
		return false;
	diagnosis_say(
		diagnosis->finding, "key server %016" PRIx64 "%s has announced its upgrade",
		principal->key_server_sci, principal->is_key_server ? " (we)" : ""
	);
	diagnosis_say(
		diagnosis->evidence, "it may stay away for another %" PRIu64 " s",
		principal->suspended_for_ns / SECOND_NS
	);
	return diagnosis_say(
		diagnosis->fix, "%s",
		principal->is_key_server ? "upgrade or restart macsecd now"
					 : "wait: keys stay in use meanwhile"
	);
}

static uint64_t numbers_of(enum cipher_suite suite) {
	return suite_info(suite)->is_xpn ? UINT64_MAX : UINT32_MAX;
}

static bool numbers_run_low(const struct link_view *view, struct diagnosis *diagnosis) {
	for (uint32_t i = 0; i < view->n_sas; i++) {
		const struct link_sa_view *sa = &view->sas[i];
		if (!sa->is_transmit || !sa->in_use || sa->frames_left >= numbers_of(sa->suite) / 8)
			continue;
		diagnosis_say(
			diagnosis->finding, "the key in use runs out of packet numbers, and no "
					    "fresh one comes"
		);
		diagnosis_say(
			diagnosis->evidence, "%" PRIu64 " frames are left of AN %u, %s",
			sa->frames_left, sa->an, suite_info(sa->suite)->name
		);
		return diagnosis_say(
			diagnosis->fix, "ask the key server (%s) for a rekey; see its log",
			view->mka.is_key_server ? "we" : "the peer"
		);
	}
	return false;
}

static bool peer_does_not_fit(const struct link_view *view, struct diagnosis *diagnosis) {
	if (view->mka.obstacle[0] == '\0')
		return false;
	diagnosis_say(diagnosis->finding, "%s", view->mka.obstacle);
	diagnosis_say(diagnosis->evidence, "the link is secured with what both ends can do");
	return diagnosis_say(diagnosis->fix, "%s", diagnosis_obstacle_fix(&view->mka));
}

static bool delays_are_not_bounded(const struct link_view *view, struct diagnosis *diagnosis) {
	const struct mka_view *mka = &view->mka;
	uint32_t i = 0;

	while (i < mka->n_peers && (mka->peers[i].participant != mka->principal ||
				    !mka->peers[i].is_live || mka->peers[i].delay_protect))
		i++;
	if (!view->config->delay_protect || view->state_for_ns < DIAGNOSIS_SETTLING_NS ||
	    i == mka->n_peers)
		return false;
	diagnosis_say(
		diagnosis->finding,
		"delay protection is on here, but peer %016" PRIx64 " does not bound its hellos",
		mka->peers[i].sci
	);
	diagnosis_say(
		diagnosis->evidence, "its SAK Use does not say delay-protect: frames of it that "
				     "somebody held back may pass"
	);
	return diagnosis_say(diagnosis->fix, "turn delay protection on at the peer too");
}

/* A counter that moves now, with one in a thousand frames or more. What was lost before the link
 * came into its present state says nothing about it. */
struct loss {
	enum counter counter;
	uint64_t least;
	const char *finding, *fix;
};

static uint64_t recently(const struct link_view *view, enum counter counter) {
	return view->validate.value[counter] - view->validate_before.value[counter];
}

static bool frames_are_lost(
	const struct link_view *view, const struct loss *loss, struct diagnosis *diagnosis
) {
	const uint64_t lost = recently(view, loss->counter), all = recently(view, C_RX_FRAMES);

	if (view->recent_ns == 0 || view->state_for_ns < view->recent_ns || lost < loss->least ||
	    lost < all / 1000)
		return false;
	diagnosis_say(diagnosis->finding, "%s", loss->finding);
	diagnosis_say(
		diagnosis->evidence,
		"%" PRIu64 " of the %" PRIu64 " frames that came from the line in the last %" PRIu64
		" s (%s)",
		lost, all, view->recent_ns / SECOND_NS, counter_info(loss->counter)->word
	);
	return diagnosis_say(diagnosis->fix, "%s", loss->fix);
}

static bool line_frames_are_lost(const struct link_view *view, struct diagnosis *diagnosis) {
	static const struct loss losses[] = {
		{C_IN_PKTS_NOT_VALID, 1, "frames from the line do not verify",
		 "look for what alters frames on the path, or for somebody who forges them; a "
		 "rekey "
		 "tells whether it was the key"},
		{C_IN_PKTS_NO_SA_ERROR, 10, "frames from the line use keys that we do not hold",
		 "look for a machine on the line that is no member; at the peer, whether it goes "
		 "on "
		 "with an old key"},
		{C_IN_PKTS_LATE, 10, "frames from the line come later than the replay window",
		 "raise replay-window above what the path reorders, or look for somebody who "
		 "replays"},
	};

	for (size_t i = 0; i < sizeof(losses) / sizeof(losses[0]); i++) {
		if (frames_are_lost(view, &losses[i], diagnosis))
			return true;
	}
	return false;
}

const struct diagnosis_finding diagnosis_warnings[] = {
	{diagnosis_key_is_unusable},
	{diagnosis_key_is_awaited},
	{diagnosis_chain_is_over},
	{last_sak_is_kept},
	{upgrade_is_announced},
	{numbers_run_low},
	{diagnosis_fallback_is_in_use},
	{diagnosis_newer_cak_is_missing},
	{diagnosis_next_cak_is_missing},
	{diagnosis_fallback_would_fail},
	{peer_does_not_fit},
	{diagnosis_not_all_take_our_sak},
	{diagnosis_key_has_trouble},
	{diagnosis_clock_has_jumped},
	{delays_are_not_bounded},
	{line_frames_are_lost},
};
const size_t diagnosis_warnings_count = sizeof(diagnosis_warnings) / sizeof(diagnosis_warnings[0]);
