/* SPDX-License-Identifier: BSD-3-Clause */
/* Both ends of a circuit against each other: each field, each difference, each status. */
#include "tests/unit/compare_bench.h"

#include <criterion/criterion.h>

#include <stdio.h>
#include <string.h>

TestSuite(direct_link_compare, .init = agree);

Test(direct_link_compare, ends_that_agree_pass_in_every_line) {
	compare();
	cr_assert_eq(verdicts.n, 15, "%u", verdicts.n);
	cr_assert_eq(verdicts.count[VERDICT_PASS], 15);
}

Test(direct_link_compare, finds_each_difference_of_the_macsec_fields) {
	theirs.macsec.is_active = false;
	expect_one("active", VERDICT_FAIL, "'active'");
	agree();
	our_link.suite = SUITE_GCM_AES_256;
	expect_one("cipher suite", VERDICT_FAIL, "cipher-suite: gcm-aes-xpn-256");
	agree();
	our_link.confidentiality = false;
	expect_one("encryption", VERDICT_FAIL, "encryption: true");
	agree();
	theirs.macsec.confidentiality_offset = 30;
	expect_one("confidentiality offset", VERDICT_FAIL, "confidentiality-offset");
	agree();
	theirs.macsec.window_size = 1ull << 40;
	expect_one("replay window", VERDICT_WARN, "window_size");
	cr_assert_str_eq(line_of("replay window")->theirs, "1099511627776");
	agree();
	our_link.replay_protect = false;
	expect_one("replay window", VERDICT_WARN, "replay-protect: true");
	agree();
	our_link.policy = POLICY_SHOULD_SECURE;
	expect_one("policy", VERDICT_WARN, "security_policy");
	agree();
	our_link.key_server_priority = 255;
	expect_one("key-server priority", VERDICT_FAIL, "key-server-priority: 16");
	agree();
	our_link.key_server_priority = 254;
	compare();
	cr_assert_eq(verdicts.count[VERDICT_PASS], 15);
}

Test(direct_link_compare, tells_who_rekeys_when_both_say_otherwise) {
	static const struct {
		uint32_t ours_s;
		const char *mode;
		uint32_t theirs_s;
		enum verdict verdict;
	} cases[] = {
		{3600, "timer", 3600, VERDICT_PASS},
		{0, "packet_number_rollover", 0, VERDICT_PASS},
		{0, "timer", 3600, VERDICT_WARN},
		{60, "timer", 3600, VERDICT_WARN},
		{3600, "packet_number_rollover", 0, VERDICT_WARN},
		{0, "by_moon", 0, VERDICT_WARN},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		agree();
		our_link.rekey_s = cases[i].ours_s;
		snprintf(
			theirs.macsec.rekey_mode, sizeof(theirs.macsec.rekey_mode), "%s",
			cases[i].mode
		);
		theirs.macsec.rekey_interval_s = cases[i].theirs_s;
		compare();
		cr_assert_eq(line_of("rekey")->verdict, cases[i].verdict, "case %zu", i);
		cr_assert_not_null(strstr(line_of("rekey")->text, "ours counts"));
	}
}

Test(direct_link_compare, knows_every_status_of_the_gateway_and_lists_its_reasons) {
	static const struct {
		const char *status;
		enum verdict verdict;
	} cases[] = {
		{"secured", VERDICT_PASS}, {"init", VERDICT_WARN},     {"pending", VERDICT_WARN},
		{"offline", VERDICT_FAIL}, {"deleting", VERDICT_FAIL}, {"failed", VERDICT_FAIL},
		{"moonlit", VERDICT_WARN},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		snprintf(theirs.macsec.status, sizeof(theirs.macsec.status), "%s", cases[i].status);
		compare();
		cr_assert_eq(line_of("status")->verdict, cases[i].verdict, "%s", cases[i].status);
	}
	theirs.macsec.n_reasons = 1;
	snprintf(theirs.macsec.reasons[0].message, 256, "because");
	compare();
	cr_assert_not_null(strstr(line_of("status reason")->text, "because"));
	cr_assert_not_null(strstr(line_of("status reason")->text, "; see IBM's documentation"));
	snprintf(theirs.macsec.reasons[0].code, 64, "macsec_cak_failed");
	compare();
	cr_assert_not_null(strstr(line_of("status reason")->text, "; mend what the status of"));
}

Test(direct_link_compare, finds_names_that_differ_or_are_swapped) {
	their_set(0, "primary", "AA03", CRN("1"));
	compare();
	cr_assert_eq(line_of("primary CAK name")->verdict, VERDICT_FAIL);
	cr_assert_str_eq(line_of("primary CAK name")->ours, "AA01");
	// rotating to ours would be refused: its name is in use, or it is no primary one
	cr_assert_null(strstr(line_of("primary CAK name")->text, "rotate"));
	agree();
	their_set(1, "fallback", "BB03", CRN("2"));
	compare();
	cr_assert_eq(line_of("fallback CAK name")->verdict, VERDICT_FAIL);
	cr_assert_null(strstr(line_of("fallback CAK name")->text, "rotate"));
	agree();
	their_set(0, "primary", "BB02", CRN("2"));
	their_set(1, "fallback", "AA01", CRN("1"));
	compare();
	cr_assert_eq(line_of("primary CAK name")->verdict, VERDICT_FAIL);
	cr_assert_eq(line_of("fallback CAK name")->verdict, VERDICT_FAIL);
}

Test(direct_link_compare, finds_keys_that_differ_and_says_what_it_cannot_see) {
	own_set(0, "primary", "AA01", CRN("3"));
	expect_one("primary CAK key", VERDICT_FAIL, "never agree");
	own_set(0, "primary", "AA01", "");
	expect_one("primary CAK key", VERDICT_WARN, "key check dl0");
	ours.caks[0].is_file = true;
	expect_one("primary CAK key", VERDICT_WARN, "cannot be seen");
	agree();
	own_set(0, "primary", "AA01", CRN("3"));
	own_set(1, "fallback", "BB02", CRN("4"));
	compare();
	cr_assert_not_null(strstr(line_of("primary CAK key")->text, "rotate' to a new name"));
	cr_assert_null(strstr(line_of("fallback CAK key")->text, "rotate"));
}

Test(direct_link_compare, takes_a_cak_of_the_key_chain_for_the_primary_while_it_rotates) {
	own_set(2, "key-chain", "CC03", CRN("3"));
	ours.n_caks = 3;
	expect_one("our key-chain CAK", VERDICT_WARN, "does not have it; run 'macsecctl direct-");
	their_set(0, "primary", "CC03", CRN("3"));
	theirs.caks[0].has_active = true;
	snprintf(theirs.caks[0].active_name, sizeof(theirs.caks[0].active_name), "aa01");
	snprintf(theirs.caks[0].status, sizeof(theirs.caks[0].status), "rotating");
	expect_one("primary CAK status", VERDICT_WARN, "rotate");
	snprintf(theirs.caks[0].active_name, sizeof(theirs.caks[0].active_name), "EE05");
	compare();
	cr_assert_eq(line_of("primary CAK in force")->verdict, VERDICT_WARN);
	// from one CAK of the chain to the next: both are the gateway's
	own_set(3, "key-chain", "DD04", CRN("4"));
	ours.n_caks = 4;
	their_set(0, "primary", "DD04", CRN("4"));
	theirs.caks[0].has_active = true;
	snprintf(theirs.caks[0].active_name, sizeof(theirs.caks[0].active_name), "CC03");
	compare();
	cr_assert_null(line_of("our key-chain CAK"));
	cr_assert_eq(line_of("primary CAK in force")->verdict, VERDICT_PASS);
}

Test(direct_link_compare, knows_every_status_of_a_cak) {
	static const struct {
		const char *status;
		enum verdict primary, fallback;
	} cases[] = {
		{"active", VERDICT_PASS, VERDICT_PASS},
		{"operational", VERDICT_PASS, VERDICT_PASS},
		{"inactive", VERDICT_WARN, VERDICT_PASS},
		{"rotating", VERDICT_WARN, VERDICT_WARN},
		{"failed", VERDICT_FAIL, VERDICT_FAIL},
		{"moonlit", VERDICT_WARN, VERDICT_WARN},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		for (uint32_t j = 0; j < 2; j++)
			snprintf(
				theirs.caks[j].status, sizeof(theirs.caks[j].status), "%s",
				cases[i].status
			);
		compare();
		cr_assert_eq(line_of("primary CAK status")->verdict, cases[i].primary);
		cr_assert_eq(line_of("fallback CAK status")->verdict, cases[i].fallback);
	}
}

/* Rotation is for the primary CAK alone. */
Test(direct_link_compare, says_for_each_session_what_mends_a_failed_cak) {
	for (uint32_t j = 0; j < 2; j++)
		snprintf(theirs.caks[j].status, sizeof(theirs.caks[j].status), "failed");
	compare();
	cr_assert_not_null(strstr(line_of("primary CAK status")->text, "direct-link rotate"));
	cr_assert_null(strstr(line_of("fallback CAK status")->text, "rotate"));
	cr_assert_not_null(strstr(line_of("fallback CAK status")->text, "PATCH"));
}

Test(direct_link_compare, misses_caks_that_one_end_has_alone) {
	theirs.n_caks = 1;
	expect_one("our fallback CAK", VERDICT_WARN, "BB02");
	ours.n_caks = 1;
	expect_one("fallback CAK", VERDICT_WARN, "neither end");
	theirs.n_caks = 2;
	compare();
	cr_assert_eq(line_of("fallback CAK name")->verdict, VERDICT_FAIL);
	cr_assert_str_eq(line_of("fallback CAK name")->ours, "none");
	theirs.n_caks = 0;
	compare();
	cr_assert_eq(line_of("primary CAK")->verdict, VERDICT_FAIL);
}

Test(direct_link_compare, looks_at_the_link_as_it_runs) {
	ours.live = (struct compare_live){0};
	expect_one("live link", VERDICT_WARN, "start macsecd");
	agree();
	ours.live.is_secured = false;
	expect_one("live link", VERDICT_FAIL, "macsecctl doctor dl0");
	agree();
	ours.live.is_key_server = false;
	expect_one("live link", VERDICT_WARN, "peer is key server");
	agree();
	snprintf(ours.live.ckn, sizeof(ours.live.ckn), "BB02");
	expect_one("live link", VERDICT_WARN, "another CAK");
}

static enum verdict authorised(bool is_known, bool exists, bool is_instance_wide) {
	const struct direct_link_authorisation authorisation = {
		is_known, exists, is_instance_wide, "Reader"};

	verdicts = (struct verdicts){0};
	compare_authorisation(&verdicts, &authorisation, &theirs, "inst");
	cr_assert_eq(verdicts.n, 1);
	return verdicts.lines[0].verdict;
}

Test(direct_link_compare, reads_or_infers_the_authorisation) {
	cr_assert_eq(authorised(true, true, true), VERDICT_PASS);
	cr_assert_eq(authorised(true, true, false), VERDICT_WARN);
	cr_assert_eq(authorised(true, false, false), VERDICT_FAIL);
	cr_assert_eq(authorised(false, false, false), VERDICT_PASS);
	snprintf(theirs.caks[1].status, sizeof(theirs.caks[1].status), "failed");
	cr_assert_eq(authorised(false, false, false), VERDICT_WARN);
	theirs.n_caks = 0;
	cr_assert_eq(authorised(false, false, false), VERDICT_WARN);
}

Test(direct_link_compare, keeps_control_characters_of_servers_out_of_its_lines) {
	verdict_compare(&verdicts, VERDICT_PASS, "x", "a\x1b[2J", "b\xff", "%s", "c\nd");
	cr_assert_str_eq(verdicts.lines[0].ours, "a?[2J");
	cr_assert_str_eq(verdicts.lines[0].theirs, "b?");
	cr_assert_null(strchr(verdicts.lines[0].text, '\n'));
}

Test(direct_link_compare, counts_lines_that_it_has_no_room_for) {
	for (uint32_t i = 0; i < VERDICTS_MAX + 3; i++)
		verdict_say(&verdicts, VERDICT_FAIL, "x", "y");
	cr_assert_eq(verdicts.n, VERDICTS_MAX);
	cr_assert_eq(verdicts.count[VERDICT_FAIL], VERDICTS_MAX + 3);
}
