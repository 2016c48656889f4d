/* SPDX-License-Identifier: BSD-3-Clause */
/* The order of the findings, and what they share. */
#include "control/ckn.h"
#include "control/server/diagnosis_parts.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define PRIORITY_NEVER 255u // IEEE 802.1X-2020 9.5: this one is no key server

bool diagnosis_say(char *text, const char *format, ...) {
	va_list args;

	va_start(args, format);
	vsnprintf(text, DIAGNOSIS_OCTETS, format, args);
	va_end(args);
	return true;
}

const char *diagnosis_verdict_word(enum diagnosis_verdict verdict) {
	static const char *const words[] = {
		[DIAGNOSIS_OK] = "ok",
		[DIAGNOSIS_WARNING] = "warning",
		[DIAGNOSIS_WRONG] = "wrong",
	};
	return words[verdict];
}

const struct mka_participant_view *diagnosis_principal(const struct mka_view *mka) {
	return mka->n_participants == 0 ? NULL : &mka->participants[mka->principal];
}

const struct mka_peer_view *diagnosis_live_peer(const struct mka_view *mka) {
	for (uint32_t i = 0; i < mka->n_peers; i++) {
		if (mka->peers[i].is_live)
			return &mka->peers[i];
	}
	return NULL;
}

bool diagnosis_has_fresh_refusal(const struct mka_view *mka) {
	return mka->last_refusal_age_ns < MKA_LIFE_NS;
}

const char *diagnosis_refusal_fix(const struct link_view *view, enum mka_refusal refusal) {
	static const char *const fixes[MKA_REFUSALS_COUNT] = {
		[MKA_REFUSED_LENGTH] = "look for what cuts or alters frames on the path",
		[MKA_REFUSED_NOT_MKA] = "use pre-shared CAKs at the peer: it tries 802.1X with EAP",
		[MKA_REFUSED_NOT_GROUP] = "set the same eapol-destination at both ends",
		[MKA_REFUSED_OWN_SCI] =
			"look for a loop on the line, or a copy of our MAC address; "
			"if there is none, set another port-id",
		[MKA_REFUSED_VERSION] = "look at the MKA settings of the peer",
		[MKA_REFUSED_ALGORITHM] = "look at the MKA settings of the peer",
		[MKA_REFUSED_CKN_UNKNOWN] =
			"give one CAK the same ckn at both ends; set pad-ckn if "
			"the peer pads its own with zeros",
		[MKA_REFUSED_ICV] = "write the same key for that CKN at both ends",
		[MKA_REFUSED_MN] = "look for what repeats or reorders frames on the path",
		[MKA_REFUSED_MALFORMED] = "look for an update of the peer's software",
		[MKA_REFUSED_MI_CLASH] = "look for two machines with one identity on the line",
		[MKA_REFUSED_PEERS_FULL] = "take members out of this connectivity association",
		[MKA_REFUSED_SAK_REFUSED] = "make cipher-suite, allowed-suites and encryption of "
					    "both ends agree",
	};

	// the peer may already, or still, use a CAK of the chain that is out of its time here
	if (refusal == MKA_REFUSED_CKN_UNKNOWN && view->keys.has_chain)
		return "give one CAK the same ckn at both ends; if that CKN is of the key chain, "
		       "compare the clocks and times of both ends; set pad-ckn if the peer pads "
		       "its own with zeros";
	return fixes[refusal];
}

void diagnosis_reason(const struct link_view *view, uint32_t i, struct diagnosis_reason *reason) {
	const struct mka_view *mka = &view->mka;
	const struct mka_participant_view *cak = &mka->participants[i];
	const struct ckn_text ckn = ckn_text(cak->ckn, cak->ckn_octets);

	if (cak->n_live > 0) {
		diagnosis_say(reason->why, "its %u live peer(s) come to no SAK", cak->n_live);
		reason->fix = "the logs of both ends say why";
	} else if (cak->n_potential > 0) {
		diagnosis_say(
			reason->why, "a peer is heard under CKN %s but does not answer us", ckn.text
		);
		reason->fix = "look for what keeps our MKPDUs from the peer";
	} else if (diagnosis_has_fresh_refusal(mka)) {
		diagnosis_say(reason->why, "%s", mka->last_refusal);
		reason->fix = diagnosis_refusal_fix(view, mka->last_refusal_reason);
	} else {
		diagnosis_say(reason->why, "nobody is heard under CKN %s", ckn.text);
		reason->fix = "configure that CAK at the peer too, and see that MKA runs there";
	}
}

bool diagnosis_nobody_may_serve(const struct mka_view *mka) {
	bool is_nobody = mka->key_server_priority == PRIORITY_NEVER;

	for (uint32_t i = 0; i < mka->n_peers; i++)
		if (mka->peers[i].is_live && mka->peers[i].key_server_priority != PRIORITY_NEVER)
			is_nobody = false;
	return is_nobody;
}

const char *diagnosis_obstacle_fix(const struct mka_view *mka) {
	if (diagnosis_nobody_may_serve(mka))
		return "give one member a key-server-priority below 255";
	for (uint32_t i = 0; i < mka->n_peers; i++) {
		const struct mka_peer_view *peer = &mka->peers[i];
		if (peer->is_live && (!peer->desires_macsec || peer->capability == MKA_CAP_NONE))
			return "turn MACsec on at that peer";
	}
	return "see that MACsec is on there, and make cipher-suite, allowed-suites and encryption "
	       "of both ends agree";
}

static bool first_that_applies(
	const struct diagnosis_finding *findings, size_t n, const struct link_view *view,
	struct diagnosis *diagnosis
) {
	for (size_t i = 0; i < n; i++) {
		if (findings[i].applies(view, diagnosis))
			return true;
	}
	return false;
}

static void all_is_well(const struct link_view *view, struct diagnosis *diagnosis) {
	const struct mka_view *mka = &view->mka;
	const struct mka_participant_view *principal = diagnosis_principal(mka);

	diagnosis_say(
		diagnosis->finding, "secured under CKN %s with %u live peer(s)",
		ckn_text(mka->ckn, mka->ckn_octets).text, principal == NULL ? 0 : principal->n_live
	);
	diagnosis_say(
		diagnosis->evidence,
		"%s; key server %016" PRIx64 "%s; key in use for %" PRIu64 " s",
		suite_info(mka->suite)->name, mka->key_server_sci,
		mka->is_key_server ? " (we)" : "", mka->latest.age_ns / SECOND_NS
	);
}

void diagnosis_make(const struct link_view *view, struct diagnosis *diagnosis) {
	memset(diagnosis, 0, sizeof(*diagnosis));
	if (first_that_applies(diagnosis_wrong, diagnosis_wrong_count, view, diagnosis))
		diagnosis->verdict = DIAGNOSIS_WRONG;
	else if (first_that_applies(diagnosis_warnings, diagnosis_warnings_count, view, diagnosis))
		diagnosis->verdict = DIAGNOSIS_WARNING;
	else
		all_is_well(view, diagnosis);
}

void diagnosis_sentence(const struct diagnosis *diagnosis, char *text, size_t size) {
	if (diagnosis->verdict == DIAGNOSIS_OK)
		text[0] = '\0';
	else
		snprintf(text, size, "%s: %s", diagnosis->finding, diagnosis->fix);
}
