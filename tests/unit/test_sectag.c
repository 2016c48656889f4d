/* SPDX-License-Identifier: BSD-3-Clause */
/* The SecTAG's octets: every TCI value, lengths, SL. */

#include "dataplane/sectag.h"
#include "tests/unit/vectors.h"

#include <criterion/criterion.h>

static enum sectag_verdict parse(uint8_t tci_an, uint8_t sl, size_t octets) {
	uint8_t tag[SECTAG_SCI_OCTETS] = {0x88, 0xe5, tci_an, sl, 0, 0, 0, 1};
	struct sectag out;
	return sectag_parse(tag, octets, &out);
}

/* 802.1AE 9.5 written out once more, in another way than the parser. */
static enum sectag_verdict expected(uint8_t tci_an) {
	const bool v = tci_an >> 7 & 1, es = tci_an >> 6 & 1, sc = tci_an >> 5 & 1;
	const bool scb = tci_an >> 4 & 1, e = tci_an >> 3 & 1, c = tci_an >> 2 & 1;

	if (v || (sc && es) || (sc && scb) || (!e && c))
		return SECTAG_BAD;
	return e && !c ? SECTAG_UNCONTROLLED : SECTAG_OK;
}

Test(sectag, judges_all_256_values_of_tci_and_an) {
	for (unsigned tci_an = 0; tci_an < 256; tci_an++)
		cr_assert_eq(
			parse((uint8_t)tci_an, 0, SECTAG_SCI_OCTETS), expected((uint8_t)tci_an),
			"TCI/AN %02x", tci_an
		);
}

Test(sectag, refuses_every_sl_of_48_and_more) {
	for (unsigned sl = 0; sl < 256; sl++)
		cr_assert_eq(
			parse(TCI_SC, (uint8_t)sl, 16), sl < 48 ? SECTAG_OK : SECTAG_BAD, "SL %u",
			sl
		);
}

Test(sectag, needs_all_of_its_octets) {
	for (size_t octets = 0; octets <= 16; octets++) {
		cr_assert_eq(parse(0, 0, octets), octets < 8 ? SECTAG_BAD : SECTAG_OK);
		cr_assert_eq(parse(TCI_SC, 0, octets), octets < 16 ? SECTAG_BAD : SECTAG_OK);
	}
}

Test(sectag, finds_the_user_data_by_sl_and_not_from_the_end) {
	struct sectag tag = {.sl = 3};
	cr_assert_eq(sectag_user_octets(&tag, 3 + 16), 3);
	cr_assert_eq(sectag_user_octets(&tag, 3 + 16 + 13), 3, "padded by the sender's MAC");
	cr_assert_eq(sectag_user_octets(&tag, 3 + 15), 0, "one octet short");
	tag.sl = 1;
	cr_assert_eq(sectag_user_octets(&tag, 100), 0, "user data without a whole EtherType");
	tag.sl = 0;
	cr_assert_eq(sectag_user_octets(&tag, 47 + 16), 0, "short, and SL does not say so");
	cr_assert_eq(sectag_user_octets(&tag, 48 + 16), 48);
	cr_assert_eq(sectag_user_octets(&tag, 0), 0);
	cr_assert_eq(sectag_user_octets(&tag, 17), 0);
}

Test(sectag, writes_sl_as_the_rule_table_says) {
	cJSON *root = vectors_load("macsec.json");
	const cJSON *row;

	cJSON_ArrayForEach(row, vector_list(root, "short_length_rule")) cr_assert_eq(
		sectag_sl((uint32_t)vector_number(row, "user_data_len")),
		(uint8_t)vector_number(row, "SL")
	);
	cJSON_Delete(root);
}

Test(sectag, writes_what_it_reads) {
	const uint64_t word = sectag_first_word(TCI_SC | TCI_E | TCI_C | 2, 17, 0x01020304);
	uint8_t octets[SECTAG_SCI_OCTETS];
	struct sectag tag;

	memcpy(octets, &word, sizeof(word));
	store_be64(octets + 8, 0x0200000000aa0001);
	cr_assert_eq(sectag_parse(octets, sizeof(octets), &tag), SECTAG_OK);
	cr_assert_eq(load_be16(octets), ETHERTYPE_MACSEC);
	cr_assert_eq(tag.tci_an & TCI_AN, 2);
	cr_assert_eq(tag.sl, 17);
	cr_assert_eq(tag.pn, 0x01020304);
	cr_assert_eq(tag.sci, 0x0200000000aa0001);
}

struct clear_case {
	uint16_t types[3]; // EtherType at 12, 16, 20
	unsigned max_tags;
	uint32_t expected;
};

Test(sectag, leaves_as_many_vlan_tags_in_clear_as_asked_and_present) {
	static const struct clear_case cases[] = {
		{{0x8100, 0x88e5, 0}, 0, 12},      {{0x8100, 0x88e5, 0}, 1, 16},
		{{0x8100, 0x88e5, 0}, 2, 16},      {{0x88a8, 0x8100, 0x88e5}, 2, 20},
		{{0x88a8, 0x8100, 0x88e5}, 1, 16}, {{0x0800, 0, 0}, 2, 12},
	};
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		uint8_t frame[24] = {0};
		for (unsigned k = 0; k < 3; k++) {
			frame[12 + 4 * k] = (uint8_t)(cases[i].types[k] >> 8);
			frame[13 + 4 * k] = (uint8_t)cases[i].types[k];
		}
		cr_assert_eq(
			ether_clear_octets(frame, sizeof(frame), cases[i].max_tags),
			cases[i].expected, "case %zu", i
		);
		cr_assert_eq(ether_clear_octets(frame, 14, cases[i].max_tags), 12, "cut short");
	}
}

/* A VLAN tag counts only with the EtherType behind it: what would be read after it must be there.
 */
Test(sectag, does_not_skip_a_vlan_tag_that_ends_the_frame) {
	static const uint8_t frame[22] = {[12] = 0x81, [16] = 0x81, [20] = 0x08};
	for (size_t octets = 14; octets <= sizeof(frame); octets++)
		cr_assert_eq(
			ether_clear_octets(frame, octets, 2),
			octets < 18   ? 12
			: octets < 22 ? 16
				      : 20,
			"%zu octets", octets
		);
}
