/* SPDX-License-Identifier: BSD-3-Clause */
/* What happens next to the CAKs of a link, and what does not work. */
#include "control/config_time.h"
#include "control/link_caks.h"

#include <string.h>

#define NS_PER_S 1000000000ll

/* The first edge of a CAK's times behind what was reached, and what begins there. Of several of
 * one CAK at one time the last, as they follow from each other; of those of two CAKs the one that
 * lets a CAK be chosen: in the usual chain the end of the CAK before is at the same time. */
static void note_next(
	const struct link_caks *caks, const struct config_chain_cak *times,
	struct link_keys_view *view
) {
	const struct {
		int64_t at_s;
		enum key_use use;
	} edges[] = {
		{times->accept_from_s, KEY_ACCEPT},
		{times->start_s, KEY_SEND},
		{times->end_s, KEY_ACCEPT},
		{times->accept_until_s, KEY_NOT},
	};
	const int64_t reached_s = caks->chain.reached_ns / NS_PER_S;

	for (size_t i = 0; i < sizeof(edges) / sizeof(edges[0]); i++) {
		const bool wins_tie = view->next == &times->cak || edges[i].use == KEY_SEND;
		if (edges[i].at_s <= reached_s || edges[i].at_s == CONFIG_TIME_NEVER ||
		    (view->next != NULL && edges[i].at_s + !wins_tie > view->next_at_s))
			continue;
		view->next = &times->cak;
		view->next_use = edges[i].use;
		view->next_at_s = edges[i].at_s;
	}
}

/* The first CAK that is waited for, else the first one with trouble. */
static void note_trouble(const struct link_caks *caks, uint32_t i, struct link_keys_view *view) {
	const struct key_chain_cak now = key_chain_at(&caks->chain, i);
	struct cak_trouble trouble = {0};

	if (view->awaited != NULL || (now.use == KEY_NOT && !caks->at[i].is_awaited) ||
	    !cak_source_explain(&caks->keys, caks->config, now.cak, &trouble))
		return;
	if (trouble.is_missing && caks->at[i].use == KEY_NOT)
		view->awaited = now.cak;
	else if (view->troubled == NULL)
		view->troubled = now.cak;
	else
		return;
	memcpy(view->trouble, trouble.text, sizeof(view->trouble));
}

void link_caks_view(const struct link_caks *caks, uint64_t now_ns, struct link_keys_view *view) {
	const uint64_t next_ns = key_chain_next_change(&caks->chain);

	*view = (struct link_keys_view){
		.has_chain = caks->link->n_chain > 0,
		.is_over = key_chain_is_over(&caks->chain),
		.reached_s = caks->chain.reached_ns / NS_PER_S,
		.next_in_ns = next_ns != KEY_CHAIN_NEVER && next_ns > now_ns ? next_ns - now_ns : 0,
		.clock_step_s = key_chain_step(&caks->chain) / NS_PER_S,
	};
	for (uint32_t i = 0; i < caks->link->n_chain; i++)
		note_next(caks, &caks->link->chain[i], view);
	view->former = caks->former.is_set ? &caks->former.cak : NULL;
	for (uint32_t i = 0; i < key_chain_count(&caks->chain); i++) {
		if (caks->at[i].is_unusable && view->unusable == NULL)
			view->unusable = key_chain_at(&caks->chain, i).cak;
		note_trouble(caks, i, view);
	}
}
