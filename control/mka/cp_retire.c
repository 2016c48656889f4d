/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * When a SAK leaves the SecY: nobody uses it any more, nobody moved to it, its CA lost its other
 * members, or its CAK was removed. Whether one that is in use may go at all without a peer is a
 * policy (keep-last-sak): the time without any peer counts for nothing then.
 */
#include "control/mka/machines.h"

#include <openssl/crypto.h>

void cp_retire(struct mka *kay, struct held_sak *held, const char *reason) {
	if (!held->is_valid)
		return;
	report(kay, MKA_TOPIC_SAK, "SAK with KN %u and AN %u is removed: %s", held->sak.ki.kn,
	       held->sak.an, reason);
	kay->ops->sak_retire(kay->ctx, &held->sak.ki);
	if (held->owner != NULL)
		held->owner->pacing.is_due = true;
	OPENSSL_cleanse(held, sizeof(*held));
}

static bool is_still_used(const struct held_sak *held) {
	return held->owner != NULL && peers_any_transmits(held->owner, &held->sak.ki);
}

/*
 * When the old SAK goes: the retire time after all were seen to use the latest, and no later than a
 * life time after we did, for a peer that is not heard any more. The time without any peer does not
 * count: which of the two SAKs that are kept carries a peer's traffic is not known then.
 */
static uint64_t old_deadline(const struct cp *cp) {
	uint64_t deadline = later(cp->latest.transmits_ns, cp->kept_ns) + MKA_LIFE_NS;

	if (!cp->old.is_valid || !cp->latest.transmits)
		return NEVER;
	/* A member of its CA that left the latest one's, or never was in it, uses it until the key
	 * server takes it along, once it noticed: worth a retire time more. */
	if (cp->old.owner != cp->latest.owner && is_still_used(&cp->old))
		return deadline + MKA_SAK_RETIRE_NS;
	if (cp->all_transmit_ns != 0)
		deadline = earlier(deadline, cp->all_transmit_ns + MKA_SAK_RETIRE_NS);
	return deadline;
}

/* Whether `latest` could go, as `old` still carries our traffic. */
static bool is_unused(const struct cp *cp) {
	return cp->latest.is_valid && !cp->latest.transmits && cp->old.is_valid &&
	       cp->old.transmits;
}

/* What we distributed last is gone then: rekeys follow that one, so another has to follow it. */
static void stay_with_old(struct mka *kay) {
	struct cp *cp = &kay->cp;
	struct participant *owner = cp->latest.owner;

	if (owner != NULL && ki_is_equal(&cp->latest.sak.ki, &owner->distribution.ki))
		owner->needs_sak = true;
	cp_retire(kay, &cp->latest, "its key server gave up before it was used");
	cp->latest = cp->old;
	OPENSSL_cleanse(&cp->old, sizeof(cp->old));
}

/* A SAK of a key server that lost its office, or that changed its mind: then later than it can have
 * moved, as its transmit delay may end after ours. */
static uint64_t unused_deadline(const struct cp *cp) {
	const struct held_sak *latest = &cp->latest;
	bool lost_office = latest->owner != NULL && cp_server_of(latest) == NULL;

	return later(latest->installed_ns, cp->kept_ns) + MKA_LIFE_NS +
	       (lost_office ? 0 : MKA_SAK_RETIRE_NS);
}

/* A key server that is slow to install it says so, and may move to it yet: nothing would bring the
 * SAK again. */
static bool server_reports(const struct held_sak *held) {
	const struct peer *server;

	if (held->owner == NULL || !principal_is_followed(held->owner))
		return false;
	server = cp_server_of(held);
	return server != NULL && peer_use(server, &held->sak.ki) != NULL;
}

static bool may_be_dropped(const struct cp *cp) {
	return is_unused(cp) && !server_reports(&cp->latest);
}

static void drop_unused(struct mka *kay) {
	if (may_be_dropped(&kay->cp) && kay->now_ns >= unused_deadline(&kay->cp))
		stay_with_old(kay);
}

void cp_abandon(const struct participant *owner) {
	struct mka *kay = owner->kay;

	/* One of another key server may be in use by those whom we do not hear. */
	if (kay->cp.latest.owner == owner && is_unused(&kay->cp) &&
	    mi_is_equal(kay->cp.latest.sak.ki.mi, owner->mi))
		stay_with_old(kay);
}

static uint64_t leaving_deadline(const struct cp *cp) {
	if (!cp->leaving.is_valid)
		return NEVER;
	return cp->leaves_ns + (is_still_used(&cp->leaving) ? MKA_LIFE_NS : 0);
}

static bool all_transmit(const struct held_sak *held) {
	return held->owner != NULL && held->owner->has_live &&
	       peers_all_transmit(held->owner, &held->sak.ki);
}

/*
 * A SAK whose CA nobody else belongs to any more ends with a life time, should nothing follow it;
 * one that may be kept does not, unless its CAK was taken from us. The others notice our leaving
 * within a life time, and the hand-over to another CA takes a moment more.
 */
static uint64_t lost_deadline(const struct held_sak *held) {
	uint64_t grace_ns = held->owner == NULL ? MKA_SAK_RETIRE_NS : 0;

	if (!held->is_valid || held->lost_ns == NEVER)
		return NEVER;
	return held->lost_ns + MKA_LIFE_NS + grace_ns;
}

static void retire_lost(struct mka *kay, struct held_sak *held) {
	bool is_lost =
		held->owner == NULL || (!held->owner->has_live && !kay->config.keeps_last_sak);

	if (!held->is_valid || !is_lost)
		held->lost_ns = NEVER;
	else if (held->lost_ns == NEVER)
		held->lost_ns = kay->now_ns;
	if (kay->now_ns >= lost_deadline(held))
		cp_retire(kay, held, "its CA has no other member, and none took over");
}

/* Whether the key server moved to a SAK that we do not hold, and receives no more with ours. */
static bool is_deserted(const struct held_sak *held) {
	const struct peer *server = held->owner == NULL ? NULL : election_peer(held->owner);

	if (!held->is_valid || !held->transmits || server == NULL || !server->is_live ||
	    peer_use(server, &held->sak.ki) != NULL)
		return false;
	return server->use.latest.transmits || server->use.old.transmits;
}

/* To go on would be to call a link secured that carries nothing. As a new member we get a SAK
 * again, unless we had refused it; then another CAK may take over. */
static void retire_deserted(struct mka *kay, struct held_sak *held) {
	struct participant *owner = held->owner;

	if (!is_deserted(held))
		held->deserted_ns = NEVER;
	else if (held->deserted_ns == NEVER)
		held->deserted_ns = kay->now_ns;
	if (!held->is_valid || held->deserted_ns == NEVER ||
	    kay->now_ns - held->deserted_ns < MKA_LIFE_NS)
		return;
	cp_retire(kay, held, "its key server uses another one");
	identity_renew(owner);
}

static uint64_t deserted_deadline(const struct held_sak *held) {
	return held->is_valid && held->deserted_ns != NEVER ? held->deserted_ns + MKA_LIFE_NS
							    : NEVER;
}

void cp_disown(struct mka *kay, const struct participant *owner) {
	struct held_sak *all[] = {&kay->cp.latest, &kay->cp.old, &kay->cp.leaving};

	/* Those that lost theirs before begin to wait anew: this one may have been the next. */
	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		if (all[i]->owner == owner || all[i]->owner == NULL) {
			all[i]->owner = NULL;
			all[i]->lost_ns = NEVER;
		}
}

void cp_discard_orphans(struct mka *kay) {
	struct held_sak *all[] = {&kay->cp.leaving, &kay->cp.old, &kay->cp.latest};

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		if (all[i]->owner == NULL)
			cp_retire(kay, all[i], "its CAK was removed, and no CA has another member");
}

void cp_discard(struct mka *kay) {
	cp_retire(kay, &kay->cp.leaving, "the agreement ended");
	cp_retire(kay, &kay->cp.old, "the agreement ended");
	cp_retire(kay, &kay->cp.latest, "the agreement ended");
}

void cp_retire_lost(struct mka *kay) {
	struct cp *cp = &kay->cp;

	if (kay_is_keeping(kay))
		cp->kept_ns = kay->now_ns;
	if (kay->now_ns >= leaving_deadline(cp))
		cp_retire(kay, &cp->leaving, "a newer one took its place");
	retire_lost(kay, &cp->old);
	retire_lost(kay, &cp->latest);
	retire_deserted(kay, &cp->old);
	retire_deserted(kay, &cp->latest);
}

void cp_retire_replaced(struct mka *kay) {
	struct cp *cp = &kay->cp;

	drop_unused(kay);
	if (cp->latest.transmits && cp->all_transmit_ns == 0 && all_transmit(&cp->latest))
		cp->all_transmit_ns = kay->now_ns;
	if (kay->now_ns >= old_deadline(cp))
		cp_retire(kay, &cp->old, "nobody uses it any more");
}

uint64_t cp_retire_deadline(const struct mka *kay) {
	const struct cp *cp = &kay->cp;
	uint64_t deadline = earlier(lost_deadline(&cp->old), lost_deadline(&cp->latest));

	deadline = earlier(deadline, deserted_deadline(&cp->old));
	deadline = earlier(deadline, deserted_deadline(&cp->latest));
	deadline = earlier(deadline, old_deadline(cp));
	deadline = earlier(deadline, leaving_deadline(cp));
	if (may_be_dropped(cp))
		deadline = earlier(deadline, unused_deadline(cp));
	return deadline;
}
