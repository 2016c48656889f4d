/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Frames of mka.json, from real equipment and from other implementations: the ICV verifies, every
 * field decodes to what is written there, our encoder makes the same octets, SAKs unwrap.
 */
#include "control/mka/machines.h"
#include "tests/unit/mka_json.h"

#include <criterion/criterion.h>

#include <stdio.h>

TestSuite(frames, .init = mka_vectors_load, .fini = mka_vectors_unload);

static void check_head(const struct mkpdu *pdu, const cJSON *parsed) {
	const cJSON *basic = member(parsed, "basic");

	assert_hex(pdu->destination, 6, word(parsed, "dst"), "dst");
	assert_hex(pdu->source, 6, word(parsed, "src"), "src");
	cr_assert_eq(pdu->eapol_version, number(member(parsed, "eapol"), "version"));
	cr_assert_eq(pdu->icv_offset, number(parsed, "icv_offset"));
	cr_assert_eq(pdu->basic.version, number(basic, "mka_version"));
	cr_assert_eq(pdu->basic.key_server_priority, number(basic, "ks_priority"));
	cr_assert_eq(pdu->basic.is_key_server, number(basic, "key_server"));
	cr_assert_eq(pdu->basic.macsec_desired, number(basic, "macsec_desired"));
	cr_assert_eq(pdu->basic.capability, number(basic, "macsec_capability"));
	cr_assert_eq(pdu->basic.sci, hex_number(word(basic, "sci")));
	assert_hex(pdu->basic.mi, MI_OCTETS, word(basic, "actor_mi"), "mi");
	cr_assert_eq(pdu->basic.mn, number(basic, "actor_mn"));
	assert_hex(pdu->basic.ckn, pdu->basic.ckn_octets, word(basic, "ckn"), "ckn");
}

static void check_list(const struct mkpdu_list *list, const cJSON *set) {
	const cJSON *entry;
	size_t i = 0;

	cr_assert_eq(list->key_server_ssci, number(set, "octet2"));
	cJSON_ArrayForEach(entry, member(set, "peers")) {
		uint8_t mi[MI_OCTETS];
		uint32_t mn = 0;

		hex_of(entry, "mi", mi, sizeof(mi));
		cr_assert_eq(mkpdu_list_find(list, mi, &mn), i++);
		cr_assert_eq(mn, number(entry, "mn"));
	}
	cr_assert_eq(list->n, i);
}

static void check_key_use(
	const struct mkpdu_key_use *use, const cJSON *set, const char *bits[3],
	const char *values[3]
) {
	cr_assert_eq(use->an, number(set, bits[0]));
	cr_assert_eq(use->transmits, number(set, bits[1]));
	cr_assert_eq(use->receives, number(set, bits[2]));
	assert_hex(use->ki.mi, MI_OCTETS, word(set, values[0]), "mi of a key");
	cr_assert_eq(use->ki.kn, number(set, values[1]));
	cr_assert_eq(use->lpn & UINT32_MAX, number(set, values[2]));
}

static void check_sak_use(const struct mkpdu *pdu, const cJSON *set) {
	const struct mkpdu_sak_use *use = &pdu->sak_use;

	cr_assert_eq(use->plain_tx, number(set, "plain_tx"));
	cr_assert_eq(use->plain_rx, number(set, "plain_rx"));
	cr_assert_eq(use->delay_protect, number(set, "delay_protect"));
	check_key_use(
		&use->latest, set, (const char *[]){"lan", "ltx", "lrx"},
		(const char *[]){"l_mi", "l_kn", "l_lpn"}
	);
	check_key_use(
		&use->old, set, (const char *[]){"oan", "otx", "orx"},
		(const char *[]){"o_mi", "o_kn", "o_lpn"}
	);
}

static void
check_distributed_sak(const struct mkpdu *pdu, const cJSON *set, const struct mka_keys *keys) {
	const struct mkpdu_distributed_sak *sak = &pdu->distributed_sak;
	const cJSON *suite = member(set, "cipher_suite");
	uint8_t plain[32];

	cr_assert_eq(sak->an, number(set, "dan"));
	cr_assert_eq(sak->offset_code, number(set, "conf_offset_code"));
	cr_assert_eq(sak->kn, number(set, "kn"));
	cr_assert_eq(sak->has_suite, cJSON_IsString(suite));
	if (sak->has_suite)
		cr_assert_eq(sak->suite_id, hex_number(suite->valuestring));
	assert_hex(sak->wrapped, sak->wrapped_octets, word(set, "wrapped"), "wrapped");
	cr_assert_eq(keys_unwrap(keys, sak->wrapped, sak->wrapped_octets, plain), 0);
	assert_hex(plain, sak->wrapped_octets - 8u, word(set, "sak"), "SAK");
}

static void check_announcement(const struct mkpdu *pdu, const cJSON *set) {
	struct cursor in = {.at = pdu->announcement, .left = pdu->announcement_octets};
	const cJSON *tlv;

	cr_assert_eq(pdu->announcement_octets, number(set, "body_len"));
	cJSON_ArrayForEach(tlv, member(set, "tlvs")) {
		unsigned int head = (unsigned int)cursor_number(&in, 2);

		cr_assert_eq(head >> 9, number(tlv, "tlv"));
		assert_hex(cursor_take(&in, head & 0x1ff), head & 0x1ff, word(tlv, "value"), "TLV");
	}
	cr_assert(!in.is_bad);
}

static void check_set(const struct mkpdu *pdu, const cJSON *set, const struct mka_keys *keys) {
	uint8_t type = (uint8_t)number(set, "type");

	cr_assert(mkpdu_has(pdu, type));
	if (type == SET_LIVE_PEERS)
		check_list(&pdu->live, set);
	else if (type == SET_POTENTIAL_PEERS)
		check_list(&pdu->potential, set);
	else if (type == SET_SAK_USE)
		check_sak_use(pdu, set);
	else if (type == SET_DISTRIBUTED_SAK)
		check_distributed_sak(pdu, set, keys);
	else if (type == SET_ANNOUNCEMENT)
		check_announcement(pdu, set);
	else if (type == SET_XPN) {
		cr_assert_eq(pdu->suspension_s, number(set, "suspension_time"));
		cr_assert_eq(pdu->sak_use.latest.lpn >> 32, number(set, "l_lpn_hi"));
		cr_assert_eq(pdu->sak_use.old.lpn >> 32, number(set, "o_lpn_hi"));
	} else
		cr_assert_eq(type, SET_ICV_INDICATOR);
}

/* Decodes a frame, compares it with `parsed`; when its sets ascend, encodes it again. Returns
 * whether that was done. */
static bool
check_frame(const uint8_t *frame, size_t octets, const cJSON *parsed, const struct mka_keys *keys) {
	const cJSON *set;
	struct mkpdu pdu;
	enum mka_refusal why;
	uint8_t again[MKA_FRAME_MAX_OCTETS];
	uint64_t last = 0, seen[4] = {0};
	bool ascends = true;

	cr_assert(mkpdu_decode_head(frame, octets, &pdu, &why), "%s", mka_refusal_word(why));
	cr_assert(keys_icv_is_valid(keys, frame, pdu.icv_offset, frame + pdu.icv_offset));
	cr_assert(mkpdu_decode_sets(frame, &pdu));
	check_head(&pdu, parsed);
	cJSON_ArrayForEach(set, member(parsed, "sets")) {
		uint8_t type = (uint8_t)number(set, "type");

		ascends = ascends && number(set, "type") > last;
		last = number(set, "type");
		seen[type / 64] |= 1ull << (type % 64);
		check_set(&pdu, set, keys);
	}
	cr_assert_eq(memcmp(seen, pdu.seen, sizeof(seen)), 0, "a set too many or too few");
	if (!ascends)
		return false;
	cr_assert_eq(mkpdu_encode(&pdu, again, sizeof(again)), pdu.icv_offset + 16);
	cr_assert_eq(memcmp(frame, again, pdu.icv_offset), 0, "encoded differently");
	return true;
}

Test(frames, frames_of_real_equipment_decode_and_encode) {
	const cJSON *real = member(mka_vectors, "real_frames");
	struct mka_keys keys = keys_of(real);
	const cJSON *vector;
	int encoded = 0, n = 0;

	assert_hex(keys.kek, keys.octets, word(real, "kek"), "KEK");
	assert_hex(keys.ick, keys.octets, word(real, "ick"), "ICK");
	cJSON_ArrayForEach(vector, member(real, "frames")) {
		uint8_t frame[1600];
		size_t octets = hex_of(vector, "frame", frame, sizeof(frame));

		encoded += check_frame(frame, octets, member(vector, "parsed"), &keys);
		n++;
	}
	keys_wipe(&keys);
	cr_assert_eq(n, 5);
	cr_assert_eq(encoded, 4, "only the client that sends SAK Use first does not ascend");
}

/* The SAK of a frame must be one that the implementation says it installed, with this KI. */
static bool was_installed(const cJSON *events, const char *mi, uint64_t kn, const char *sak) {
	const cJSON *event;

	cJSON_ArrayForEach(event, events) {
		const cJSON *ki_mi = cJSON_GetObjectItem(event, "ki_mi");

		if (cJSON_IsString(ki_mi) && strcmp(ki_mi->valuestring, mi) == 0 &&
		    number(event, "kn") == kn && strcmp(word(event, "sak"), sak) == 0)
			return true;
	}
	return false;
}

static void check_installed(const cJSON *events, const cJSON *parsed) {
	const cJSON *set;

	cJSON_ArrayForEach(
		set, member(parsed, "sets")
	) if (number(set, "type") == SET_DISTRIBUTED_SAK)
		cr_assert(was_installed(
			events, word(member(parsed, "basic"), "actor_mi"), number(set, "kn"),
			word(set, "sak")
		));
}

Test(frames, transcripts_of_other_implementations_decode_and_unwrap) {
	const cJSON *transcript, *event;
	int frames = 0, encoded = 0;

	cJSON_ArrayForEach(transcript, member(mka_vectors, "transcripts")) {
		struct mka_keys keys = keys_of(transcript);
		const cJSON *events = member(transcript, "events");

		assert_hex(keys.kek, keys.octets, word(transcript, "kek"), "KEK");
		assert_hex(keys.ick, keys.octets, word(transcript, "ick"), "ICK");
		cJSON_ArrayForEach(event, events) {
			uint8_t frame[1600];
			size_t octets;

			if (strcmp(word(event, "event"), "mkpdu") != 0)
				continue;
			octets = hex_of(event, "frame", frame, sizeof(frame));
			encoded += check_frame(frame, octets, member(event, "parsed"), &keys);
			check_installed(events, member(event, "parsed"));
			frames++;
		}
		keys_wipe(&keys);
	}
	cr_assert_gt(frames, 250);
	cr_assert_eq(encoded, frames, "all of these implementations send ascending sets");
}

/* The salts and SSCIs that the sound implementations installed are those that we compute. */
Test(frames, transcripts_install_our_salt_and_sscis) {
	const cJSON *transcript, *event;
	int n = 0;

	cJSON_ArrayForEach(transcript, member(mka_vectors, "transcripts")) {
		if (strstr(word(transcript, "name"), "xpn") == NULL ||
		    strstr(word(transcript, "note"), "DEFECTIVE") != NULL)
			continue;
		cJSON_ArrayForEach(event, member(transcript, "events")) {
			bool is_tx = strcmp(word(event, "event"), "create_txsa") == 0;
			struct sak sak = {.n_peers = 1};
			uint64_t own = number(event, "node") == 0 ? 0x02000000000a0001
								  : 0x02000000000b0001;

			if (!is_tx && strcmp(word(event, "event"), "create_rxsa") != 0)
				continue;
			hex_of(event, "ki_mi", sak.ki.mi, MI_OCTETS);
			sak.ki.kn = (uint32_t)number(event, "kn");
			sak.peers[0].sci =
				own == 0x02000000000a0001 ? 0x02000000000b0001 : 0x02000000000a0001;
			sak_assign_sscis(&sak, own);
			keys_salt(&sak.ki, sak.salt);
			assert_hex(sak.salt, SALT_OCTETS, word(event, "salt"), "salt");
			cr_assert_eq(
				is_tx ? sak.own_ssci : sak.peers[0].ssci, number(event, "ssci")
			);
			n++;
		}
	}
	cr_assert_gt(n, 10);
}
