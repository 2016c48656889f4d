/* SPDX-License-Identifier: BSD-3-Clause */
/* Links that are well, and things that look like a finding and are none. */
#include "tests/unit/diagnosis_bench.h"

#include <criterion/criterion.h>

TestSuite(diagnosis_calm, .init = diagnosis_begin, .fini = diagnosis_end);

Test(diagnosis_calm, all_is_well) {
	const struct finding well = {
		nothing, DIAGNOSIS_OK, "secured under CKN DEADBEEF with 1 live peer(s)",
		"gcm-aes-xpn-256; key server 02000000000a0001 (we); key in use for 61 s", ""};

	assert_found(&well);
}

static void a_few_are_late(void) {
	view->validate.value[C_IN_PKTS_LATE] = 9;
	view->validate.value[C_IN_PKTS_NO_SA_ERROR] = 9;
}

static void many_were_late_long_ago(void) {
	view->validate.value[C_IN_PKTS_LATE] = view->validate_before.value[C_IN_PKTS_LATE] = 500;
	view->validate.value[C_IN_PKTS_NOT_VALID] = 3;
	view->validate_before.value[C_IN_PKTS_NOT_VALID] = 3;
}

static void one_in_ten_thousand_is_late(void) {
	view->validate.value[C_RX_FRAMES] = 1000000;
	view->validate.value[C_IN_PKTS_LATE] = 599;
	view->validate.value[C_IN_PKTS_NOT_VALID] = 100;
}

static void frames_were_lost_before_the_link_was_secured(void) {
	view->validate.value[C_RX_FRAMES] = 2000;
	view->validate.value[C_IN_PKTS_LATE] = view->validate.value[C_IN_PKTS_NOT_VALID] = 0;
	view->validate.value[C_IN_PKTS_NO_SA_ERROR] = 900;
	view->state_for_ns = view->recent_ns - 1;
}

static void nothing_is_known_yet(void) {
	view->validate.value[C_IN_PKTS_NOT_VALID] = 900;
	view->state_for_ns = 3725 * SECOND_NS;
	view->recent_ns = 0;
}

static void fallback_is_still_coming(void) {
	view->mka.participants[1].n_live = 0;
	view->state_for_ns = MKA_LIFE_NS - 1;
}

/* Its hour has not come for long, and the other clock may be behind. */
static void next_is_not_there_yet(void) {
	use_chain();
	view->state_for_ns = 3725 * SECOND_NS;
	view->mka.participants[1].n_live = 1;
	view->mka.participants[3].n_live = 0;
	view->keys.next_in_ns = 1801 * SECOND_NS;
}

static void the_older_ones_have_no_peer(void) {
	view->mka.participants[0].n_live = 0;
	view->mka.participants[3].n_live = 1;
	view->keys.next_in_ns = SECOND_NS;
}

/* Its clock is ahead of ours, and it serves the keys: so we follow. */
static void server_has_moved_on_before_us(void) {
	a_cak_is_in_use(3);
}

/* The link has just come up: its CAKs are still finding their peers. */
static void newer_one_is_still_coming(void) {
	a_cak_is_in_use(2);
	view->mka.participants[3].use = MKA_USE_SEND;
	view->mka.participants[3].n_live = 0;
	view->state_for_ns = MKA_LIFE_NS - 1;
}

/* Its start has just come: the key server answers within its next hello. */
static void newer_one_has_just_started(void) {
	view->state_for_ns = 3725 * SECOND_NS;
	view->keys.reached_s = 5;
	view->keys.next_use = KEY_ACCEPT; // its end
}

static void a_cak_that_ends_is_not_agreed(void) {
	view->mka.participants[3].use = MKA_USE_ACCEPT;
	view->state_for_ns = 3725 * SECOND_NS;
	view->keys.next_use = KEY_NOT;
}

static void hellos_are_still_unbounded(void) {
	config->delay_protect = true;
	view->state_for_ns = MKA_LIFE_NS - 1;
}

static void strangers_are_refused(void) {
	view->mka.participants[1].n_live = 1;
	view->mka.peers[0].delay_protect = true;
	view->state_for_ns = 3725 * SECOND_NS;
	refuse(MKA_REFUSED_CKN_UNKNOWN, "MKPDU refused: peer offers CKN BB02");
}

static void an_old_sak_is_used_up(void) {
	view->sas[0].in_use = false;
	view->sas[0].frames_left = 0;
}

Test(diagnosis_calm, is_calm_about_what_is_normal) {
	assert_well(a_few_are_late);
	assert_well(many_were_late_long_ago);
	assert_well(one_in_ten_thousand_is_late);
	assert_well(frames_were_lost_before_the_link_was_secured);
	assert_well(nothing_is_known_yet);
	assert_well(fallback_is_still_coming);
	assert_well(next_is_not_there_yet);
	assert_well(the_older_ones_have_no_peer);
	assert_well(server_has_moved_on_before_us);
	assert_well(newer_one_is_still_coming);
	assert_well(newer_one_has_just_started);
	assert_well(a_cak_that_ends_is_not_agreed);
	assert_well(hellos_are_still_unbounded);
	assert_well(strangers_are_refused);
	assert_well(an_old_sak_is_used_up);
}
