/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Hand-over of SAKs (802.1X-2020 clause 12.4, the Controlled Port machine): receive first; transmit
 * when nobody can miss it; keep the old SAK for receive until nobody uses it. Frames are never
 * sent with a SAK that a live peer cannot receive, unless it had a life time to install it.
 */
#include "control/mka/machines.h"

#include <openssl/crypto.h>

#include <inttypes.h>

static const struct held_sak *transmitting(const struct cp *cp) {
	if (cp->latest.is_valid && cp->latest.transmits)
		return &cp->latest;
	return cp->old.is_valid && cp->old.transmits ? &cp->old : NULL;
}

bool cp_holds_any(const struct cp *cp) {
	return cp->latest.is_valid || cp->old.is_valid || cp->leaving.is_valid;
}

bool cp_transmits(const struct cp *cp) {
	return transmitting(cp) != NULL;
}

bool cp_serves_all_of(const struct cp *cp, const struct participant *owner) {
	const struct held_sak *held = transmitting(cp);

	return held != NULL && held->owner == owner && peers_all_receive(owner, &held->sak.ki);
}

bool cp_is_left_over(const struct cp *cp) {
	const struct held_sak *held = transmitting(cp);

	return held != NULL && held->installed_ns < cp->kept_ns &&
	       (held->owner == NULL || !peers_any_receives(held->owner, &held->sak.ki));
}

bool cp_needs_an_of(const struct cp *cp, const struct sak *sak) {
	const struct held_sak *held = transmitting(cp);

	/* Not so for a key server that restarted: it has our SAK no more, and no reason to wait. */
	return held != NULL && held->sak.an == sak->an &&
	       !mi_is_equal(held->sak.ki.mi, sak->ki.mi) &&
	       (held->owner == NULL || peers_any_receives(held->owner, &held->sak.ki));
}

struct participant *cp_transmitting_owner(const struct cp *cp) {
	const struct held_sak *held = transmitting(cp);

	return held == NULL ? NULL : held->owner;
}

bool cp_has_moved_to(const struct cp *cp, const struct ki *ki) {
	return cp->latest.is_valid && cp->latest.transmits && ki_is_equal(&cp->latest.sak.ki, ki);
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

static void leave(struct mka *kay, struct held_sak *held) {
	struct cp *cp = &kay->cp;

	if (!held->is_valid)
		return;
	cp_retire(kay, &cp->leaving, "another one follows it");
	cp->leaving = *held;
	cp->leaves_ns = kay->now_ns + MKA_SAK_RETIRE_NS;
	OPENSSL_cleanse(held, sizeof(*held));
}

/* Two SAKs can be reported. One that we do not transmit with yet (ABANDON) goes rather than the one
 * that carries our traffic; when a peer is ahead of us and uses it, or could without our knowing,
 * it receives a while longer. */
static void make_place(struct mka *kay) {
	struct cp *cp = &kay->cp;

	if (cp->latest.is_valid && cp->old.is_valid && !cp->latest.transmits) {
		if (cp->latest.owner == NULL ||
		    peers_any_transmits(cp->latest.owner, &cp->latest.sak.ki))
			leave(kay, &cp->latest);
		else
			cp_retire(kay, &cp->latest, "abandoned for a newer one");
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
			cp_retire(kay, all[i], "its AN is needed");
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
	cp->latest.lost_ns = cp->latest.deserted_ns = NEVER;
	cp->latest.sak = *sak;
	cp->latest.installed_ns = kay->now_ns;
	lpn_begin(&cp->latest.lpn, kay->now_ns);
	cp->all_transmit_ns = 0;
	return 0;
}

/* The member that made it, when it is still key server of its CA. */
const struct peer *cp_server_of(const struct held_sak *held) {
	const struct peer *server = election_peer(held->owner);

	return server != NULL && mi_is_equal(held->sak.ki.mi, server->mi) ? server : NULL;
}

static bool server_uses(const struct held_sak *held) {
	const struct peer *server = cp_server_of(held);
	const struct mkpdu_key_use *use = server == NULL ? NULL : peer_use(server, &held->sak.ki);

	return use != NULL && use->transmits;
}

/* Whether the key server says that it transmits with the SAK that carries our traffic, too. */
static bool server_stays(const struct mka *kay, uint64_t server_sci) {
	const struct held_sak *old = &kay->cp.old;

	if (!old->is_valid || !old->transmits || old->owner == NULL)
		return false;
	for (uint32_t i = 0; i < old->owner->n_peers; i++) {
		const struct peer *peer = &old->owner->peers[i];
		const struct mkpdu_key_use *use = peer_use(peer, &old->sak.ki);

		if (peer->is_live && peer->sci == server_sci && use != NULL && use->transmits)
			return true;
	}
	return false;
}

/*
 * The key server transmits when every live peer receives, the others when the key server
 * transmits; each of them no later than the transmit delay, unless the key server is known to have
 * stayed where we are. A SAK of a former key server is not moved to: nobody else would.
 */
static bool may_transmit(const struct mka *kay, const struct held_sak *held) {
	struct participant *participant = held->owner;
	bool is_delayed = kay->now_ns - held->installed_ns >= MKA_LIFE_NS;
	const struct peer *server;

	if (participant == NULL || !principal_is_followed(participant))
		return false;
	if (participant->server == SERVER_SELF)
		return mi_is_equal(held->sak.ki.mi, participant->mi) &&
		       (is_delayed || peers_all_receive(participant, &held->sak.ki));
	server = cp_server_of(held);
	return server_uses(held) ||
	       (is_delayed && server != NULL && !server_stays(kay, server->sci));
}

static void transmit(struct mka *kay, struct held_sak *held) {
	int ret = kay->ops->sak_transmit(kay->ctx, &held->sak.ki);

	if (ret != 0) {
		if (!held->transmit_failed)
			report(kay, MKA_TOPIC_SAK, "cannot transmit with KN %u: error %d",
			       held->sak.ki.kn, -ret);
		held->transmit_failed = true;
		return;
	}
	kay->cp.latest.transmits = kay->cp.old.transmits = false;
	held->transmits = true;
	held->transmits_ns = kay->now_ns;
	held->owner->pacing.is_due = true;
	report(kay, MKA_TOPIC_SAK_USED, "transmitting with KN %u and AN %u", held->sak.ki.kn,
	       held->sak.an);
}

/* A key server's MKPDUs of two CAs, and so its SAKs, may arrive in the wrong order, and one that
 * needed the AN of our SAK may not have moved yet: it may be the old SAK that it uses. */
static bool is_old_used(const struct cp *cp) {
	const struct held_sak *old = &cp->old;

	return old->is_valid && !old->transmits && old->owner != NULL &&
	       principal_is_followed(old->owner) && server_uses(old);
}

void cp_run(struct mka *kay) {
	struct held_sak *latest = &kay->cp.latest;

	cp_retire_lost(kay);
	if (!latest->is_valid)
		return;
	if (!latest->transmits && may_transmit(kay, latest))
		transmit(kay, latest);
	if (!latest->transmits && is_old_used(&kay->cp))
		transmit(kay, &kay->cp.old);
	cp_retire_replaced(kay);
}

uint64_t cp_deadline(const struct mka *kay) {
	const struct held_sak *latest = &kay->cp.latest;
	uint64_t deadline = cp_retire_deadline(kay);

	if (latest->is_valid && !latest->transmits &&
	    latest->installed_ns + MKA_LIFE_NS > kay->now_ns)
		deadline = earlier(deadline, latest->installed_ns + MKA_LIFE_NS);
	return deadline;
}
