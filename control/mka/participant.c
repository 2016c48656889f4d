/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Participants come and go: one for each CAK, each with an identity and peers of its own (9.3).
 * What they share is the SecY: a SAK in it names its owner, and outlives it for a while.
 */
#include "control/mka/machines.h"

#include <openssl/crypto.h>

#include <errno.h>

struct participant *
participant_find(const struct mka *kay, const uint8_t *ckn, uint8_t ckn_octets) {
	for (uint32_t i = 0; i < kay->n_participants; i++) {
		struct participant *participant = kay->participants[i];

		if (participant->ckn_octets == ckn_octets &&
		    memcmp(participant->ckn, ckn, ckn_octets) == 0)
			return participant;
	}
	return NULL;
}

static void set_place(struct participant *participant, const struct mka_cak *cak) {
	participant->is_fallback = cak->is_fallback;
	participant->use = cak->use;
	participant->rank = cak->rank;
}

/* The CAK itself stays only in the keys derived from it. */
static int participant_begin(struct participant *participant, const struct mka_cak *cak) {
	int ret = keys_derive(
		&participant->keys, cak->cak, cak->cak_octets, cak->ckn, cak->ckn_octets
	);

	if (ret != 0)
		return ret;
	memcpy(participant->ckn, cak->ckn, cak->ckn_octets);
	participant->ckn_octets = cak->ckn_octets;
	participant->server = SERVER_NONE;
	participant->eligible_ns = NEVER;
	set_place(participant, cak);
	ret = identity_renew(participant);
	participant->renewed_ns = 0; // the first identity may be given up at once
	pacing_start(participant);
	return ret;
}

static bool use_is_valid(enum mka_use use) {
	return use == MKA_USE_ACCEPT || use == MKA_USE_SEND;
}

static bool cak_is_valid(const struct mka_cak *cak) {
	return cak->ckn_octets >= 1 && cak->ckn_octets <= MKA_CKN_MAX_OCTETS &&
	       (cak->cak_octets == 16 || cak->cak_octets == 32) && use_is_valid(cak->use);
}

int mka_add_cak(struct mka *kay, const struct mka_cak *cak, uint64_t now_ns) {
	struct participant *participant;
	int ret;

	if (!cak_is_valid(cak))
		return -EINVAL;
	if (participant_find(kay, cak->ckn, cak->ckn_octets) != NULL)
		return -EEXIST;
	if (kay->n_participants == MKA_PARTICIPANTS_MAX)
		return -ENOSPC;
	participant = kay->ops->secret_alloc(kay->ctx, sizeof(*participant));
	if (participant == NULL)
		return -ENOMEM;
	memset(participant, 0, sizeof(*participant));
	kay_set_time(kay, now_ns);
	participant->kay = kay;
	ret = participant_begin(participant, cak);
	if (ret != 0) {
		participant_free(participant);
		return ret;
	}
	kay->participants[kay->n_participants++] = participant;
	return 0;
}

int mka_update_cak(struct mka *kay, const struct mka_cak *cak, uint64_t now_ns) {
	struct participant *participant = participant_find(kay, cak->ckn, cak->ckn_octets);

	if (participant == NULL)
		return -ENOENT;
	if (!use_is_valid(cak->use))
		return -EINVAL;
	kay_set_time(kay, now_ns);
	set_place(participant, cak);
	return 0;
}

void participant_free(struct participant *participant) {
	struct mka *kay = participant->kay;

	keys_wipe(&participant->keys);
	OPENSSL_cleanse(participant, sizeof(*participant));
	kay->ops->secret_free(kay->ctx, participant);
}

int mka_remove_cak(struct mka *kay, const uint8_t *ckn, uint8_t ckn_octets, uint64_t now_ns) {
	struct participant *participant = participant_find(kay, ckn, ckn_octets);
	uint32_t i = 0;

	if (participant == NULL)
		return -ENOENT;
	kay_set_time(kay, now_ns);
	while (kay->participants[i] != participant)
		i++;
	kay->participants[i] = kay->participants[--kay->n_participants];
	if (kay->principal == participant)
		kay->principal = NULL;
	cp_abandon(participant);
	cp_disown(kay, participant);
	participant_free(participant);
	kay_settle(kay);
	return 0;
}

/*
 * The last live peer of a CA is gone (802.1X 9.15): its SAKs must not be used again by anyone, so a
 * new identity makes sure that whoever comes back sees a new member.
 */
void participants_note_loss(struct mka *kay) {
	for (uint32_t i = 0; i < kay->n_participants; i++) {
		struct participant *participant = kay->participants[i];
		bool has_live = peers_count_live(participant) > 0;

		if (participant->has_live && !has_live && identity_renew(participant) != 0)
			report(kay, MKA_TOPIC_PEER,
			       "no random numbers for a new member identifier");
		participant->has_live = has_live;
	}
}

bool participants_have_live(const struct mka *kay) {
	for (uint32_t i = 0; i < kay->n_participants; i++)
		if (kay->participants[i]->has_live)
			return true;
	return false;
}
