/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What is wrong with a link, in one sentence. The order is that of a person at the rack: cable,
 * then whether anything is heard, then whether it is believed, then whether a key is agreed.
 */
#include "control/server/methods.h"

#include <inttypes.h>
#include <stdio.h>

static const struct mka_peer_view *live_peer(const struct mka_view *mka) {
	for (uint32_t i = 0; i < mka->n_peers; i++) {
		if (mka->peers[i].is_live)
			return &mka->peers[i];
	}
	return NULL;
}

/* A peer sends at least once in a life time: what was refused before that explains nothing now. */
static bool has_fresh_refusal(const struct mka_view *mka) {
	return mka->last_refusal_age_ns < MKA_LIFE_NS;
}

static void nobody_is_live(const struct mka_view *mka, char *text, size_t size) {
	if (mka->n_peers > 0)
		snprintf(
			text, size,
			"peer %016" PRIx64 " is heard but does not answer us: do our MKPDUs reach "
			"it, and has it the same CAK?",
			mka->peers[0].sci
		);
	else if (has_fresh_refusal(mka))
		snprintf(text, size, "every MKPDU is refused: %s", mka->last_refusal);
	else
		snprintf(
			text, size,
			"no MKPDU heard from the line: is MKA on at the peer, and does the path "
			"carry EAPOL?"
		);
}

static void no_key_agreed(const struct mka_view *mka, char *text, size_t size) {
	if (mka->key_server_sci == 0)
		snprintf(
			text, size,
			"no member may be key server: give one a key-server-priority below 255"
		);
	else if (has_fresh_refusal(mka) && mka->last_refusal_reason == MKA_REFUSED_SAK_REFUSED)
		snprintf(text, size, "the SAK was refused: %s", mka->last_refusal);
	else if (mka->is_key_server)
		snprintf(text, size, "the peer has not yet taken our SAK into use");
	else
		snprintf(
			text, size, "key server %016" PRIx64 " has not yet distributed a SAK",
			mka->key_server_sci
		);
}

bool methods_problem(const struct link_view *view, char *text, size_t size) {
	const struct config_link *config = view->config;

	text[0] = '\0';
	if (!view->line_is_up)
		snprintf(
			text, size, "line port %.128s has no link: check the cable and the far end",
			config->line
		);
	else if (view->state != LINK_SECURED && live_peer(&view->mka) == NULL)
		nobody_is_live(&view->mka, text, size);
	else if (view->state != LINK_SECURED)
		no_key_agreed(&view->mka, text, size);
	else if (!view->host_is_up)
		snprintf(text, size, "host port %.128s has no link: check the cable", config->host);
	return text[0] != '\0';
}
