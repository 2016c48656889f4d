/* SPDX-License-Identifier: BSD-3-Clause */
/* CAKs begin, change their part and end as time passes. */
#include "control/ckn.h"
#include "control/config_time.h"
#include "control/link_caks_parts.h"
#include "control/log.h"
#include "control/secret.h"

#include <errno.h>
#include <string.h>

#define NS_PER_S 1000000000ll
#define FORMER_LOOK_NS 1000000000ull
#define TIME(seconds) (config_time_text(seconds).text)

/* The times of CAK number i, or NULL when it is not of the chain. */
static const struct config_chain_cak *times_of(const struct link_caks *caks, uint32_t i) {
	const uint32_t others = key_chain_count(&caks->chain) - caks->link->n_chain;

	return i < others ? NULL : &caks->link->chain[i - others];
}

/* It is acceptable no more, and never will be again. */
static bool is_past(const struct link_caks *caks, uint32_t i) {
	const struct config_chain_cak *times = times_of(caks, i);

	return times != NULL && times->accept_until_s <= caks->chain.reached_ns / NS_PER_S;
}

static void log_use(const struct link_caks *caks, uint32_t i, enum key_use use) {
	const struct config_chain_cak *times = times_of(caks, i);
	const char *link = caks->link->name;

	if (times == NULL)
		return;
	const struct ckn_text ckn = ckn_text(times->cak.ckn, times->cak.ckn_octets);
	if (use == KEY_SEND)
		log_info(
			"keys", "%s: CKN %s may be chosen from now on (start %s)", link, ckn.text,
			TIME(times->start_s)
		);
	else if (use == KEY_NOT)
		log_info(
			"keys", "%s: CKN %s is not used any more (accept-until %s)", link, ckn.text,
			TIME(times->accept_until_s)
		);
	else if (times->end_s <= caks->chain.reached_ns / NS_PER_S)
		log_info(
			"keys", "%s: CKN %s is not chosen any more (end %s; accept-until %s)", link,
			ckn.text, TIME(times->end_s), TIME(times->accept_until_s)
		);
	else
		log_info(
			"keys", "%s: CKN %s is accepted from now on (accept-from %s; start %s)",
			link, ckn.text, TIME(times->accept_from_s), TIME(times->start_s)
		);
}

void link_caks_fill(
	const struct link_caks *caks, const struct key_chain_cak *now, struct mka_cak *cak
) {
	memcpy(cak->ckn, now->cak->ckn, sizeof(cak->ckn)); // zero behind the name
	cak->ckn_octets = ckn_wire_octets(caks->link, now->cak);
	cak->is_fallback = now->is_fallback;
	cak->use = now->use == KEY_SEND ? MKA_USE_SEND : MKA_USE_ACCEPT;
	cak->rank = now->rank;
}

/* Reads the key and, when the CAK is of use now, begins its participant. Logs why not. */
static int begin(struct link_caks *caks, const struct key_chain_cak *now, uint64_t now_ns) {
	struct mka_cak *cak = secret_alloc(sizeof(*cak));
	int error;

	if (cak == NULL)
		return -ENOMEM;
	link_caks_fill(caks, now, cak);
	error = cak_source_read(&caks->keys, caks->config, now->cak, cak->cak, &cak->cak_octets);
	if (error == 0 && now->use != KEY_NOT) {
		error = mka_add_cak(caks->mka, cak, now_ns);
		if (error != 0)
			log_error(
				-error, "keys", "%s: CKN %s cannot take part: %s", caks->link->name,
				ckn_text(now->cak->ckn, now->cak->ckn_octets).text, strerror(-error)
			);
	}
	secret_free(cak);
	return error;
}

/* A CAK that goes on, in another part. */
static bool update(struct link_caks *caks, uint32_t i, uint64_t now_ns) {
	const struct key_chain_cak now = key_chain_at(&caks->chain, i);
	struct mka_cak cak = {0};

	if (caks->at[i].use == KEY_NOT || now.use == KEY_NOT || caks->at[i].use == now.use)
		return false;
	link_caks_fill(caks, &now, &cak);
	mka_update_cak(caks->mka, &cak, now_ns);
	caks->at[i].use = now.use;
	log_use(caks, i, now.use);
	return true;
}

static bool remove_past(struct link_caks *caks, uint32_t i, uint64_t now_ns) {
	const struct key_chain_cak now = key_chain_at(&caks->chain, i);

	if (now.use != KEY_NOT)
		return false;
	caks->at[i].is_unusable = caks->at[i].is_awaited = false;
	if (caks->at[i].use == KEY_NOT)
		return false;
	mka_remove_cak(caks->mka, now.cak->ckn, ckn_wire_octets(caks->link, now.cak), now_ns);
	caks->at[i].use = KEY_NOT;
	log_use(caks, i, KEY_NOT);
	return true;
}

/* What the try to begin a CAK has led to; the first failure of a kind is told. */
static void note(struct link_caks *caks, uint32_t i, int error, uint64_t now_ns) {
	const struct config_cak *cak = key_chain_at(&caks->chain, i).cak;
	struct link_cak *at = &caks->at[i];
	const bool was_awaited = at->is_awaited;

	at->is_awaited = error == -EINPROGRESS;
	at->is_unusable = error != 0 && !at->is_awaited;
	at->retry_ns = error == 0 ? 0 : now_ns + LINK_CAKS_RETRY_NS;
	if (at->is_awaited && !was_awaited)
		log_info(
			"keys", "%s: CKN %s takes part as soon as its service gives the key",
			caks->link->name, ckn_text(cak->ckn, cak->ckn_octets).text
		);
	else if (error == 0 && was_awaited)
		log_info(
			"keys", "%s: CKN %s: its key has come", caks->link->name,
			ckn_text(cak->ckn, cak->ckn_octets).text
		);
}

static bool add(struct link_caks *caks, uint32_t i, uint64_t now_ns) {
	const struct key_chain_cak now = key_chain_at(&caks->chain, i);
	struct link_cak *at = &caks->at[i];

	if (at->use != KEY_NOT || now.use == KEY_NOT || now_ns < at->retry_ns)
		return false;
	if (link_caks_adopt_former(caks, i, now_ns))
		return true;
	note(caks, i, begin(caks, &now, now_ns), now_ns);
	if (at->is_unusable)
		log_warning(
			"keys",
			"%s: CKN %s is needed now and cannot be used; tried again in %llu s",
			caks->link->name, ckn_text(now.cak->ckn, now.cak->ckn_octets).text,
			LINK_CAKS_RETRY_NS / NS_PER_S
		);
	if (at->retry_ns != 0)
		return false;
	at->use = now.use;
	log_use(caks, i, now.use);
	return true;
}

/* What takes part less makes room before what comes: a KaY holds MKA_PARTICIPANTS_MAX. */
static bool apply(struct link_caks *caks, uint64_t now_ns) {
	static bool (*const steps[]
	)(struct link_caks *, uint32_t, uint64_t) = {update, remove_past, add};
	const uint32_t n = key_chain_count(&caks->chain);
	bool is_changed = false;

	for (size_t step = 0; step < sizeof(steps) / sizeof(steps[0]); step++)
		for (uint32_t i = 0; i < n; i++)
			is_changed |= steps[step](caks, i, now_ns);
	return is_changed;
}

static void set_next(struct link_caks *caks) {
	caks->next_ns = key_chain_next_look(&caks->chain);
	for (uint32_t i = 0; i < key_chain_count(&caks->chain); i++)
		if (caks->at[i].retry_ns != 0 && caks->at[i].retry_ns < caks->next_ns)
			caks->next_ns = caks->at[i].retry_ns;
	if (caks->former.is_set && caks->next_ns > caks->chain.now_ns + FORMER_LOOK_NS)
		caks->next_ns = caks->chain.now_ns + FORMER_LOOK_NS;
}

/* The two things about a chain that an operator must hear of and that no CAK's change tells. */
static void log_chain(struct link_caks *caks) {
	const int64_t step_s = key_chain_step(&caks->chain) / NS_PER_S;
	const bool is_over = key_chain_is_over(&caks->chain);

	if (step_s != 0 && caks->step_s == 0)
		log_warning(
			"keys",
			"%s: the clock jumped by %lld s; the key chain follows when it stays so "
			"for %llu s",
			caks->link->name, (long long)step_s, KEY_CHAIN_STEP_NS / NS_PER_S
		);
	if (is_over && !caks->is_over)
		log_warning(
			"keys",
			"%s: every CAK of the key chain is past its time; add one to key-chain",
			caks->link->name
		);
	caks->step_s = step_s;
	caks->is_over = is_over;
}

/* While the clock is not set, nobody knows which CAKs are past and may be without a key: none of
 * them keeps the link from its start then. Its time has a look of its own, with tries each minute.
 */
static int judge_later(const struct link_caks *caks, const struct config_cak *cak, int error) {
	if (error == 0 || error == -EINPROGRESS)
		return 0;
	if (key_chain_clock_is_set(&caks->chain))
		return error;
	log_warning(
		"keys",
		"%s: CKN %s would be without a key; the clock is not set, so it may not be needed",
		caks->link->name, ckn_text(cak->ckn, cak->ckn_octets).text
	);
	return 0;
}

/* The primary's and fallback's keys are read by adding them; of the chain all that still count. */
static int check_later(struct link_caks *caks, uint64_t now_ns) {
	int error = 0;

	for (uint32_t i = 0; error == 0 && i < key_chain_count(&caks->chain); i++)
		if (key_chain_at(&caks->chain, i).use == KEY_NOT)
			error = link_caks_check_key(caks, i, now_ns);
	return error;
}

int link_caks_check_key(struct link_caks *caks, uint32_t i, uint64_t now_ns) {
	struct key_chain_cak now = key_chain_at(&caks->chain, i);

	if (is_past(caks, i))
		return 0;
	now.use = KEY_NOT; // read, not begun
	return judge_later(caks, now.cak, begin(caks, &now, now_ns));
}

static int begin_now(struct link_caks *caks, uint64_t now_ns) {
	int error = 0;

	for (uint32_t i = 0; error == 0 && i < key_chain_count(&caks->chain); i++) {
		const struct key_chain_cak now = key_chain_at(&caks->chain, i);
		if (now.use == KEY_NOT)
			continue;
		error = begin(caks, &now, now_ns);
		note(caks, i, error, now_ns);
		if (error == 0) {
			caks->at[i].use = now.use;
			log_use(caks, i, now.use);
		}
		error = error == -EINPROGRESS ? 0 : error;
	}
	return error;
}

int link_caks_begin(
	struct link_caks *caks, const struct config *config, const struct config_link *link,
	struct mka *mka, const struct cak_source *keys, int64_t wall_ns, uint64_t now_ns
) {
	*caks = (struct link_caks){.config = config, .link = link, .mka = mka, .keys = *keys};
	key_chain_begin(&caks->chain, link, wall_ns, now_ns);
	int error = begin_now(caks, now_ns);
	if (error == 0)
		error = check_later(caks, now_ns);
	log_chain(caks);
	set_next(caks);
	return error;
}

bool link_caks_look(struct link_caks *caks, int64_t wall_ns, uint64_t now_ns) {
	key_chain_look(&caks->chain, wall_ns, now_ns);
	bool is_changed = apply(caks, now_ns);
	is_changed |= link_caks_end_former(caks, now_ns);
	log_chain(caks);
	set_next(caks);
	return is_changed;
}

void link_caks_keys_changed(struct link_caks *caks, uint64_t now_ns) {
	for (uint32_t i = 0; i < key_chain_count(&caks->chain); i++) {
		if (!caks->at[i].is_awaited)
			continue;
		caks->at[i].retry_ns = now_ns;
		caks->next_ns = now_ns;
	}
}
