/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The sentence of each refusal: it names what an operator must compare, stays within its bounds,
 * and a flood of what is refused neither floods the log nor hides what came last.
 */
#include "tests/unit/mka_json.h"
#include "tests/unit/mka_puppet.h"

#include <criterion/criterion.h>

#include <errno.h>

TestSuite(explain, .init = open_world, .fini = close_world);

static void assert_sentence(enum mka_refusal why, const char *sentence) {
	cr_assert_str_eq(look()->last_refusal, sentence);
	cr_assert_eq(view.last_refusal_reason, why, "%s", mka_refusal_word(why));
	cr_assert_geq(view.refused[why], 1);
}

static void set_ckn(uint8_t *ckn, uint8_t *octets, const char *hex) {
	memset(ckn, 0, MKA_CKN_MAX_OCTETS);
	*octets = (uint8_t)unhex(hex, ckn, MKA_CKN_MAX_OCTETS);
}

/* CAKs of the node, by their CKNs; the first is also the puppet's, unless it is changed there. */
static void configure(const char *const *ckns, uint32_t n) {
	for (uint32_t i = 0; i < n; i++) {
		node->caks[i] = world_cak((uint8_t)i);
		set_ckn(node->caks[i].ckn, &node->caks[i].ckn_octets, ckns[i]);
	}
	node->n_caks = n;
	node_start(node);
}

static void offer(const char *ckn) {
	puppet_begin(&puppet, node, PUPPET_SCI, 16);
	set_ckn(puppet.pdu.basic.ckn, &puppet.pdu.basic.ckn_octets, ckn);
	cr_assert_eq(puppet_say(&puppet, node), -EBADMSG);
	puppet_end(&puppet);
}

#define FROM "MKPDU from 0200000000ee0001 refused: "

Test(explain, names_the_ckn_whose_cak_differs) {
	configure((const char *[]){"AA01"}, 1);
	puppet_begin(&puppet, node, PUPPET_SCI, 16);
	puppet.keys.ick[0] ^= 1;
	cr_assert_eq(puppet_say(&puppet, node), -EBADMSG);
	assert_sentence(
		MKA_REFUSED_ICV, FROM "ICV does not verify under CKN AA01: the CAK differs"
	);
}

struct naming {
	uint32_t n;
	const char *configured[3];
	const char *offered;
	const char *sentence;
};

#define Z14 "0000000000000000000000000000"
#define Z30 Z14 Z14 "0000"

static const struct naming namings[] = {
	{2, {"AA01", "CC03"}, "BB02", "peer offers CKN BB02, configured are AA01, CC03"},
	{1, {"AA01"}, "BB02", "peer offers CKN BB02, configured is AA01"},
	{1,
	 {"AA01"},
	 "AA0100",
	 "peer offers CKN AA0100, which is the configured AA01 with zero "
	 "padding, but not to the 32 octets of 'pad-ckn': configure it with "
	 "these zeros"},
	{3,
	 {"BB02", "CC", "AA01"},
	 "AA01" Z30,
	 "peer offers CKN AA01" Z30 ", which is the configured AA01 with zero padding: "
	 "set 'pad-ckn' to true"},
	{2,
	 {"BB02", "AA01" Z30},
	 "AA01",
	 "peer offers CKN AA01, which is the configured AA01" Z30
	 " without zero padding: set 'pad-ckn' to false, and "
	 "configure it without these zeros"},
	{1, {"AA01"}, "AA0001", "peer offers CKN AA0001, configured is AA01"},
	{1, {"AA01"}, "AA02" Z30, "peer offers CKN AA02" Z30 ", configured is AA01"},
	{1, {"AA"}, "AA02", "peer offers CKN AA02, configured is AA"},
	{1, {"AA0100"}, "AA", "peer offers CKN AA, configured is AA0100"},
};

Test(explain, compares_the_offered_ckn_with_those_configured) {
	for (size_t i = 0; i < sizeof(namings) / sizeof(namings[0]); i++) {
		const struct naming *naming = &namings[i];
		char expected[MKA_SENTENCE_OCTETS];

		configure(naming->configured, naming->n);
		offer(naming->offered);
		snprintf(expected, sizeof(expected), FROM "%s", naming->sentence);
		assert_sentence(MKA_REFUSED_CKN_UNKNOWN, expected);
		close_world();
		open_world();
	}
}

Test(explain, says_when_no_cak_is_configured_or_was_not_then) {
	const char *const ckn = "AA01";
	struct mka_cak cak = world_cak(0);

	configure(&ckn, 1);
	cr_assert_eq(node_remove_cak(node, 0), 0);
	offer("BB02");
	assert_sentence(MKA_REFUSED_CKN_UNKNOWN, FROM "peer offers CKN BB02, none is configured");
	set_ckn(cak.ckn, &cak.ckn_octets, "BB02");
	cr_assert_eq(node_add_cak(node, &cak), 0);
	assert_sentence(
		MKA_REFUSED_CKN_UNKNOWN, FROM "peer offers CKN BB02, which was not configured then"
	);
}

/* The longest names, the most CAKs: the sentence keeps whole names and says how many it left out.
 */
Test(explain, stays_within_its_bounds) {
	char ckns[MKA_PARTICIPANTS_MAX][2 * MKA_CKN_MAX_OCTETS + 1];
	const char *configured[MKA_PARTICIPANTS_MAX];

	for (unsigned int i = 0; i < MKA_PARTICIPANTS_MAX; i++) {
		memset(ckns[i], '0' + (int)i, sizeof(ckns[i]) - 1);
		ckns[i][sizeof(ckns[i]) - 1] = '\0';
		configured[i] = ckns[i];
	}
	for (unsigned int n = 1; n <= MKA_PARTICIPANTS_MAX; n++) {
		char more[20] = "";

		configure(configured, n);
		offer("FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF");
		look();
		cr_assert_lt(strlen(view.last_refusal), MKA_SENTENCE_OCTETS);
		cr_assert_not_null(strstr(view.last_refusal, ckns[0]), "%s", view.last_refusal);
		if (n > 2)
			snprintf(more, sizeof(more), "1 and %u more", n - 2);
		cr_assert_not_null(strstr(view.last_refusal, more), "%s", view.last_refusal);
		cr_assert_eq(n > 2, strstr(view.last_refusal, "more") != NULL);
		close_world();
		open_world();
	}
}

/* A third name would fit, but then not what there is more. */
Test(explain, keeps_room_for_what_it_leaves_out) {
	char ckns[4][2 * MKA_CKN_MAX_OCTETS + 1] = {""};
	const char *configured[4];

	for (unsigned int i = 0; i < 4; i++) {
		memset(ckns[i], '1' + (int)i, i < 2 ? 64 : 50);
		configured[i] = ckns[i];
	}
	configure(configured, 4);
	offer("FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF");
	cr_assert_not_null(strstr(look()->last_refusal, "2 and 2 more"), "%s", view.last_refusal);
}

Test(explain, cuts_a_text_at_its_end) {
	static const uint8_t octets[] = {1, 0x23, 0x45};
	char text[9] = "12345678";
	struct sentence sentence = sentence_begin(text, 6);

	sentence_add(&sentence, "%s", "abcdefghi");
	cr_assert_str_eq(text, "abcde");
	cr_assert_eq(text[6], '7');
	sentence_add(&sentence, "x");
	sentence_add_hex(&sentence, octets, sizeof(octets));
	cr_assert_str_eq(text, "abcde");
	cr_assert_eq(sentence_room(&sentence), 0);
	sentence = sentence_begin(text, 6);
	sentence_add_hex(&sentence, octets, sizeof(octets));
	cr_assert_str_eq(text, "0123", "whole octets only");
	cr_assert_eq(text[6], '7');
}

/* The longest sentence of all: no word of it may be lost. */
Test(explain, has_room_for_the_longest_padding_hint) {
	char shorter[2 * MKA_CKN_MAX_OCTETS + 1], longer[2 * MKA_CKN_MAX_OCTETS + 1];
	const char *ckn = longer;

	memset(shorter, 'A', sizeof(shorter));
	memset(longer, 'A', sizeof(longer));
	shorter[62] = longer[64] = '\0';
	longer[62] = longer[63] = '0';
	configure(&ckn, 1);
	offer(shorter);
	cr_assert_not_null(strstr(look()->last_refusal, "configure it without these zeros"));
	close_world();
	open_world();
	shorter[60] = '\0';
	longer[60] = longer[61] = '0';
	longer[62] = '\0';
	ckn = shorter;
	configure(&ckn, 1);
	offer(longer);
	cr_assert_not_null(strstr(look()->last_refusal, "configure it with these zeros"));
}

Test(explain, names_message_numbers_and_identities) {
	struct puppet twin;

	meet(255);
	puppet.pdu.basic.mn = 8;
	puppet_say(&puppet, node);
	puppet.pdu.basic.mn = 6;
	cr_assert_eq(puppet_say(&puppet, node), -EBADMSG);
	puppet.pdu.basic.mn = 20;
	cr_assert_eq(puppet_say(&puppet, node), 0);
	assert_sentence(
		MKA_REFUSED_MN, FROM "message number 7 is not above 9, the last one of member "
				     "EEEEEEEEEEEEEEEEEEEEEEEE: a replay, or frames overtake each "
				     "other"
	);
	run_for(7 * SECOND);
	puppet.pdu.basic.mn = 2;
	cr_assert_eq(puppet_say(&puppet, node), -EBADMSG, "it left, and is remembered");
	cr_assert_not_null(strstr(look()->last_refusal, "message number 3 is not above 21"));
	puppet.pdu.basic.mn = 30;
	puppet_say(&puppet, node);
	twin = puppet;
	twin.pdu.basic.sci = 0x0200000000ed0001;
	cr_assert_eq(puppet_say(&twin, node), -EBADMSG);
	assert_sentence(
		MKA_REFUSED_MI_CLASH, "MKPDU from 0200000000ed0001 refused: its member identifier "
				      "EEEEEEEEEEEEEEEEEEEEEEEE is in use by 0200000000ee0001"
	);
}

Test(explain, names_addresses) {
	node_start(node);
	puppet_begin(&puppet, node, PUPPET_SCI, 16);
	puppet.pdu.destination[5] = 0x0e;
	cr_assert_eq(puppet_say(&puppet, node), -EBADMSG);
	assert_sentence(
		MKA_REFUSED_NOT_GROUP, FROM "it is sent to 01:80:c2:00:00:0e, 'eapol-destination' "
					    "here is 01:80:c2:00:00:03"
	);
	puppet.pdu.destination[5] = 3;
	puppet.pdu.basic.sci = node->config.sci;
	cr_assert_eq(puppet_say(&puppet, node), -EBADMSG);
	assert_sentence(
		MKA_REFUSED_OWN_SCI, "MKPDU from 0200000000010001 refused: the sender, "
				     "02:00:00:00:00:00, uses our own SCI: two devices have one "
				     "MAC address"
	);
	memcpy(puppet.pdu.source, node->config.source_mac, 6);
	cr_assert_eq(puppet_say(&puppet, node), -EBADMSG);
	cr_assert_not_null(strstr(look()->last_refusal, "is the line looped back?"));
}

Test(explain, says_how_many_members_there_may_be) {
	static struct puppet many[CA_MAX_MEMBERS];

	node_start(node);
	for (unsigned int i = 0; i < CA_MAX_MEMBERS; i++) {
		puppet_begin(&many[i], node, PUPPET_SCI + i * 0x10000u, 255);
		puppet_say(&many[i], node);
		puppet_end(&many[i]);
	}
	assert_sentence(
		MKA_REFUSED_PEERS_FULL,
		"MKPDU from 02000000010d0001 refused: a CA has at most 32 members"
	);
}

/* What has no sentence of its own is told in the words of the list in mka.h. */
Test(explain, has_a_sentence_for_everything) {
	node_start(node);
	for (unsigned int why = 0; why < MKA_REFUSALS_COUNT; why++) {
		memset(&node->kay->pdu, 0, sizeof(node->kay->pdu));
		report_refusal(node->kay, (enum mka_refusal)why, "detail");
		look();
		cr_assert_eq(view.last_refusal_reason, why);
		cr_assert_gt(strlen(view.last_refusal), strlen("MKPDU refused: ") + 10, "%u", why);
		cr_assert_null(strstr(view.last_refusal, "from"), "no SCI is known");
		cr_assert_eq(
			strstr(view.last_refusal, "detail") != NULL, why == MKA_REFUSED_SAK_REFUSED
		);
	}
}

static unsigned int n_lines;
static char last_line[MKA_SENTENCE_OCTETS];

static void keep_line(void *ctx, enum mka_topic topic, const char *line) {
	(void)ctx, (void)topic;
	n_lines++;
	snprintf(last_line, sizeof(last_line), "%s", line);
}

/* 10 s of 1000 frames a second, each with another CKN: a few lines, and the last one is known. */
Test(explain, logs_a_flood_once_in_10_s_and_knows_the_last) {
	struct mka_ops ops;
	char ckn[20];

	configure((const char *[]){"AA01"}, 1);
	ops = *node->kay->ops;
	ops.log = keep_line;
	node->kay->ops = &ops;
	n_lines = 0;
	for (unsigned int i = 0; i < 10000; i++) {
		snprintf(ckn, sizeof(ckn), "BB%06X", i);
		offer(ckn);
		run_for(MS);
	}
	cr_assert_eq(n_lines, 1);
	cr_assert_str_eq(last_line, FROM "peer offers CKN BB000000, configured is AA01");
	cr_assert_not_null(strstr(look()->last_refusal, "CKN BB00270F,"));
	cr_assert_eq(view.last_refusal_age_ns, MS);
	cr_assert_eq(view.refused[MKA_REFUSED_CKN_UNKNOWN], 10000);
	offer("BBFF");
	cr_assert_eq(n_lines, 2);
	cr_assert_str_eq(last_line, look()->last_refusal);
	node_stop(node);
}

/* A refusal of one kind must not silence another. */
Test(explain, logs_each_kind_by_itself) {
	struct mka_ops ops;

	configure((const char *[]){"AA01"}, 1);
	ops = *node->kay->ops;
	ops.log = keep_line;
	node->kay->ops = &ops;
	n_lines = 0;
	offer("BB02");
	puppet_begin(&puppet, node, PUPPET_SCI, 16);
	puppet.keys.ick[0] ^= 1;
	puppet_say(&puppet, node);
	cr_assert_eq(n_lines, 2);
	cr_assert_not_null(strstr(last_line, "ICV does not verify"));
	node_stop(node);
}
