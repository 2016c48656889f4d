/* SPDX-License-Identifier: BSD-3-Clause */
/* A KaY's life: create, tick, rekey by hand, destroy; and the order in which its machines act. */
#include "control/mka/machines.h"

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
	       config->destination_mac[0] & 1 && config->allowed_suites >> SUITE_COUNT == 0 &&
	       config->allowed_suites >> config->suite & 1;
}

int mka_create(
	const struct mka_config *config, const struct mka_ops *ops, void *ctx, uint64_t now_ns,
	struct mka **out
) {
	struct mka *kay;

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
	while (kay->n_participants > 0)
		participant_free(kay->participants[--kay->n_participants]);
	OPENSSL_cleanse(kay, sizeof(*kay));
	ops->secret_free(ctx, kay);
}

bool kay_is_keeping(const struct mka *kay) {
	return kay->config.keeps_last_sak && !participants_have_live(kay);
}

/* Nobody is left in any CA (802.1X 9.15): the session ends, unless the last SAK is to be kept. */
static void fail_without_peers(struct mka *kay) {
	if (participants_have_live(kay) || !cp_holds_any(&kay->cp))
		return;
	kay->has_failed = true;
	if (kay_is_keeping(kay))
		cp_discard_orphans(kay);
	else
		cp_discard(kay);
}

static enum mka_state present_state(const struct mka *kay) {
	if (cp_transmits(&kay->cp))
		return participants_have_live(kay) && !cp_is_left_over(&kay->cp) ? MKA_SECURED
										 : MKA_KEEPING;
	for (uint32_t i = 0; i < kay->n_participants; i++)
		if (kay->participants[i]->n_peers > 0)
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

static void settle_members(struct mka *kay) {
	for (uint32_t i = 0; i < kay->n_participants; i++) {
		suspend_run(kay->participants[i]);
		peers_expire(kay->participants[i]);
	}
	participants_note_loss(kay);
	for (uint32_t i = 0; i < kay->n_participants; i++)
		election_run(kay->participants[i]);
	principal_choose(kay);
	fail_without_peers(kay);
}

void kay_settle(struct mka *kay) {
	settle_members(kay);
	rekey_sample(kay);
	for (uint32_t i = 0; i < kay->n_participants; i++)
		sak_serve(kay->participants[i]);
	cp_run(kay);
	rekey_sample(kay);
	update_state(kay);
	for (uint32_t i = 0; i < kay->n_participants; i++) {
		obstacle_note(kay->participants[i]);
		pacing_run(kay->participants[i]);
	}
}

void kay_set_time(struct mka *kay, uint64_t now_ns) {
	kay->now_ns = now_ns > kay->now_ns ? now_ns : kay->now_ns;
}

static uint64_t participant_deadline(const struct participant *participant) {
	uint64_t deadline = earlier(pacing_deadline(participant), peers_deadline(participant));

	return earlier(deadline, sak_deadline(participant));
}

uint64_t mka_tick(struct mka *kay, uint64_t now_ns) {
	uint64_t deadline;

	kay_set_time(kay, now_ns);
	kay_settle(kay);
	deadline = earlier(cp_deadline(kay), rekey_deadline(kay));
	deadline = earlier(deadline, principal_deadline(kay));
	for (uint32_t i = 0; i < kay->n_participants; i++)
		deadline = earlier(deadline, participant_deadline(kay->participants[i]));
	return deadline > now_ns ? deadline : now_ns;
}

int mka_rekey(struct mka *kay, uint64_t now_ns) {
	kay_set_time(kay, now_ns);
	kay_settle(kay);
	if (kay->principal == NULL)
		return -ENOTCONN;
	if (kay->principal->server != SERVER_SELF)
		return -EPERM;
	kay->wants_rekey = kay->wants_rekey_now = true;
	kay_settle(kay);
	return 0;
}
