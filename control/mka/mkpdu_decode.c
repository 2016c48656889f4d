/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * From octets to struct mkpdu. Input is hostile: every read goes through the cursor, every set has
 * a length rule, and a set that stands twice is refused (802.1X-2020 11.11.3: at most once).
 */
#include "control/mka/mkpdu.h"

static bool decode_basic(struct cursor *in, struct mkpdu *pdu, enum mka_refusal *why) {
	struct mkpdu_basic *basic = &pdu->basic;
	uint8_t flags;
	size_t body;

	basic->version = (uint8_t)cursor_number(in, 1);
	basic->key_server_priority = (uint8_t)cursor_number(in, 1);
	flags = (uint8_t)cursor_number(in, 1);
	body = (size_t)(flags & 0x0f) << 8 | cursor_number(in, 1);
	basic->is_key_server = flags & 0x80;
	basic->macsec_desired = flags & 0x40;
	basic->capability = flags >> 4 & 3;
	basic->sci = cursor_number(in, 8);
	cursor_copy(in, basic->mi, MI_OCTETS);
	basic->mn = (uint32_t)cursor_number(in, 4);
	*why = MKA_REFUSED_VERSION;
	if (basic->version == 0)
		return false;
	*why = MKA_REFUSED_ALGORITHM;
	if (cursor_number(in, 4) != MKPDU_ALGORITHM && !in->is_bad)
		return false;
	*why = MKA_REFUSED_MALFORMED;
	if (body <= MKPDU_BASIC_FIXED_OCTETS)
		return false;
	body -= MKPDU_BASIC_FIXED_OCTETS;
	if (body > MKA_CKN_MAX_OCTETS)
		return false;
	basic->ckn_octets = (uint8_t)body;
	cursor_copy(in, basic->ckn, body);
	cursor_take(in, padded(body) - body);
	return !in->is_bad;
}

bool mkpdu_decode_head(
	const uint8_t *frame, size_t octets, struct mkpdu *pdu, enum mka_refusal *why
) {
	struct cursor in = {.at = frame, .left = octets};
	size_t body;

	memset(pdu, 0, sizeof(*pdu));
	cursor_copy(&in, pdu->destination, sizeof(pdu->destination));
	cursor_copy(&in, pdu->source, sizeof(pdu->source));
	*why = MKA_REFUSED_NOT_MKA;
	if (cursor_number(&in, 2) != ETHERTYPE_EAPOL && !in.is_bad)
		return false;
	pdu->eapol_version = (uint8_t)cursor_number(&in, 1);
	if (cursor_number(&in, 1) != EAPOL_TYPE_MKA && !in.is_bad)
		return false;
	body = cursor_number(&in, 2);
	*why = MKA_REFUSED_LENGTH;
	if (in.is_bad || body > in.left || body < MKPDU_BODY_MIN_OCTETS || body % 4 != 0)
		return false;
	/* Octets past the body are MAC padding; the ICV is the end of the body, not of the frame.
	 */
	pdu->icv_offset = EAPOL_HEAD_OCTETS + body - MKPDU_ICV_OCTETS;
	in.left = body - MKPDU_ICV_OCTETS;
	if (!decode_basic(&in, pdu, why))
		return false;
	pdu->sets_offset = pdu->icv_offset - in.left;
	return true;
}

static bool decode_list(struct mkpdu_list *list, uint8_t octet2, struct cursor *body) {
	if (body->left % MKPDU_LIST_ENTRY_OCTETS != 0)
		return false;
	list->key_server_ssci = octet2;
	list->n = body->left / MKPDU_LIST_ENTRY_OCTETS;
	list->entries = cursor_take(body, body->left);
	return true;
}

/* Versions above ours may put more behind what we know of a set, which is still there (11.11.4). */
static bool body_is(const struct mkpdu *pdu, const struct cursor *body, size_t octets) {
	return body->left == octets ||
	       (pdu->basic.version > MKA_VERSION_SENT && body->left > octets);
}

static void decode_key_use(struct mkpdu_key_use *use, uint8_t bits, struct cursor *body) {
	use->an = bits >> 2 & 3;
	use->transmits = bits & 2;
	use->receives = bits & 1;
	cursor_copy(body, use->ki.mi, MI_OCTETS);
	use->ki.kn = (uint32_t)cursor_number(body, 4);
	/* The XPN set may already have brought the upper half: sets come in any order. */
	use->lpn |= cursor_number(body, 4);
}

static bool decode_sak_use(struct mkpdu *pdu, uint8_t octet2, uint8_t flags, struct cursor *body) {
	struct mkpdu_sak_use *use = &pdu->sak_use;

	use->plain_tx = flags & 0x80;
	use->plain_rx = flags & 0x40;
	use->delay_protect = flags & 0x10;
	use->is_empty = body->left == 0;
	if (use->is_empty)
		return true;
	if (!body_is(pdu, body, 40))
		return false;
	decode_key_use(&use->latest, octet2 >> 4, body);
	decode_key_use(&use->old, octet2 & 0x0f, body);
	return true;
}

static bool
decode_distributed_sak(struct mkpdu_distributed_sak *sak, uint8_t octet2, struct cursor *body) {
	sak->an = octet2 >> 6;
	sak->offset_code = octet2 >> 4 & 3;
	sak->is_plain = body->left == 0;
	if (sak->is_plain)
		return true;
	if (body->left != 28 && body->left != 36 && body->left != 52)
		return false;
	sak->kn = (uint32_t)cursor_number(body, 4);
	sak->has_suite = body->left != 24;
	sak->suite_id = suite_info(SUITE_GCM_AES_128)->id;
	if (sak->has_suite)
		sak->suite_id = cursor_number(body, 8);
	sak->wrapped_octets = (uint8_t)body->left;
	cursor_copy(body, sak->wrapped, body->left);
	return true;
}

static bool decode_xpn(struct mkpdu *pdu, uint8_t octet2, struct cursor *body) {
	if (!body_is(pdu, body, 8))
		return false;
	pdu->suspension_s = octet2;
	pdu->sak_use.latest.lpn |= cursor_number(body, 4) << 32;
	pdu->sak_use.old.lpn |= cursor_number(body, 4) << 32;
	return true;
}

static bool
decode_set(struct mkpdu *pdu, uint8_t type, uint8_t octet2, uint8_t flags, struct cursor *body) {
	switch (type) {
	case SET_LIVE_PEERS:
		return decode_list(&pdu->live, octet2, body);
	case SET_POTENTIAL_PEERS:
		return decode_list(&pdu->potential, octet2, body);
	case SET_SAK_USE:
		return decode_sak_use(pdu, octet2, flags, body);
	case SET_DISTRIBUTED_SAK:
		return decode_distributed_sak(&pdu->distributed_sak, octet2, body);
	case SET_XPN:
		return decode_xpn(pdu, octet2, body);
	case SET_ANNOUNCEMENT:
		pdu->announcement_octets = body->left;
		pdu->announcement = cursor_take(body, body->left);
		return true;
	default:
		return true;
	}
}

bool mkpdu_decode_sets(const uint8_t *frame, struct mkpdu *pdu) {
	struct cursor in = {
		.at = frame + pdu->sets_offset, .left = pdu->icv_offset - pdu->sets_offset};

	while (in.left > 0) {
		uint8_t type = (uint8_t)cursor_number(&in, 1);
		uint8_t octet2 = (uint8_t)cursor_number(&in, 1);
		uint8_t flags = (uint8_t)cursor_number(&in, 1);
		size_t octets = (size_t)(flags & 0x0f) << 8 | cursor_number(&in, 1);
		struct cursor body = {.left = octets};

		if (in.is_bad || mkpdu_has(pdu, type))
			return false;
		mkpdu_mark(pdu, type);
		/* The indicator has no body of its own: the ICV follows it at once (11.11.3). */
		if (type == SET_ICV_INDICATOR)
			return octets == MKPDU_ICV_OCTETS && in.left == 0;
		body.at = cursor_take(&in, padded(octets));
		if (in.is_bad || !decode_set(pdu, type, octet2, flags & 0xf0, &body) || body.is_bad)
			return false;
	}
	return true;
}

size_t mkpdu_list_find(const struct mkpdu_list *list, const uint8_t mi[MI_OCTETS], uint32_t *mn) {
	size_t i;

	for (i = 0; i < list->n; i++) {
		struct cursor entry = {
			.at = list->entries + i * MKPDU_LIST_ENTRY_OCTETS,
			.left = MKPDU_LIST_ENTRY_OCTETS,
		};
		const uint8_t *entry_mi = cursor_take(&entry, MI_OCTETS);

		if (memcmp(entry_mi, mi, MI_OCTETS) != 0)
			continue;
		*mn = (uint32_t)cursor_number(&entry, 4);
		break;
	}
	return i;
}
