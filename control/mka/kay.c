/* SPDX-License-Identifier: BSD-3-Clause */
/* A KaY's life: create, tick, rekey by hand, destroy; and the order in which its machines act. */
#include "control/mka/kay.h"

#include <openssl/crypto.h>

#include <errno.h>

static bool ops_are_set(const struct mka_ops *ops) {
	return ops->send != NULL && ops->sak_install != NULL && ops->sak_transmit != NULL &&
	       ops->sak_retire != NULL && ops->next_pn != NULL && ops->lpn_floor != NULL &&
	       ops->state_changed != NULL && ops->random != NULL && ops->log != NULL &&
	       ops->secret_alloc != NULL && ops->secret_free != NULL;
}

static bool offset_is_valid(const struct mka_config *config) {
	uint8_t offset = config->confidentiality_offset;

	if (offset == 0)
		return true;
	return (offset == 30 || offset == 50) && config->confidentiality &&
	       !suite_info(config->suite)->is_xpn;
}

static bool config_is_valid(const struct mka_config *config) {
	return config->suite < SUITE_COUNT && offset_is_valid(config) &&
	       config->destination_mac[0] & 1 && config->ckn_octets >= 1 &&
	       config->ckn_octets <= MKA_CKN_MAX_OCTETS &&
	       (config->cak_octets == 16 || config->cak_octets == 32);
}

/* Leaves the CAK only in the keys derived from it. */
static int participant_begin(struct mka *kay) {
	struct participant *participant = &kay->participant;
	struct mka_config *config = &kay->config;
	int ret = keys_derive(
		&participant->keys, config->cak, config->cak_octets, config->ckn, config->ckn_octets
	);

	OPENSSL_cleanse(config->cak, sizeof(config->cak));
	if (ret != 0)
		return ret;
	memcpy(participant->ckn, config->ckn, config->ckn_octets);
	participant->ckn_octets = config->ckn_octets;
	participant->server = SERVER_NONE;
	return identity_renew(kay);
}

int mka_create(
	const struct mka_config *config, const struct mka_ops *ops, void *ctx, uint64_t now_ns,
	struct mka **out
) {
	struct mka *kay;
	int ret;

	if (!ops_are_set(ops) || !config_is_valid(config))
		return -EINVAL;
	kay = ops->secret_alloc(ctx, sizeof(*kay));
	if (kay == NULL)
		return -ENOMEM;
	memset(kay, 0, sizeof(*kay));
	kay->config = *config;
	kay->ops = ops;
	kay->ctx = ctx;
	kay->created_ns = kay->now_ns = now_ns;
	ret = participant_begin(kay);
	if (ret != 0) {
		mka_destroy(kay);
		return ret;
	}
	kay->participant.renewed_ns = 0; // the first identity may be given up at once
	pacing_start(kay);
	*out = kay;
	return 0;
}

void mka_destroy(struct mka *kay) {
	const struct mka_ops *ops;
	void *ctx;

	if (kay == NULL)
		return;
	ops = kay->ops;
	ctx = kay->ctx;
	cp_discard(kay);
	keys_wipe(&kay->participant.keys);
	OPENSSL_cleanse(kay, sizeof(*kay));
	ops->secret_free(ctx, kay);
}

/*
 * The last live peer is gone (802.1X 9.15): its SAKs must not be used again by anyone, so a new
 * identity makes sure that whoever comes back sees a new member.
 */
static void fail_without_peers(struct mka *kay) {
	bool has_live = peers_count_live(&kay->participant) > 0;

	if (kay->has_live && !has_live) {
		kay->has_failed = true;
		cp_discard(kay);
		if (identity_renew(kay) != 0)
			report(kay, "no random numbers for a new member identifier");
	}
	kay->has_live = has_live;
}

static enum mka_state present_state(const struct mka *kay) {
	if (cp_transmits(&kay->cp))
		return MKA_SECURED;
	if (kay->participant.n_peers > 0)
		return MKA_PENDING;
	return kay->has_failed ? MKA_FAILED : MKA_INIT;
}

static void update_state(struct mka *kay) {
	enum mka_state state = present_state(kay);

	if (state == kay->state)
		return;
	if (state == MKA_SECURED) {
		kay->secured_ns = kay->now_ns;
		if (!kay->was_secured)
			kay->first_secured_after_ns = kay->now_ns - kay->created_ns;
		kay->was_secured = true;
	}
	kay->state = state;
	kay->ops->state_changed(kay->ctx, state);
}

void kay_settle(struct mka *kay) {
	peers_expire(kay);
	fail_without_peers(kay);
	election_run(kay);
	rekey_sample(kay);
	sak_serve(kay);
	cp_run(kay);
	rekey_sample(kay);
	update_state(kay);
	pacing_run(kay);
}

uint64_t mka_tick(struct mka *kay, uint64_t now_ns) {
	uint64_t deadline;

	kay->now_ns = now_ns > kay->now_ns ? now_ns : kay->now_ns;
	kay_settle(kay);
	deadline = earlier(pacing_deadline(kay), peers_deadline(&kay->participant));
	deadline = earlier(deadline, sak_deadline(kay));
	deadline = earlier(deadline, cp_deadline(kay));
	deadline = earlier(deadline, rekey_deadline(kay));
	return deadline > now_ns ? deadline : now_ns;
}

int mka_rekey(struct mka *kay, uint64_t now_ns) {
	kay->now_ns = now_ns > kay->now_ns ? now_ns : kay->now_ns;
	kay_settle(kay);
	if (peers_count_live(&kay->participant) == 0)
		return -ENOTCONN;
	if (kay->participant.server != SERVER_SELF)
		return -EPERM;
	if (!sak_has_takers(&kay->participant))
		return -ENOTCONN;
	kay->wants_rekey = true;
	kay_settle(kay);
	return 0;
}
