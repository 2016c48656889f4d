/* SPDX-License-Identifier: BSD-3-Clause */
/* From struct mkpdu to octets. The caller puts the ICV into the 16 octets left for it. */
#include "control/mka/mkpdu.h"

static void encode_set_head(
	struct writer *out, enum mkpdu_set_type type, unsigned int octet2, unsigned int flags,
	size_t body_octets
) {
	writer_number(out, type, 1);
	writer_number(out, octet2, 1);
	writer_number(out, flags | body_octets >> 8, 1);
	writer_number(out, body_octets & 0xff, 1);
}

static void encode_ethernet(struct writer *out, const struct mkpdu *pdu) {
	writer_octets(out, pdu->destination, sizeof(pdu->destination));
	writer_octets(out, pdu->source, sizeof(pdu->source));
	writer_number(out, ETHERTYPE_EAPOL, 2);
	writer_number(out, pdu->eapol_version, 1);
	writer_number(out, EAPOL_TYPE_MKA, 1);
	writer_number(out, 0, 2); // body length, known at the end
}

static void encode_basic(struct writer *out, const struct mkpdu_basic *basic) {
	size_t body = MKPDU_BASIC_FIXED_OCTETS + basic->ckn_octets;

	writer_number(out, basic->version, 1);
	writer_number(out, basic->key_server_priority, 1);
	writer_number(
		out,
		(unsigned int)basic->is_key_server << 7 | (unsigned int)basic->macsec_desired << 6 |
			(unsigned int)basic->capability << 4 | (unsigned int)(body >> 8),
		1
	);
	writer_number(out, body & 0xff, 1);
	writer_number(out, basic->sci, 8);
	writer_octets(out, basic->mi, MI_OCTETS);
	writer_number(out, basic->mn, 4);
	writer_number(out, MKPDU_ALGORITHM, 4);
	writer_octets(out, basic->ckn, basic->ckn_octets);
	writer_pad(out, basic->ckn_octets);
}

static void
encode_list(struct writer *out, enum mkpdu_set_type type, const struct mkpdu_list *list) {
	size_t body = list->n * MKPDU_LIST_ENTRY_OCTETS;

	encode_set_head(out, type, list->key_server_ssci, 0, body);
	writer_octets(out, list->entries, body);
}

static unsigned int key_use_bits(const struct mkpdu_key_use *use) {
	return (unsigned int)use->an << 2 | (unsigned int)use->transmits << 1 |
	       (unsigned int)use->receives;
}

static void encode_key_use(struct writer *out, const struct mkpdu_key_use *use) {
	writer_octets(out, use->ki.mi, MI_OCTETS);
	writer_number(out, use->ki.kn, 4);
	writer_number(out, use->lpn & UINT32_MAX, 4);
}

static void encode_sak_use(struct writer *out, const struct mkpdu_sak_use *use) {
	unsigned int flags = (unsigned int)use->plain_tx << 7 | (unsigned int)use->plain_rx << 6 |
			     (unsigned int)use->delay_protect << 4;

	if (use->is_empty) {
		encode_set_head(out, SET_SAK_USE, 0, flags, 0);
		return;
	}
	encode_set_head(
		out, SET_SAK_USE, key_use_bits(&use->latest) << 4 | key_use_bits(&use->old), flags,
		40
	);
	encode_key_use(out, &use->latest);
	encode_key_use(out, &use->old);
}

static void encode_distributed_sak(struct writer *out, const struct mkpdu_distributed_sak *sak) {
	size_t body = sak->is_plain ? 0 : 4 + sak->wrapped_octets + (sak->has_suite ? 8u : 0u);

	encode_set_head(
		out, SET_DISTRIBUTED_SAK,
		(unsigned int)sak->an << 6 | (unsigned int)sak->offset_code << 4, 0, body
	);
	if (sak->is_plain)
		return;
	writer_number(out, sak->kn, 4);
	if (sak->has_suite)
		writer_number(out, sak->suite_id, 8);
	writer_octets(out, sak->wrapped, sak->wrapped_octets);
}

static void encode_sets(struct writer *out, const struct mkpdu *pdu) {
	if (mkpdu_has(pdu, SET_LIVE_PEERS))
		encode_list(out, SET_LIVE_PEERS, &pdu->live);
	if (mkpdu_has(pdu, SET_POTENTIAL_PEERS))
		encode_list(out, SET_POTENTIAL_PEERS, &pdu->potential);
	if (mkpdu_has(pdu, SET_SAK_USE))
		encode_sak_use(out, &pdu->sak_use);
	if (mkpdu_has(pdu, SET_DISTRIBUTED_SAK))
		encode_distributed_sak(out, &pdu->distributed_sak);
	if (mkpdu_has(pdu, SET_ANNOUNCEMENT)) {
		encode_set_head(out, SET_ANNOUNCEMENT, 0, 0, pdu->announcement_octets);
		writer_octets(out, pdu->announcement, pdu->announcement_octets);
		writer_pad(out, pdu->announcement_octets);
	}
	if (mkpdu_has(pdu, SET_XPN)) {
		encode_set_head(out, SET_XPN, pdu->suspension_s, 0, 8);
		writer_number(out, pdu->sak_use.latest.lpn >> 32, 4);
		writer_number(out, pdu->sak_use.old.lpn >> 32, 4);
	}
	if (mkpdu_has(pdu, SET_ICV_INDICATOR))
		encode_set_head(out, SET_ICV_INDICATOR, 0, 0, MKPDU_ICV_OCTETS);
}

size_t mkpdu_encode(struct mkpdu *pdu, uint8_t *frame, size_t size) {
	struct writer out = {.base = frame, .size = size};
	struct writer length = {.base = frame + EAPOL_HEAD_OCTETS - 2, .size = 2};

	encode_ethernet(&out, pdu);
	encode_basic(&out, &pdu->basic);
	encode_sets(&out, pdu);
	pdu->icv_offset = out.used;
	if (writer_room(&out, MKPDU_ICV_OCTETS) == NULL)
		return 0;
	writer_number(&length, out.used - EAPOL_HEAD_OCTETS, 2);
	return out.used;
}
