/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The receive checks of 802.1X-2020 11.11.2 in their order: nothing that a sender without the CAK
 * wrote changes any state but a counter.
 */
#include "control/mka/kay.h"

#include <errno.h>
#include <inttypes.h>

static bool ckn_is_ours(const struct participant *participant, const struct mkpdu_basic *basic) {
	return basic->ckn_octets == participant->ckn_octets &&
	       memcmp(basic->ckn, participant->ckn, basic->ckn_octets) == 0;
}

static bool
is_authentic(struct mka *kay, const uint8_t *frame, size_t octets, enum mka_refusal *why) {
	struct mkpdu *pdu = &kay->pdu;

	if (!mkpdu_decode_head(frame, octets, pdu, why))
		return false;
	*why = MKA_REFUSED_NOT_GROUP;
	if (memcmp(pdu->destination, kay->config.destination_mac, sizeof(pdu->destination)) != 0)
		return false;
	*why = MKA_REFUSED_OWN_SCI;
	if (pdu->basic.sci == kay->config.sci)
		return false;
	*why = MKA_REFUSED_CKN_UNKNOWN;
	if (!ckn_is_ours(&kay->participant, &pdu->basic))
		return false;
	*why = MKA_REFUSED_ICV;
	return keys_icv_is_valid(
		&kay->participant.keys, frame, pdu->icv_offset, frame + pdu->icv_offset
	);
}

static bool take(struct mka *kay, const uint8_t *frame, enum mka_refusal *why) {
	struct mkpdu *pdu = &kay->pdu;

	*why = MKA_REFUSED_MALFORMED;
	if (!mkpdu_decode_sets(frame, pdu))
		return false;
	/* 9.4.2: a member that sees its own MI in use by another takes a new one. */
	if (mi_is_equal(pdu->basic.mi, kay->participant.mi)) {
		report(kay, "peer %016" PRIx64 " uses our MI: taking a new one", pdu->basic.sci);
		if (identity_renew(kay) != 0)
			return false;
	}
	if (peers_hear(kay, pdu, why) == NULL)
		return false;
	election_run(kay);
	return true;
}

int mka_receive(struct mka *kay, const uint8_t *frame, size_t octets, uint64_t now_ns) {
	struct mkpdu *pdu = &kay->pdu;
	enum mka_refusal why = MKA_REFUSED_MALFORMED;
	bool is_used;

	kay->now_ns = now_ns > kay->now_ns ? now_ns : kay->now_ns;
	if (!is_authentic(kay, frame, octets, &why)) {
		report_refusal(kay, why, pdu->basic.sci, NULL);
		return -EBADMSG;
	}
	is_used = take(kay, frame, &why);
	if (!is_used)
		report_refusal(kay, why, pdu->basic.sci, NULL);
	/* Hand-over first: a SAK Use that moves us to one SAK may come with the next SAK. */
	cp_run(kay);
	if (is_used && mkpdu_has(pdu, SET_DISTRIBUTED_SAK))
		is_used = sak_accept(kay, pdu->basic.mi, pdu);
	kay->received += is_used;
	kay_settle(kay);
	return is_used ? 0 : -EBADMSG;
}
