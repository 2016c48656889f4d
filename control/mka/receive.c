/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The receive checks of 802.1X-2020 11.11.2 in their order: nothing that a sender without the CAK
 * wrote changes any state but a counter.
 */
#include "control/mka/machines.h"

#include <errno.h>
#include <inttypes.h>

/* The participant that the MKPDU is for, or NULL with *why. */
static struct participant *
authenticate(struct mka *kay, const uint8_t *frame, size_t octets, enum mka_refusal *why) {
	struct mkpdu *pdu = &kay->pdu;
	struct participant *participant;

	if (!mkpdu_decode_head(frame, octets, pdu, why))
		return NULL;
	*why = MKA_REFUSED_NOT_GROUP;
	if (memcmp(pdu->destination, kay->config.destination_mac, sizeof(pdu->destination)) != 0)
		return NULL;
	*why = MKA_REFUSED_OWN_SCI;
	if (pdu->basic.sci == kay->config.sci)
		return NULL;
	*why = MKA_REFUSED_CKN_UNKNOWN;
	participant = participant_find(kay, pdu->basic.ckn, pdu->basic.ckn_octets);
	if (participant == NULL)
		return NULL;
	*why = MKA_REFUSED_ICV;
	if (!keys_icv_is_valid(&participant->keys, frame, pdu->icv_offset, frame + pdu->icv_offset))
		return NULL;
	return participant;
}

/* 9.4.2: a member that sees its own MI in use by another takes a new one; in any of its CAs, as a
 * KI must name one key. */
static bool give_way(struct mka *kay, const struct mkpdu_basic *basic) {
	for (uint32_t i = 0; i < kay->n_participants; i++) {
		if (!mi_is_equal(basic->mi, kay->participants[i]->mi))
			continue;
		report(kay, MKA_TOPIC_PEER, "peer %016" PRIx64 " uses our MI: taking a new one",
		       basic->sci);
		if (identity_renew(kay->participants[i]) != 0)
			return false;
	}
	return true;
}

static bool take(struct participant *participant, const uint8_t *frame, enum mka_refusal *why) {
	struct mka *kay = participant->kay;
	struct mkpdu *pdu = &kay->pdu;

	*why = MKA_REFUSED_MALFORMED;
	if (!mkpdu_decode_sets(frame, pdu))
		return false;
	if (!give_way(kay, &pdu->basic))
		return false;
	if (peers_hear(participant, pdu, why) == NULL)
		return false;
	election_run(participant);
	principal_choose(kay);
	return true;
}

/* What a sender that was believed says of its packet numbers, also of a SAK that came with them,
 * and of its plans. */
static void note_sender(struct participant *participant, const struct mkpdu *pdu) {
	const struct peer *peer = peers_find(participant, pdu->basic.mi);

	if (peer == NULL)
		return;
	lpn_apply(participant, peer);
	suspend_hear(participant, peer, pdu);
}

int mka_receive(struct mka *kay, const uint8_t *frame, size_t octets, uint64_t now_ns) {
	struct mkpdu *pdu = &kay->pdu;
	enum mka_refusal why = MKA_REFUSED_MALFORMED;
	struct participant *participant;
	bool is_used;

	kay_set_time(kay, now_ns);
	participant = authenticate(kay, frame, octets, &why);
	is_used = participant != NULL && take(participant, frame, &why);
	if (!is_used)
		report_refusal(kay, why, NULL);
	if (participant == NULL)
		return -EBADMSG;
	/* Hand-over first: a SAK Use that moves us to one SAK may come with the next SAK. */
	cp_run(kay);
	if (is_used) {
		is_used = !mkpdu_has(pdu, SET_DISTRIBUTED_SAK) ||
			  sak_accept(participant, pdu->basic.mi, pdu);
		note_sender(participant, pdu);
	}
	kay->received += is_used;
	participant->received += is_used;
	kay_settle(kay);
	return is_used ? 0 : -EBADMSG;
}
