/* SPDX-License-Identifier: BSD-3-Clause */
/* Who we are in the CA: member identifier and message numbers (802.1X-2020 9.4.2). */
#include "control/mka/machines.h"

#include <errno.h>

/* Two CAs of one link with one MI would have two keys under one KI. */
static bool mi_is_taken(const struct mka *kay, const uint8_t mi[MI_OCTETS]) {
	for (uint32_t i = 0; i < kay->n_participants; i++)
		if (mi_is_equal(kay->participants[i]->mi, mi))
			return true;
	return false;
}

int identity_renew(struct participant *participant) {
	struct mka *kay = participant->kay;
	uint8_t mi[MI_OCTETS];
	int ret = kay->ops->random(kay->ctx, mi, sizeof(mi));

	if (ret != 0)
		return ret;
	if (mi_is_taken(kay, mi))
		return -EIO;
	memcpy(participant->former_mi, participant->mi, sizeof(mi));
	memcpy(participant->mi, mi, sizeof(mi));
	participant->mn = 0;
	participant->kn = 0;
	participant->renewed_ns = kay->now_ns;
	memset(participant->sent_ns, 0, sizeof(participant->sent_ns));
	for (uint32_t i = 0; i < participant->n_peers; i++)
		participant->peers[i].proven_mn = 0;
	/* A KI names its key server's MI: what was made under the old one is not ours to repeat. */
	participant->distribution.is_active = false;
	participant->needs_sak = true;
	participant->pacing.is_due = true;
	return 0;
}

uint32_t identity_next_mn(struct participant *participant) {
	struct mka *kay = participant->kay;

	participant->mn++;
	participant->sent_ns[participant->mn % MN_HISTORY] = kay->now_ns;
	return participant->mn;
}

static bool mn_is_recent(const struct participant *participant, uint32_t mn) {
	const struct mka *kay = participant->kay;

	if (mn == 0 || mn > participant->mn || participant->mn - mn >= MN_HISTORY)
		return false;
	return kay->now_ns - participant->sent_ns[mn % MN_HISTORY] <= MKA_LIFE_NS;
}

uint32_t identity_proven_mn(const struct participant *participant, const struct mkpdu_list *list) {
	uint32_t mn = 0;

	mkpdu_list_find(list, participant->mi, &mn);
	return mn_is_recent(participant, mn) ? mn : 0;
}
