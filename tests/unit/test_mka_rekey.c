/* SPDX-License-Identifier: BSD-3-Clause */
/* When a SAK gets a successor, and that no frame is lost at it. In simulated time. */
#include "tests/unit/mka_pair.h"

#include <criterion/criterion.h>

#include <errno.h>

TestSuite(rekey, .init = open_world, .fini = close_world);

Test(rekey, rekeys_by_hand_without_losing_a_frame) {
	uint64_t rekeyed_ns;

	start_pair(SUITE_GCM_AES_XPN_256);
	cr_assert_eq(node_rekey(b), -EPERM);
	run_for(SECOND);
	rekeyed_ns = world.now_ns;
	cr_assert_eq(node_rekey(a), 0);
	run_for(20 * MS);
	cr_assert_eq(view_of(b).latest.ki.kn, 2);
	cr_assert_eq(view_of(b).latest.an, 1);
	cr_assert(view_of(b).latest.transmits);
	cr_assert(view_of(b).old.is_valid && view_of(b).old.receives && !view_of(b).old.transmits);
	world_run(&world, rekeyed_ns + MKA_SAK_RETIRE_NS, NULL);
	cr_assert(view_of(a).old.is_valid, "kept for the retire time");
	run_for(20 * MS);
	cr_assert(!view_of(a).old.is_valid && !view_of(b).old.is_valid);
	cr_assert_eq(missed(), 0);
	cr_assert_gt(a->data_sent, 100);
}

Test(rekey, lets_a_second_rekey_by_hand_wait_for_frames_under_way) {
	start_pair(SUITE_GCM_AES_256);
	cr_assert_eq(node_rekey(a), 0);
	run_for(20 * MS);
	cr_assert_eq(node_rekey(a), 0);
	run_for(700 * MS);
	cr_assert_eq(view_of(a).latest.ki.kn, 2);
	run_for(300 * MS);
	cr_assert_eq(view_of(a).latest.ki.kn, 3);
	cr_assert(view_of(b).latest.transmits);
	cr_assert_eq(missed(), 0);
}

Test(rekey, refuses_a_rekey_without_a_live_peer) {
	add_pair(SUITE_GCM_AES_128);
	node_start(a);
	cr_assert_eq(node_rekey(a), -ENOTCONN);
}

Test(rekey, rekeys_on_the_timer) {
	add_pair(SUITE_GCM_AES_128);
	a->config.rekey_interval_s = 30;
	node_start(a);
	node_start(b);
	agree_within(50 * MS);
	run_for(29900 * MS);
	cr_assert_eq(view_of(b).latest.ki.kn, 1);
	run_for(200 * MS);
	cr_assert_eq(view_of(b).latest.ki.kn, 2);
	run_for(30 * SECOND);
	cr_assert_eq(view_of(b).latest.ki.kn, 3);
	cr_assert_eq(missed(), 0);
}

static void rekey_at_threshold(enum cipher_suite suite, struct node **who, uint64_t threshold) {
	start_pair(suite);
	a->kay->config.pn_rekey_margin_ns = 0;
	model_send(*who, threshold - 1000 - model_transmit_sa(*who)->next_pn);
	run_for(7 * SECOND);
	cr_assert_eq(view_of(a).latest.ki.kn, 1, "too early");
	model_send(*who, 1000);
	run_for(7 * SECOND);
	cr_assert_eq(view_of(a).latest.ki.kn, 2);
	cr_assert_eq(view_of(b).latest.ki.kn, 2);
}

Test(rekey, rekeys_when_its_own_packet_numbers_reach_the_threshold) {
	rekey_at_threshold(SUITE_GCM_AES_128, &a, 0xc0000000);
}

Test(rekey, rekeys_when_a_peers_packet_numbers_reach_the_threshold) {
	rekey_at_threshold(SUITE_GCM_AES_256, &b, 0xc0000000);
}

Test(rekey, rekeys_at_the_xpn_threshold_of_its_own) {
	rekey_at_threshold(SUITE_GCM_AES_XPN_128, &a, 0xc000000000000000);
}

/* Only the XPN set carries these bits. */
Test(rekey, rekeys_at_the_xpn_threshold_of_a_peer) {
	rekey_at_threshold(SUITE_GCM_AES_XPN_256, &b, 0xc000000000000000);
}

/* 50 million frames a second leave 40 s from half the 32-bit numbers: the margin comes first. */
static void rekey_at_rate(struct node **who, uint64_t margin_ns, uint32_t kn) {
	start_pair(SUITE_GCM_AES_128);
	a->kay->config.pn_rekey_margin_ns = margin_ns;
	for (int i = 0; i < 600; i++) {
		model_send(*who, 5000000);
		run_for(100 * MS);
		if (view_of(a).latest.ki.kn > 1)
			break;
	}
	cr_assert_eq(view_of(a).latest.ki.kn, kn);
	if (kn == 2)
		cr_assert_lt(world.now_ns, 62 * SECOND, "before the threshold is reached at 64 s");
}

Test(rekey, rekeys_when_the_numbers_left_last_less_than_the_margin) {
	rekey_at_rate(&a, 30 * SECOND, 2);
}

Test(rekey, rekeys_when_those_of_a_peer_last_less_than_the_margin) {
	rekey_at_rate(&b, 30 * SECOND, 2);
}

Test(rekey, knows_no_rate_rule_with_a_margin_of_0) {
	rekey_at_rate(&a, 0, 1);
}
