/* SPDX-License-Identifier: BSD-3-Clause */
/* The CAKs of a link when its configuration changes: what is in both goes on untouched, what
 * carries the traffic is not taken away before its successor carries it. */
#include "control/ckn.h"
#include "control/link_caks_parts.h"
#include "control/log.h"
#include "control/secret.h"

#include <string.h>

static bool is_same_ckn(const struct config_cak *a, const struct config_cak *b) {
	return a->ckn_octets == b->ckn_octets && memcmp(a->ckn, b->ckn, sizeof(a->ckn)) == 0;
}

/* The number of the CAK with this name, or -1. */
static int find(const struct link_caks *caks, const struct config_cak *cak) {
	for (uint32_t i = 0; i < key_chain_count(&caks->chain); i++)
		if (is_same_ckn(key_chain_at(&caks->chain, i).cak, cak))
			return (int)i;
	return -1;
}

/* What the clocks have come to goes on; without a chain they were not looked at for long. */
static void go_on_with_clocks(
	const struct link_caks *from, struct link_caks *to, int64_t wall_ns, uint64_t now_ns
) {
	if (from->link->n_chain == 0) {
		key_chain_begin(&to->chain, to->link, wall_ns, now_ns);
		return;
	}
	to->chain = from->chain;
	to->chain.link = to->link;
	key_chain_look(&to->chain, wall_ns, now_ns);
}

static struct link_caks begin_anew(
	const struct link_caks *from, const struct config *config, const struct config_link *link,
	int64_t wall_ns, uint64_t now_ns
) {
	struct link_caks to = {
		.config = config,
		.link = link,
		.mka = from->mka,
		.keys = from->keys,
		.step_s = from->step_s,
	};

	go_on_with_clocks(from, &to, wall_ns, now_ns);
	return to;
}

int link_caks_check(
	const struct link_caks *caks, const struct config *config, const struct config_link *link,
	int64_t wall_ns, uint64_t now_ns
) {
	struct link_caks to = begin_anew(caks, config, link, wall_ns, now_ns);
	int error = 0;

	for (uint32_t i = 0; error == 0 && i < key_chain_count(&to.chain); i++)
		if (find(caks, key_chain_at(&to.chain, i).cak) < 0)
			error = link_caks_check_key(&to, i, now_ns);
	return error;
}

static void
log_cak(const struct link_caks *caks, const struct config_cak *cak, const char *sentence) {
	log_info(
		"keys", "%s: CKN %s %s", caks->link->name, ckn_text(cak->ckn, cak->ckn_octets).text,
		sentence
	);
}

/* Name and key change together: a participant keeps the key that it was begun with. */
static void warn_of_another_key(const struct link_caks *caks, const struct config_cak *cak) {
	log_warning(
		"keys",
		"%s: CKN %s has another key reference now; its key stays as it was until macsecd "
		"starts again. Give another key another CKN, at both ends",
		caks->link->name, ckn_text(cak->ckn, cak->ckn_octets).text
	);
}

/* The participant of a CAK that is in both configurations: its part and rank may be others now. One
 * whose time has not come, or is over, is let go with those that are gone. */
static void adopt(struct link_caks *to, uint32_t i, uint64_t now_ns) {
	const struct key_chain_cak now = key_chain_at(&to->chain, i);
	struct mka_cak cak = {0};

	if (now.use == KEY_NOT)
		return;
	link_caks_fill(to, &now, &cak);
	mka_update_cak(to->mka, &cak, now_ns);
	to->at[i].use = now.use;
}

static bool is_adopted(const struct link_caks *to, const struct config_cak *cak) {
	const int i = find(to, cak);

	return i >= 0 && to->at[i].use != KEY_NOT;
}

bool link_caks_adopt_former(struct link_caks *caks, uint32_t i, uint64_t now_ns) {
	if (!caks->former.is_set ||
	    !is_same_ckn(&caks->former.cak, key_chain_at(&caks->chain, i).cak))
		return false;
	adopt(caks, i, now_ns);
	caks->former.is_set = caks->at[i].use == KEY_NOT;
	return !caks->former.is_set;
}

static void
take_over(const struct link_caks *from, struct link_caks *to, uint32_t i, uint64_t now_ns) {
	const struct config_cak *cak = key_chain_at(&to->chain, i).cak;
	const int old = find(from, cak);

	if (old >= 0 && from->at[old].use != KEY_NOT) {
		if (strcmp(key_chain_at(&from->chain, (uint32_t)old).cak->cak_ref, cak->cak_ref) !=
		    0)
			warn_of_another_key(to, cak);
		adopt(to, i, now_ns);
	} else if (from->former.is_set && is_same_ckn(&from->former.cak, cak)) {
		log_cak(to, cak, "is in the configuration again");
		adopt(to, i, now_ns);
	}
}

static bool is_principal(
	const struct link_caks *caks, const struct config_cak *cak, const struct mka_view *view
) {
	const struct mka_participant_view *principal;

	if (view->n_participants == 0)
		return false;
	principal = &view->participants[view->principal];
	return view->state == MKA_SECURED && principal->n_live > 0 &&
	       principal->ckn_octets == ckn_wire_octets(caks->link, cak) &&
	       memcmp(principal->ckn, cak->ckn, principal->ckn_octets) == 0;
}

static void end_cak(struct link_caks *caks, const struct config_cak *cak, uint64_t now_ns) {
	mka_remove_cak(caks->mka, cak->ckn, ckn_wire_octets(caks->link, cak), now_ns);
}

/* Of several CAKs that go one at most carries the traffic. */
static void
let_go(struct link_caks *to, const struct config_cak *cak, bool is_fallback,
       const struct mka_view *view, uint64_t now_ns) {
	struct mka_cak former = {
		.use = MKA_USE_SEND, .rank = INT64_MIN, .is_fallback = is_fallback};

	if (key_chain_count(&to->chain) == 0 || !is_principal(to, cak, view)) {
		log_cak(to, cak, "is not of the configuration and ends");
		end_cak(to, cak, now_ns);
		return;
	}
	log_cak(to, cak,
		"is not of the configuration; it goes on until another CAK carries the traffic");
	to->former = (struct link_former){.is_set = true, .is_fallback = is_fallback, .cak = *cak};
	memcpy(former.ckn, cak->ckn, sizeof(former.ckn));
	former.ckn_octets = ckn_wire_octets(to->link, cak);
	mka_update_cak(to->mka, &former, now_ns);
}

static void let_go_of_all(
	const struct link_caks *from, struct link_caks *to, const struct mka_view *view,
	uint64_t now_ns
) {
	for (uint32_t i = 0; i < key_chain_count(&from->chain); i++) {
		const struct key_chain_cak old = key_chain_at(&from->chain, i);

		if (from->at[i].use != KEY_NOT && !is_adopted(to, old.cak))
			let_go(to, old.cak, old.is_fallback, view, now_ns);
	}
	if (from->former.is_set && !is_adopted(to, &from->former.cak))
		let_go(to, &from->former.cak, from->former.is_fallback, view, now_ns);
}

void link_caks_reload(
	struct link_caks *caks, const struct config *config, const struct config_link *link,
	int64_t wall_ns, uint64_t now_ns
) {
	struct link_caks to = begin_anew(caks, config, link, wall_ns, now_ns);
	struct mka_view view;

	mka_view(caks->mka, now_ns, &view);
	for (uint32_t i = 0; i < key_chain_count(&to.chain); i++)
		take_over(caks, &to, i, now_ns);
	let_go_of_all(caks, &to, &view, now_ns);
	*caks = to;
	link_caks_look(caks, wall_ns, now_ns);
}

/* Whether a CAK that may succeed the former one has carried the traffic for a while. */
static bool has_successor(const struct link_caks *caks, const struct mka_view *view) {
	const struct config_cak *former = &caks->former.cak;
	const struct mka_participant_view *principal;

	if (view->n_participants == 0 || is_principal(caks, former, view))
		return false;
	principal = &view->participants[view->principal];
	return view->state == MKA_SECURED &&
	       (!principal->is_fallback || caks->former.is_fallback) && view->latest.is_valid &&
	       view->latest.transmits && view->latest.age_ns >= LINK_CAKS_FORMER_NS &&
	       view->latest.ckn_octets == principal->ckn_octets &&
	       memcmp(view->latest.ckn, principal->ckn, principal->ckn_octets) == 0;
}

bool link_caks_end_former(struct link_caks *caks, uint64_t now_ns) {
	struct mka_view view;

	if (!caks->former.is_set)
		return false;
	mka_view(caks->mka, now_ns, &view);
	if (!has_successor(caks, &view))
		return false;
	log_cak(caks, &caks->former.cak, "ends: its successor carries the traffic");
	end_cak(caks, &caks->former.cak, now_ns);
	caks->former.is_set = false;
	return true;
}
