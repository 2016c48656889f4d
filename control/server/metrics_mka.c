/* SPDX-License-Identifier: BSD-3-Clause */
/* The metrics of a link's key agreement. */
#include "control/server/metrics_text.h"

/* A peer that is live with several CAKs is one peer. */
static uint32_t live_peers(const struct mka_view *mka) {
	uint32_t n = 0;

	for (uint32_t i = 0; i < mka->n_peers; i++) {
		uint32_t j = 0;

		while (j < i && (!mka->peers[j].is_live || mka->peers[j].sci != mka->peers[i].sci))
			j++;
		n += mka->peers[i].is_live && j == i;
	}
	return n;
}

static void
add_refusals(struct metrics *metrics, const struct mka_view *mka, struct metrics_labels *labels) {
	const size_t octets = labels->octets;

	for (unsigned i = 0; i < MKA_REFUSALS_COUNT; i++) {
		metrics_label(labels, "reason", mka_refusal_word((enum mka_refusal)i));
		metrics_sample(metrics, M_MKA_REFUSED, labels, mka->refused[i]);
		labels->octets = octets;
	}
}

void metrics_add_mka(
	struct metrics *metrics, const struct link_view *view, struct metrics_labels *labels
) {
	const struct mka_view *mka = &view->mka;
	const char *words[MKA_STATES_COUNT];

	for (unsigned i = 0; i < MKA_STATES_COUNT; i++)
		words[i] = mka_state_word((enum mka_state)i);
	metrics_one_hot(metrics, M_MKA_STATE, labels, "state", words, MKA_STATES_COUNT, mka->state);
	metrics_sample(metrics, M_MKA_PEERS, labels, live_peers(mka));
	metrics_sample(metrics, M_MKA_KEY_SERVER, labels, mka->is_key_server);
	metrics_sample(metrics, M_MKA_SENT, labels, mka->sent);
	metrics_sample(metrics, M_MKA_RECEIVED, labels, mka->received);
	add_refusals(metrics, mka, labels);
	metrics_sample(metrics, M_MKA_SAKS_SENT, labels, mka->saks_distributed);
	metrics_sample(metrics, M_MKA_SAKS_GOT, labels, mka->saks_received);
	metrics_sample(metrics, M_MKA_PRINCIPALS, labels, mka->principal_changes);
}
