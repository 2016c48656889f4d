/* SPDX-License-Identifier: BSD-3-Clause */
/* Findings about the CAKs of a link that is secured: which of them is in use, and which would not
 * carry it on. */
#include "control/ckn.h"
#include "control/config_time.h"
#include "control/server/diagnosis_parts.h"

#include <string.h>

#define RANK_FALLBACK (-2)
#define RANK_FORMER (-1)
#define RANK_PRIMARY 0
#define SOON_NS (1800 * SECOND_NS) // both ends accept a CAK by then, though their clocks differ

static struct ckn_text name_of(const struct mka_participant_view *cak) {
	return ckn_text(cak->ckn, cak->ckn_octets);
}

static bool
is_of(const struct config_link *config, const struct config_cak *cak,
      const struct mka_participant_view *participant) {
	return participant->ckn_octets == ckn_wire_octets(config, cak) &&
	       memcmp(participant->ckn, cak->ckn, participant->ckn_octets) == 0;
}

/* Of two CAKs that may be chosen the one with the greater rank is preferred: the fallback, one that
 * is configured no more, the primary, then the chain by start. */
static int rank_of(const struct link_view *view, uint32_t i) {
	const struct mka_participant_view *cak = &view->mka.participants[i];
	const struct config_link *config = view->config;

	if (cak->is_fallback)
		return RANK_FALLBACK;
	for (uint32_t j = 0; j < config->n_chain; j++)
		if (is_of(config, &config->chain[j].cak, cak))
			return RANK_PRIMARY + 1 + (int)j;
	return is_of(config, &config->primary, cak) ? RANK_PRIMARY : RANK_FORMER;
}

/* The index of the most preferred CAK that may be chosen and is not the fallback; false: none is.
 */
static bool most_preferred(const struct link_view *view, uint32_t *index) {
	int best = RANK_FALLBACK;

	for (uint32_t i = 0; i < view->mka.n_participants; i++) {
		if (view->mka.participants[i].use != MKA_USE_SEND || rank_of(view, i) <= best)
			continue;
		best = rank_of(view, i);
		*index = i;
	}
	return best != RANK_FALLBACK;
}

/* Evidence and fix for a CAK that has not all the live peers that it should have. */
static bool explain(const struct link_view *view, uint32_t index, struct diagnosis *diagnosis) {
	struct diagnosis_reason reason;

	diagnosis_reason(view, index, &reason);
	diagnosis_say(diagnosis->evidence, "%s", reason.why);
	return diagnosis_say(diagnosis->fix, "%s", reason.fix);
}

bool diagnosis_fallback_is_in_use(const struct link_view *view, struct diagnosis *diagnosis) {
	const struct mka_participant_view *principal = diagnosis_principal(&view->mka);
	uint32_t wanted = 0;

	if (view->state != LINK_SECURED || principal == NULL || !principal->is_fallback)
		return false;
	const struct ckn_text fallback = name_of(principal);
	if (most_preferred(view, &wanted)) {
		diagnosis_say(
			diagnosis->finding, "running on the fallback CKN %s: CKN %s is not agreed",
			fallback.text, name_of(&view->mka.participants[wanted]).text
		);
		return explain(view, wanted, diagnosis);
	}
	diagnosis_say(
		diagnosis->finding,
		"running on the fallback CKN %s: it is the only CAK that may "
		"be chosen now",
		fallback.text
	);
	diagnosis_say(diagnosis->evidence, "no CAK of the key chain is in its time");
	return diagnosis_say(diagnosis->fix, "look at the times of the key chain and the clock");
}

/* A CAK of the chain whose start is so fresh that the key server may not have answered it yet. */
static bool has_just_started(const struct link_view *view, uint32_t i) {
	const int rank = rank_of(view, i);

	return rank > RANK_PRIMARY && view->keys.reached_s - view->config->chain[rank - 1].start_s <
					      (int64_t)(DIAGNOSIS_SETTLING_NS / SECOND_NS);
}

/* The peer that serves under that CAK has not come to its start. */
static bool explain_server_behind(struct diagnosis *diagnosis, uint64_t server_sci) {
	diagnosis_say(
		diagnosis->evidence,
		"its live peer %016" PRIx64 " is key server, and has not moved to it yet",
		server_sci
	);
	return diagnosis_say(
		diagnosis->fix, "wait for its clock; if it stays so, compare the clocks and the "
				"times of the key chains of both ends"
	);
}

/* A change of CAK that did not happen: all is well until the old one ends. */
bool diagnosis_newer_cak_is_missing(const struct link_view *view, struct diagnosis *diagnosis) {
	const struct mka_participant_view *principal = diagnosis_principal(&view->mka);
	uint32_t wanted = 0;

	if (view->state != LINK_SECURED || view->state_for_ns < DIAGNOSIS_SETTLING_NS ||
	    principal == NULL || !most_preferred(view, &wanted) ||
	    rank_of(view, wanted) <= rank_of(view, view->mka.principal) ||
	    has_just_started(view, wanted))
		return false;
	const struct mka_participant_view *cak = &view->mka.participants[wanted];
	diagnosis_say(
		diagnosis->finding, "running on the older CKN %s: CKN %s is not agreed",
		name_of(principal).text, name_of(cak).text
	);
	if (cak->n_live > 0 && cak->key_server_sci != 0 && !cak->is_key_server)
		return explain_server_behind(diagnosis, cak->key_server_sci);
	return explain(view, wanted, diagnosis);
}

/* The one whose time comes next, before it comes. */
bool diagnosis_next_cak_is_missing(const struct link_view *view, struct diagnosis *diagnosis) {
	const struct link_keys_view *keys = &view->keys;
	const struct mka_view *mka = &view->mka;
	uint32_t i = 0;

	if (view->state != LINK_SECURED || view->state_for_ns < DIAGNOSIS_SETTLING_NS ||
	    keys->next == NULL || keys->next_use != KEY_SEND || keys->next_in_ns > SOON_NS)
		return false;
	while (i < mka->n_participants && !is_of(view->config, keys->next, &mka->participants[i]))
		i++;
	if (i == mka->n_participants || mka->participants[i].n_live > 0)
		return false;
	diagnosis_say(
		diagnosis->finding, "CKN %s is to be used from %s on, and is not agreed",
		name_of(&mka->participants[i]).text, config_time_text(keys->next_at_s).text
	);
	return explain(view, i, diagnosis);
}

bool diagnosis_fallback_would_fail(const struct link_view *view, struct diagnosis *diagnosis) {
	const struct mka_view *mka = &view->mka;
	const struct mka_participant_view *principal = diagnosis_principal(mka);
	uint32_t i = 0;

	while (i < mka->n_participants && !mka->participants[i].is_fallback)
		i++;
	if (view->state != LINK_SECURED || view->state_for_ns < DIAGNOSIS_SETTLING_NS ||
	    i == mka->n_participants || mka->participants[i].n_live >= principal->n_live)
		return false;
	diagnosis_say(
		diagnosis->finding,
		"fallback CKN %s is agreed with %u of %u peers: it would not "
		"take over",
		name_of(&mka->participants[i]).text, mka->participants[i].n_live, principal->n_live
	);
	return explain(view, i, diagnosis);
}

bool diagnosis_key_is_unusable(const struct link_view *view, struct diagnosis *diagnosis) {
	const struct config_cak *cak = view->keys.unusable;

	if (cak == NULL)
		return false;
	diagnosis_say(
		diagnosis->finding, "CKN %s is needed now, and its key cannot be had",
		ckn_text(cak->ckn, cak->ckn_octets).text
	);
	diagnosis_say(diagnosis->evidence, "the log names the file and what is wrong with it");
	return diagnosis_say(
		diagnosis->fix, "put its key file right; it is read again every minute"
	);
}

bool diagnosis_chain_is_over(const struct link_view *view, struct diagnosis *diagnosis) {
	if (!view->keys.is_over)
		return false;
	diagnosis_say(diagnosis->finding, "every CAK of the key chain is past its accept-until");
	if (view->mka.n_participants == 0)
		diagnosis_say(
			diagnosis->evidence, "no CAK is left; the last key goes on carrying traffic"
		);
	else
		diagnosis_say(
			diagnosis->evidence, "the link runs under CKN %s, which has no end",
			ckn_text(view->mka.ckn, view->mka.ckn_octets).text
		);
	return diagnosis_say(
		diagnosis->fix, "add a CAK to the key-chain of both ends: macsecctl reload"
	);
}

bool diagnosis_clock_has_jumped(const struct link_view *view, struct diagnosis *diagnosis) {
	if (view->keys.clock_step_s == 0)
		return false;
	diagnosis_say(
		diagnosis->finding, "the clock of this machine jumped by %" PRId64 " s",
		view->keys.clock_step_s
	);
	diagnosis_say(
		diagnosis->evidence, "the key chain goes on by the former time, until the new one "
				     "has lasted for a minute"
	);
	return diagnosis_say(diagnosis->fix, "see that the clock is right (NTP)");
}
