/* SPDX-License-Identifier: BSD-3-Clause */
/* Which announcements of a suspension are honoured (802.1X-2020 9.18), and for how long: a puppet
 * is the key server. */
#include "tests/unit/mka_puppet.h"

#include <criterion/criterion.h>

#include <errno.h>

TestSuite(suspended, .init = open_world, .fini = close_world);

static int announce(struct puppet *from, uint8_t seconds) {
	from->pdu.suspension_s = seconds;
	mkpdu_mark(&from->pdu, SET_XPN);
	return puppet_say(from, node);
}

static uint64_t left_ns(void) {
	return look()->participants[0].suspended_for_ns;
}

/* Secured with a SAK of the puppet, which speaks this version of MKA. */
static void serve(uint8_t version) {
	struct ki ki;

	meet(1);
	puppet.pdu.basic.version = version;
	puppet_distribute(&puppet, SUITE_GCM_AES_XPN_256, 1, 0, 0x55);
	ki = puppet_ki(&puppet);
	puppet_use(&puppet, true, &ki, true, 1);
	puppet_say(&puppet, node);
	puppet_say(&puppet, node);
	cr_assert_eq(look()->state, MKA_SECURED);
}

Test(suspended, time_is_waited_for_and_then_a_life_time) {
	serve(3);
	cr_assert_eq(announce(&puppet, 50), 0);
	cr_assert_eq(left_ns(), 50 * SECOND);
	cr_assert_eq(view.peers[0].expires_in_ns, 56 * SECOND);
	run_for(55900 * MS);
	cr_assert_eq(look()->state, MKA_SECURED);
	cr_assert_eq(left_ns(), 0);
	run_for(200 * MS);
	cr_assert_eq(look()->state, MKA_FAILED);
}

Test(suspended, time_is_120_s_at_most) {
	serve(2);
	announce(&puppet, 255);
	cr_assert_eq(left_ns(), 120 * SECOND);
	announce(&puppet, 121);
	cr_assert_eq(left_ns(), 120 * SECOND);
	announce(&puppet, 1);
	cr_assert_eq(left_ns(), SECOND, "the last word counts");
}

Test(suspended, time_may_be_renewed_by_the_key_server_itself) {
	serve(3);
	for (int i = 0; i < 5; i++) {
		announce(&puppet, 120);
		cr_assert_eq(left_ns(), 120 * SECOND);
		run_for(100 * SECOND);
		cr_assert_eq(look()->state, MKA_SECURED);
	}
}

Test(suspended, time_is_not_renewed_by_a_replay) {
	serve(3);
	announce(&puppet, 60);
	run_for(10 * SECOND);
	puppet.pdu.basic.mn--;
	cr_assert_eq(announce(&puppet, 60), -EBADMSG);
	cr_assert_eq(left_ns(), 50 * SECOND);
	puppet.pdu.basic.mn -= 2;
	cr_assert_eq(announce(&puppet, 0), -EBADMSG);
	cr_assert_eq(left_ns(), 50 * SECOND);
}

Test(suspended, time_ends_when_the_key_server_says_so) {
	serve(3);
	announce(&puppet, 60);
	puppet.pdu.seen[0] &= ~(1ull << SET_XPN);
	puppet_say(&puppet, node);
	cr_assert_eq(left_ns(), 60 * SECOND, "no word on it");
	announce(&puppet, 0);
	cr_assert_eq(left_ns(), 0);
	cr_assert_eq(view.peers[0].expires_in_ns, 6 * SECOND);
}

static unsigned int n_over;

static void count_over(void *ctx, enum mka_topic topic, const char *line) {
	(void)ctx, (void)topic;
	n_over += strstr(line, "the suspension is over") != NULL;
}

/* And not when the key server leaves an hour later. */
Test(suspended, time_is_over_in_the_log_when_it_is_over) {
	struct mka_ops ops;

	serve(3);
	ops = *node->kay->ops;
	ops.log = count_over;
	node->kay->ops = &ops;
	announce(&puppet, 10);
	puppet.pdu.seen[0] &= ~(1ull << SET_XPN);
	live_on(15 * SECOND);
	cr_assert_eq(n_over, 0, "a life time is left");
	live_on(3 * SECOND);
	cr_assert_eq(n_over, 1);
	run_for(7 * SECOND);
	cr_assert_eq(look()->state, MKA_FAILED);
	cr_assert_eq(n_over, 1);
	mka_destroy(node->kay);
	node->kay = NULL;
	node->tick_ns = UINT64_MAX;
}

Test(suspended, time_is_ignored_when_we_are_told_not_to_honour_it) {
	node->config.honours_suspension = false;
	serve(3);
	announce(&puppet, 60);
	cr_assert_eq(left_ns(), 0);
	cr_assert_eq(view.peers[0].expires_in_ns, 6 * SECOND);
}

Test(suspended, time_of_version_1_is_ignored) {
	serve(1);
	announce(&puppet, 60);
	cr_assert_eq(left_ns(), 0);
}

/* One that knows no suspension drops the key server: half a CA is none. */
Test(suspended, time_is_ignored_while_any_live_peer_speaks_version_1) {
	struct puppet third;

	serve(3);
	puppet_begin(&third, node, 0x0200000000ff0001, 50);
	third.is_silent_of_peer = true;
	puppet_say(&third, node);
	announce(&puppet, 60);
	cr_assert_eq(left_ns(), 60 * SECOND, "a potential peer has no say");
	announce(&puppet, 0);
	third.is_silent_of_peer = false;
	puppet_say(&third, node);
	announce(&puppet, 60);
	cr_assert_eq(left_ns(), 0);
	third.pdu.basic.version = 2;
	puppet_say(&third, node);
	announce(&puppet, 60);
	cr_assert_eq(left_ns(), 60 * SECOND);
	puppet_end(&third);
}

Test(suspended, time_of_a_member_that_is_not_key_server_is_ignored) {
	struct puppet third;

	serve(3);
	puppet_begin(&third, node, 0x0200000000ff0001, 50);
	third.pdu.basic.version = 3;
	puppet_say(&third, node);
	cr_assert_eq(announce(&third, 60), 0);
	cr_assert_eq(left_ns(), 0);
	puppet_end(&third);
	node_stop(node);
	meet(200); // we are key server
	puppet.pdu.basic.version = 3;
	announce(&puppet, 60);
	cr_assert_eq(left_ns(), 0);
}

Test(suspended, time_of_ours_is_for_members_that_know_it) {
	meet(255);
	cr_assert_eq(puppet.pdu.basic.version, 1);
	cr_assert_eq(mka_suspend(node->kay, 10, world.now_ns), -EOPNOTSUPP);
	cr_assert_eq(left_ns(), 0);
	puppet.pdu.basic.version = 2;
	puppet_say(&puppet, node);
	cr_assert_eq(mka_suspend(node->kay, 10, world.now_ns), 0);
	cr_assert_eq(left_ns(), 10 * SECOND);
}

/* Whoever is silent meanwhile may wait for the key server, too. */
Test(suspended, time_keeps_the_other_live_peers_but_no_potential_ones) {
	struct puppet third, newcomer;

	serve(3);
	puppet_begin(&third, node, 0x0200000000ff0001, 50);
	third.pdu.basic.version = 3;
	puppet_say(&third, node);
	puppet_begin(&newcomer, node, 0x0200000000fe0001, 50);
	newcomer.is_silent_of_peer = true;
	puppet_say(&newcomer, node);
	announce(&puppet, 60);
	cr_assert_eq(look()->n_peers, 3);
	run_for(20 * SECOND);
	cr_assert_eq(look()->n_peers, 2);
	puppet_say(&third, node);
	run_for(40 * SECOND);
	cr_assert_eq(look()->n_peers, 2, "a word in between makes nobody's time shorter");
	run_for(7 * SECOND);
	cr_assert_eq(look()->n_peers, 0);
	puppet_end(&third);
	puppet_end(&newcomer);
}

static void come_back(void) {
	memset(puppet.pdu.basic.mi, 0x42, MI_OCTETS);
	puppet.pdu.basic.mn = 0;
	puppet.pdu.suspension_s = 0;
	puppet.pdu.seen[0] = 0;
	puppet.is_silent_of_peer = true;
}

Test(suspended, time_ends_when_the_key_server_is_proven_to_be_back) {
	serve(3);
	announce(&puppet, 100);
	run_for(50 * SECOND);
	come_back();
	puppet_say(&puppet, node);
	cr_assert_eq(left_ns(), 50 * SECOND, "anyone could have said that before");
	cr_assert_eq(view.n_peers, 2);
	puppet.is_silent_of_peer = false;
	puppet_say(&puppet, node);
	cr_assert_eq(left_ns(), 0);
	cr_assert_eq(view.n_peers, 1);
	cr_assert_eq(view.peers[0].expires_in_ns, 6 * SECOND);
	cr_assert_eq(view.state, MKA_SECURED);
	cr_assert(view.latest.transmits, "until the fresh SAK takes over");
	live_on(10 * SECOND);
	run_for(7 * SECOND);
	cr_assert_eq(look()->state, MKA_FAILED);
}

/* A word of its former identity that was held back, with the proof of then. */
Test(suspended, time_of_an_identity_that_was_succeeded_is_ignored) {
	struct writer out = {.size = MKPDU_LIST_ENTRY_OCTETS};
	struct puppet former;

	serve(3);
	announce(&puppet, 100);
	run_for(10 * SECOND);
	former = puppet;
	former.n_others = 1;
	out.base = former.entries;
	writer_octets(&out, look()->mi, MI_OCTETS);
	writer_number(&out, view.mn, 4);
	run_for(3 * SECOND);
	come_back();
	puppet.is_silent_of_peer = false;
	puppet_say(&puppet, node);
	cr_assert_eq(left_ns(), 0);
	cr_assert_eq(announce(&former, 100), 0);
	cr_assert_eq(announce(&former, 100), 0);
	cr_assert_eq(left_ns(), 0);
	cr_assert_eq(memcmp(view.peers[0].mi, puppet.pdu.basic.mi, MI_OCTETS), 0);
}
