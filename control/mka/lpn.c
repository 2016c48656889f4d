/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Lowest packet numbers (802.1X-2020 9.8, 9.10): what we report of our transmit SAs, and what a
 * peer's report does to its receive SAs here.
 *
 * A report can only raise a floor, and only for the SA of the member that made it, in the CA that
 * the SAK belongs to: a member that lies loses its own frames, and nobody else's. A replayed one
 * does not come so far: its MN is spent.
 */
#include "control/mka/machines.h"
#include "dataplane/pn.h"

/* One more than the widest replay window that XPN allows. */
#define WINDOW_REACH (PN_MAX_XPN_WINDOW + UINT64_C(1))

void lpn_begin(struct lpn *lpn, uint64_t now_ns) {
	lpn->reported = lpn->noted = PN_FIRST;
	lpn->noted_ns = now_ns;
}

/* An exhausted SA's next PN is past the last one, or 0: then it stands where it was, or there. */
static void note(struct mka *kay, struct held_sak *held) {
	struct lpn *lpn = &held->lpn;
	uint64_t next =
		earlier(kay->ops->next_pn(kay->ctx, &held->sak.ki),
			pn_last(suite_info(held->sak.suite)->is_xpn));

	lpn->reported = lpn->noted;
	lpn->noted = later(lpn->noted, next);
	lpn->noted_ns = kay->now_ns;
}

/* What was noted at least a hello time ago is not above any PN used since then. */
uint64_t lpn_report(struct mka *kay, struct held_sak *held) {
	const struct lpn *lpn = &held->lpn;
	uint64_t hello_ns = kay->config.delay_protect ? MKA_BOUNDED_HELLO_NS : MKA_HELLO_NS;

	if (kay->now_ns - lpn->noted_ns >= hello_ns)
		note(kay, held);
	/* Peers that know no XPN set take a lower half of 0 for a key that is not in use. */
	return (lpn->reported & UINT32_MAX) == 0 ? lpn->reported - 1 : lpn->reported;
}

/* The upper half comes from the XPN set, which may stand there with a 32-bit suite as well. */
uint64_t lpn_of_peer(const struct sak *sak, const struct mkpdu_key_use *use) {
	return suite_info(sak->suite)->is_xpn ? use->lpn : use->lpn & UINT32_MAX;
}

/*
 * With delay protection on both sides nothing below the LPN is accepted.
 *
 * With XPN the LPN does more, delay protection or not. A frame carries half of its PN; the
 * receiver finds the other half while the PN is less than 2^31 above its lowest acceptable one
 * (pn.h). A member that joins when 2^32 frames are gone, or that got none of the last 2^31, finds
 * it never again. A floor 2^30 below the LPN brings the frames that follow into reach, up to 2^30
 * above the LPN. It refuses no frame that would be accepted otherwise: an SA that keeps up has its
 * lowest PN less than 2^30 below frames newer than the LPN, as no replay window is wider.
 */
static uint64_t
floor_of(const struct mka *kay, const struct peer *peer, const struct sak *sak, uint64_t lpn) {
	if (kay->config.delay_protect && peer->use.delay_protect)
		return lpn;
	if (suite_info(sak->suite)->is_xpn && lpn > WINDOW_REACH)
		return lpn - WINDOW_REACH;
	return 0;
}

void lpn_apply(struct participant *participant, const struct peer *peer) {
	struct mka *kay = participant->kay;
	const struct held_sak *all[] = {&kay->cp.latest, &kay->cp.old, &kay->cp.leaving};

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		const struct sak *sak = &all[i]->sak;
		const struct mkpdu_key_use *use = peer_use(peer, &sak->ki);
		uint64_t lowest;

		if (!all[i]->is_valid || all[i]->owner != participant || !peer->is_live ||
		    use == NULL || !use->transmits)
			continue;
		lowest = floor_of(kay, peer, sak, lpn_of_peer(sak, use));
		if (lowest != 0)
			kay->ops->lpn_floor(kay->ctx, &sak->ki, peer->sci, lowest);
	}
}
