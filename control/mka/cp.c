/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Hand-over of SAKs (802.1X-2020 clause 12.4, the Controlled Port machine): receive first; transmit
 * when nobody can miss it; keep the old SAK for receive until nobody uses it. Frames are never
 * sent with a SAK that a live peer cannot receive, unless it had a life time to install it.
 */
#include "control/mka/kay.h"

#include <openssl/crypto.h>

#include <inttypes.h>

static const struct held_sak *transmitting(const struct cp *cp) {
	if (cp->latest.is_valid && cp->latest.transmits)
		return &cp->latest;
	return cp->old.is_valid && cp->old.transmits ? &cp->old : NULL;
}

bool cp_transmits(const struct cp *cp) {
	return transmitting(cp) != NULL;
}

bool cp_transmits_for(const struct cp *cp, const struct participant *owner) {
	const struct held_sak *held = transmitting(cp);

	return held != NULL && held->owner == owner;
}

bool cp_has_sak_of(const struct cp *cp, const struct participant *owner) {
	return (cp->latest.is_valid && cp->latest.owner == owner) ||
	       (cp->old.is_valid && cp->old.owner == owner);
}

struct held_sak *cp_find(struct cp *cp, const struct ki *ki) {
	if (cp->latest.is_valid && ki_is_equal(&cp->latest.sak.ki, ki))
		return &cp->latest;
	if (cp->old.is_valid && ki_is_equal(&cp->old.sak.ki, ki))
		return &cp->old;
	if (cp->leaving.is_valid && ki_is_equal(&cp->leaving.sak.ki, ki))
		return &cp->leaving;
	return NULL;
}

static void retire(struct mka *kay, struct held_sak *held, const char *reason) {
	if (!held->is_valid)
		return;
	report(kay, "SAK with KN %u and AN %u is removed: %s", held->sak.ki.kn, held->sak.an,
	       reason);
	kay->ops->sak_retire(kay->ctx, &held->sak.ki);
	if (held->owner != NULL)
		held->owner->pacing.is_due = true;
	OPENSSL_cleanse(held, sizeof(*held));
}

static void leave(struct mka *kay, struct held_sak *held) {
	struct cp *cp = &kay->cp;

	if (!held->is_valid)
		return;
	retire(kay, &cp->leaving, "another one follows it");
	cp->leaving = *held;
	cp->leaves_ns = kay->now_ns + MKA_SAK_RETIRE_NS;
	OPENSSL_cleanse(held, sizeof(*held));
}

/* Two SAKs can be reported. One that we do not transmit with yet (ABANDON) goes rather than the one
 * that carries our traffic; when a peer is ahead of us and uses it, it receives a while longer. */
static void make_place(struct mka *kay) {
	struct cp *cp = &kay->cp;

	if (cp->latest.is_valid && cp->old.is_valid && !cp->latest.transmits) {
		if (cp->latest.owner != NULL &&
		    peers_any_transmits(cp->latest.owner, &cp->latest.sak.ki))
			leave(kay, &cp->latest);
		else
			retire(kay, &cp->latest, "abandoned for a newer one");
	} else if (cp->latest.is_valid) {
		leave(kay, &cp->old);
		cp->old = cp->latest;
	}
	OPENSSL_cleanse(&cp->latest, sizeof(cp->latest));
}

/* A new key server may choose an AN that only we still use. */
static void free_an(struct mka *kay, uint8_t an) {
	struct held_sak *all[] = {&kay->cp.latest, &kay->cp.old, &kay->cp.leaving};

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		if (all[i]->sak.an == an)
			retire(kay, all[i], "its AN is needed");
}

int cp_install(struct participant *owner, const struct sak *sak) {
	struct mka *kay = owner->kay;
	struct cp *cp = &kay->cp;
	int ret;

	free_an(kay, sak->an);
	ret = kay->ops->sak_install(kay->ctx, sak);
	if (ret != 0)
		return ret;
	make_place(kay);
	cp->latest.is_valid = true;
	cp->latest.owner = owner;
	cp->latest.lost_ns = NEVER;
	cp->latest.sak = *sak;
	cp->latest.installed_ns = kay->now_ns;
	cp->latest.lpn = 1;
	cp->all_transmit_ns = 0;
	return 0;
}

/*
 * The key server transmits when every live peer receives, the others when the key server
 * transmits; each of them no later than the transmit delay. A SAK of a former key server is not
 * moved to: nobody else would.
 */
static bool may_transmit(const struct mka *kay, const struct held_sak *held) {
	struct participant *participant = held->owner;
	bool is_delayed = kay->now_ns - held->installed_ns >= MKA_LIFE_NS;
	const struct peer *server;
	const struct mkpdu_key_use *use;

	if (participant == NULL)
		return false;
	server = election_peer(participant);
	if (participant->server == SERVER_SELF)
		return mi_is_equal(held->sak.ki.mi, participant->mi) &&
		       (is_delayed || peers_all_receive(participant, &held->sak.ki));
	if (server == NULL || !mi_is_equal(held->sak.ki.mi, server->mi))
		return false;
	use = peer_use(server, &held->sak.ki);
	return is_delayed || (use != NULL && use->transmits);
}

static void transmit(struct mka *kay, struct held_sak *held) {
	int ret = kay->ops->sak_transmit(kay->ctx, &held->sak.ki);

	if (ret != 0) {
		if (!held->transmit_failed)
			report(kay, "cannot transmit with KN %u: error %d", held->sak.ki.kn, -ret);
		held->transmit_failed = true;
		return;
	}
	held->transmits = true;
	held->transmits_ns = kay->now_ns;
	kay->cp.old.transmits = false;
	held->owner->pacing.is_due = true;
	report(kay, "transmitting with KN %u and AN %u", held->sak.ki.kn, held->sak.an);
}

/* When the old SAK goes: the retire time after all were seen to use the latest, and no later than a
 * life time after we did, for a peer that is not heard any more. */
static uint64_t retire_deadline(const struct cp *cp) {
	uint64_t deadline = cp->latest.transmits_ns + MKA_LIFE_NS;

	if (!cp->old.is_valid || !cp->latest.transmits)
		return NEVER;
	if (cp->all_transmit_ns != 0)
		deadline = earlier(deadline, cp->all_transmit_ns + MKA_SAK_RETIRE_NS);
	return deadline;
}

/* A SAK of a key server that lost its office before anyone moved to it: the one in use stays. */
static void drop_unused(struct mka *kay) {
	struct cp *cp = &kay->cp;

	if (cp->latest.transmits || !cp->old.is_valid || !cp->old.transmits ||
	    kay->now_ns - cp->latest.installed_ns < MKA_LIFE_NS)
		return;
	retire(kay, &cp->latest, "its key server gave up before it was used");
	cp->latest = cp->old;
	OPENSSL_cleanse(&cp->old, sizeof(cp->old));
}

static bool all_transmit(const struct held_sak *held) {
	return held->owner != NULL && peers_all_transmit(held->owner, &held->sak.ki);
}

/* A SAK whose CA nobody else belongs to any more ends with a life time, should nothing follow it. */
static void retire_lost(struct mka *kay, struct held_sak *held) {
	bool is_lost = held->is_valid && (held->owner == NULL || !held->owner->has_live);

	if (!is_lost || kay->config.keeps_last_sak)
		held->lost_ns = NEVER;
	else if (held->lost_ns == NEVER)
		held->lost_ns = kay->now_ns;
	else if (kay->now_ns - held->lost_ns >= MKA_LIFE_NS)
		retire(kay, held, "its CA has no other member, and none took over");
}

void cp_run(struct mka *kay) {
	struct cp *cp = &kay->cp;
	struct held_sak *latest = &cp->latest;

	if (cp->leaving.is_valid && kay->now_ns >= cp->leaves_ns)
		retire(kay, &cp->leaving, "a newer one took its place");
	retire_lost(kay, &cp->old);
	retire_lost(kay, latest);
	if (!latest->is_valid)
		return;
	if (!latest->transmits && may_transmit(kay, latest))
		transmit(kay, latest);
	drop_unused(kay);
	if (latest->transmits && cp->all_transmit_ns == 0 && all_transmit(latest))
		cp->all_transmit_ns = kay->now_ns;
	if (kay->now_ns >= retire_deadline(cp))
		retire(kay, &cp->old, "nobody uses it any more");
}

void cp_disown(struct mka *kay, const struct participant *owner) {
	struct held_sak *all[] = {&kay->cp.latest, &kay->cp.old, &kay->cp.leaving};

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		if (all[i]->owner == owner)
			all[i]->owner = NULL;
}

void cp_discard(struct mka *kay) {
	retire(kay, &kay->cp.leaving, "the agreement ended");
	retire(kay, &kay->cp.old, "the agreement ended");
	retire(kay, &kay->cp.latest, "the agreement ended");
}

static uint64_t lost_deadline(const struct held_sak *held) {
	return held->is_valid && held->lost_ns != NEVER ? held->lost_ns + MKA_LIFE_NS : NEVER;
}

uint64_t cp_deadline(const struct mka *kay) {
	const struct cp *cp = &kay->cp;
	uint64_t deadline = retire_deadline(cp);

	if (cp->leaving.is_valid)
		deadline = earlier(deadline, cp->leaves_ns);
	deadline = earlier(deadline, lost_deadline(&cp->old));
	deadline = earlier(deadline, lost_deadline(&cp->latest));
	if (cp->latest.is_valid && !cp->latest.transmits &&
	    cp->latest.installed_ns + MKA_LIFE_NS > kay->now_ns)
		deadline = earlier(deadline, cp->latest.installed_ns + MKA_LIFE_NS);
	return deadline;
}
