/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Findings about live peers that do not say that they receive with our SAK. A key server transmits
 * without them once the transmit delay is over (802.1X-2020 9.17), so that one member cannot stop
 * the others: the link is secured then, and what goes to that peer is lost there.
 */
#include "control/server/diagnosis_parts.h"

#include <string.h>

/* Whether peers had the time to report on the SAK that we transmit with, the principal's. */
static bool is_settled(const struct mka_view *mka) {
	const struct mka_participant_view *principal = diagnosis_principal(mka);
	const struct mka_sak_view *latest = &mka->latest;

	return principal != NULL && latest->is_valid && latest->transmits &&
	       latest->age_ns >= DIAGNOSIS_SETTLING_NS &&
	       latest->ckn_octets == principal->ckn_octets &&
	       memcmp(latest->ckn, principal->ckn, principal->ckn_octets) == 0;
}

struct takers {
	uint32_t n_live, n_receive;
	const struct mka_peer_view *missing; // NULL: all receive
};

static struct takers count_takers(const struct mka_view *mka) {
	struct takers takers = {0};

	for (uint32_t i = 0; i < mka->n_peers; i++) {
		const struct mka_peer_view *peer = &mka->peers[i];

		if (peer->participant != mka->principal || !peer->is_live || !peer->desires_macsec)
			continue;
		takers.n_live++;
		takers.n_receive += peer->receives_ours;
		if (!peer->receives_ours && takers.missing == NULL)
			takers.missing = peer;
	}
	return takers;
}

static bool say_missing(
	const struct link_view *view, const struct takers *takers, struct diagnosis *diagnosis
) {
	const struct mka_sak_view *latest = &view->mka.latest;

	diagnosis_say(
		diagnosis->evidence,
		"SAK with KN %u and AN %u is %" PRIu64 " s old; of %u live peers %u report that "
		"they receive with it",
		latest->ki.kn, latest->an, latest->age_ns / SECOND_NS, takers->n_live,
		takers->n_receive
	);
	return diagnosis_say(
		diagnosis->fix,
		"the log of that peer says why: often a cipher suite that it cannot or may not use"
	);
}

bool diagnosis_nobody_takes_our_sak(const struct link_view *view, struct diagnosis *diagnosis) {
	const struct takers takers = count_takers(&view->mka);

	if (!is_settled(&view->mka) || takers.n_live == 0 || takers.n_receive > 0)
		return false;
	diagnosis_say(
		diagnosis->finding, "peer %016" PRIx64 " does not take our SAK: no frame crosses",
		takers.missing->sci
	);
	return say_missing(view, &takers, diagnosis);
}

bool diagnosis_not_all_take_our_sak(const struct link_view *view, struct diagnosis *diagnosis) {
	const struct takers takers = count_takers(&view->mka);

	if (!is_settled(&view->mka) || takers.missing == NULL)
		return false;
	diagnosis_say(
		diagnosis->finding, "peer %016" PRIx64 " does not take the SAK of its group",
		takers.missing->sci
	);
	return say_missing(view, &takers, diagnosis);
}
