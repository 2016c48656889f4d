/* SPDX-License-Identifier: BSD-3-Clause */
/* A comparison before a rotation: what ends with the gateway's primary CAK is no obstacle to its
 * successor, and everything else is. */
#include "tests/unit/compare_bench.h"

#include <criterion/criterion.h>

#include <stdio.h>
#include <string.h>

TestSuite(direct_link_successor, .init = agree);

static void their_primary_fails(void) {
	snprintf(theirs.caks[0].status, sizeof(theirs.caks[0].status), "failed");
	snprintf(theirs.macsec.status, sizeof(theirs.macsec.status), "failed");
	theirs.macsec.n_reasons = 1;
	theirs.macsec.reasons[0] = (struct direct_link_reason){"macsec_cak_failed", "no key"};
}

/* A rotation is what ends these: they must not keep it from beginning. */
Test(direct_link_successor, only_warns_of_a_primary_cak_that_is_about_to_go) {
	their_primary_fails();
	own_set(0, "primary", "AA01", CRN("3"));
	compare();
	cr_assert_eq(verdicts.count[VERDICT_FAIL], 4); // status, reason, key, the CAK's status
	ours.successor_crn = CRN("9");
	compare();
	cr_assert_eq(verdicts.count[VERDICT_FAIL], 0);
	cr_assert_eq(verdicts.count[VERDICT_WARN], 4);
	// left behind by another rotation, and no more in the file
	their_set(0, "primary", "EE05", CRN("5"));
	their_primary_fails();
	theirs.caks[0].has_active = true;
	snprintf(theirs.caks[0].active_name, sizeof(theirs.caks[0].active_name), "AA01");
	compare();
	cr_assert_eq(verdicts.count[VERDICT_FAIL], 0);
	cr_assert_not_null(strstr(line_of("primary CAK name")->text, "rotate' to a new name"));
}

Test(direct_link_successor, lets_a_rotation_excuse_nothing_else) {
	their_primary_fails();
	ours.successor_crn = CRN("9");
	snprintf(theirs.caks[1].status, sizeof(theirs.caks[1].status), "failed");
	compare();
	cr_assert_eq(line_of("fallback CAK status")->verdict, VERDICT_FAIL);
	snprintf(theirs.macsec.reasons[0].code, 64, "moon_is_down");
	compare();
	cr_assert_eq(line_of("status reason")->verdict, VERDICT_FAIL);
	agree();
	ours.successor_crn = CRN("9");
	snprintf(theirs.macsec.status, sizeof(theirs.macsec.status), "failed");
	expect_one("status", VERDICT_FAIL, "failed"); // and the primary CAK has not
}

Test(direct_link_successor, wants_a_secured_link_unless_the_gateway_has_no_cak_in_force) {
	ours.successor_crn = CRN("9");
	ours.live.is_secured = false;
	expect_one("live link", VERDICT_FAIL, "doctor");
	their_primary_fails();
	cr_assert(compare_is_dead(&theirs));
	compare();
	cr_assert_eq(line_of("live link")->verdict, VERDICT_WARN);
	theirs.caks[0].has_active = true; // the old one is: the link should be secured
	cr_assert_not(compare_is_dead(&theirs));
	compare();
	cr_assert_eq(line_of("live link")->verdict, VERDICT_FAIL);
	ours.successor_crn = NULL;
	theirs.caks[0].has_active = false;
	compare();
	cr_assert_eq(line_of("live link")->verdict, VERDICT_FAIL);
}

Test(direct_link_successor, knows_padded_names_where_the_link_pads) {
	static const struct {
		const char *a, *b;
		bool is_same, is_same_padded;
	} cases[] = {
		{"AA02", "aa02", true, true},
		{"AA02", "AA0200", false, true},
		{"aa020000000000", "AA02", false, true},
		{"AA02", "AA020001", false, false},
		{"AA02", "AA03", false, false},
		{"AA02", "AA0", false, false},
		{"", "AA02", false, false},
		{"", "0000", false, false},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		our_link.pad_ckn = false;
		cr_assert_eq(compare_is_ckn(&our_link, cases[i].a, cases[i].b), cases[i].is_same);
		our_link.pad_ckn = true;
		cr_assert_eq(
			compare_is_ckn(&our_link, cases[i].a, cases[i].b), cases[i].is_same_padded,
			"%s %s", cases[i].a, cases[i].b
		);
	}
	snprintf(ours.live.ckn, sizeof(ours.live.ckn), "aa01%060d", 0);
	compare();
	cr_assert_eq(line_of("live link")->verdict, VERDICT_PASS);
	our_link.pad_ckn = false;
	expect_one("live link", VERDICT_WARN, "another CAK");
}
