/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * In-service upgrade among our own (802.1X-2020 9.18): the key server goes and comes back, the
 * others keep the session. Which announcements count: test_mka_suspended.c.
 */
#include "tests/unit/mka_pair.h"

#include <criterion/criterion.h>

#include <errno.h>

#define HEARD_MAX_S 256u

static unsigned int heard_s[HEARD_MAX_S]; // what MKPDUs of `a` announced, one after the other
static unsigned int n_heard;
static unsigned int others_heard; // MKPDUs of others that announce something

static bool
listen(struct world *w, unsigned int from, unsigned int to, uint8_t *frame, size_t octets) {
	struct mkpdu pdu;
	enum mka_refusal why;

	(void)w;
	cr_assert(mkpdu_decode_head(frame, octets, &pdu, &why));
	cr_assert(mkpdu_decode_sets(frame, &pdu));
	others_heard += from != 0 && pdu.suspension_s != 0;
	if (from == 0 && to == 1 && n_heard < HEARD_MAX_S)
		heard_s[n_heard++] = pdu.suspension_s;
	return true;
}

static void open_listening(void) {
	open_world();
	world.filter = listen;
	n_heard = others_heard = 0;
}

TestSuite(suspend, .init = open_listening, .fini = close_world);

static int suspend(struct node *node, uint32_t seconds) {
	int ret = mka_suspend(node->kay, seconds, world.now_ns);

	node_tick(node);
	return ret;
}

static uint64_t left_ns(struct node *node) {
	return view_of(node).participants[0].suspended_for_ns;
}

/* Away for `away_ns`, seen from a member that goes on sending. Returns its state changes. */
static unsigned int leave_for(struct node *node, struct node *member, uint64_t away_ns) {
	unsigned int changes = member->state_changes;
	uint64_t back_ns = world.now_ns + away_ns;
	uint64_t sent;

	node_stop(node);
	while (world.now_ns < back_ns) {
		sent = member->data_sent;
		run_for(SECOND);
		cr_assert_eq(member->state, MKA_SECURED, "at %lu", (unsigned long)world.now_ns);
		cr_assert_geq(member->data_sent, sent + 99, "with its SAK in use");
	}
	node_start(node);
	return changes;
}

static void upgrade(enum cipher_suite suite, uint64_t away_ns) {
	struct ki former;
	unsigned int changes;
	uint64_t sent;

	start_pair(suite);
	run_for(5 * SECOND);
	cr_assert_eq(suspend(a, 100), 0);
	run_for(500 * MS);
	former = view_of(b).latest.ki;
	changes = leave_for(a, b, away_ns);
	sent = b->data_sent;
	agree_within(100 * MS);
	/* The only frames that are lost: those that b sent with the former SAK until it had the
	 * fresh one. */
	cr_assert_leq(b->data_sent - sent, 2);
	cr_assert_eq(missed(), 0);
	cr_assert_neq(memcmp(former.mi, view_of(b).latest.ki.mi, MI_OCTETS), 0, "a fresh SAK");
	cr_assert_eq(left_ns(b), 0, "it is back");
	run_for(10 * SECOND);
	cr_assert(world_is_agreed(&world));
	cr_assert_eq(b->state_changes, changes, "no flap");
	cr_assert(!view_of(b).old.is_valid, "the former SAK is retired");
	cr_assert_eq(view_of(b).n_peers, 1);
	cr_assert_eq(missed(), 0);
}

Test(suspend, keeps_the_session_while_the_key_server_is_away_for_98_s) {
	upgrade(SUITE_GCM_AES_XPN_256, 98 * SECOND);
}

/* The XPN set goes out for the suspension time alone. */
Test(suspend, keeps_the_session_with_a_32_bit_suite) {
	upgrade(SUITE_GCM_AES_128, 98 * SECOND);
}

Test(suspend, keeps_the_session_when_the_key_server_is_back_at_once) {
	upgrade(SUITE_GCM_AES_XPN_128, SECOND);
}

Test(suspend, keeps_the_session_of_a_returned_key_server_only_as_long_as_usual) {
	start_pair(SUITE_GCM_AES_XPN_256);
	cr_assert_eq(suspend(a, 120), 0);
	run_for(500 * MS);
	leave_for(a, b, 10 * SECOND);
	agree_within(100 * MS);
	node_stop(a);
	run_for(6100 * MS);
	cr_assert_eq(b->state, MKA_FAILED, "it went again without a word");
}

/* Two members and their traffic go on as if nothing happened. */
Test(suspend, cuts_nothing_between_the_other_members) {
	struct node *c;

	add_pair(SUITE_GCM_AES_XPN_256);
	c = world_add(&world, 16, SUITE_GCM_AES_XPN_256);
	node_start(a);
	node_start(b);
	node_start(c);
	agree_within(500 * MS);
	run_for(5 * SECOND);
	cr_assert_eq(suspend(a, 60), 0);
	run_for(500 * MS);
	leave_for(a, b, 50 * SECOND);
	cr_assert_eq(c->state, MKA_SECURED);
	cr_assert_eq(view_of(c).key_server_sci, a->config.sci, "nobody takes its place");
	agree_within(500 * MS);
	run_for(10 * SECOND);
	cr_assert(world_is_agreed(&world));
	cr_assert_eq(missed(), 0);
}

Test(suspend, covers_a_key_server_that_runs_a_fallback_too) {
	struct mka_cak fallback = world_cak(1);

	fallback.is_fallback = true;
	add_pair(SUITE_GCM_AES_XPN_256);
	cr_assert_eq(node_add_cak(a, &fallback), 0);
	cr_assert_eq(node_add_cak(b, &fallback), 0);
	node_start(a);
	node_start(b);
	agree_within(50 * MS);
	run_for(5 * SECOND);
	cr_assert_eq(suspend(a, 60), 0);
	run_for(500 * MS);
	leave_for(a, b, 50 * SECOND);
	agree_within(500 * MS);
	run_for(10 * SECOND);
	cr_assert(world_is_agreed(&world));
	cr_assert_eq(view_of(b).latest.ckn[2], 0, "with the primary CAK");
	cr_assert_eq(missed(), 0);
}

Test(suspend, counts_down_and_ends_by_itself) {
	start_pair(SUITE_GCM_AES_XPN_256);
	run_for(10 * SECOND);
	n_heard = 0;
	cr_assert_eq(suspend(a, 60), 0);
	cr_assert_eq(left_ns(a), 60 * SECOND);
	run_for(10 * MS);
	cr_assert_eq(heard_s[0], 60, "at once");
	cr_assert_gt(left_ns(b), 59 * SECOND);
	run_for(58 * SECOND);
	cr_assert_geq(n_heard, 29, "with every MKPDU");
	for (unsigned int i = 1; i < n_heard; i++) {
		cr_assert_lt(heard_s[i], heard_s[i - 1]);
		cr_assert_geq(heard_s[i], 1);
	}
	run_for(1500 * MS);
	a->kay->participants[0]->pacing.is_due = true;
	node_tick(a);
	cr_assert_eq(heard_s[n_heard - 1], 1, "half a second is not over yet");
	n_heard = 0;
	run_for(10 * SECOND);
	cr_assert_eq(heard_s[n_heard - 1], 0);
	cr_assert_eq(left_ns(a), 0);
	cr_assert_eq(left_ns(b), 0);
	cr_assert_eq(others_heard, 0);
	cr_assert_eq(missed(), 0);
	node_stop(a);
	run_for(6100 * MS);
	cr_assert_eq(b->state, MKA_FAILED, "the usual life time again");
}

Test(suspend, fails_a_life_time_after_its_end_when_nobody_comes_back) {
	uint64_t end_ns;

	start_pair(SUITE_GCM_AES_XPN_256);
	run_for(5 * SECOND);
	cr_assert_eq(suspend(a, 30), 0);
	end_ns = world.now_ns + 30 * SECOND;
	run_for(3 * SECOND);
	node_stop(a);
	world_run(&world, end_ns + 5900 * MS, NULL);
	cr_assert_eq(b->state, MKA_SECURED);
	cr_assert(model_transmit_sa(b) != NULL);
	/* The time is told in whole seconds. */
	world_run(&world, end_ns + MKA_LIFE_NS + SECOND + 10 * MS, NULL);
	assert_sound();
	cr_assert_eq(b->state, MKA_FAILED);
	cr_assert_null(model_transmit_sa(b));
}

Test(suspend, is_no_answer_to_a_cut_without_a_word) {
	start_pair(SUITE_GCM_AES_XPN_256);
	run_for(5 * SECOND);
	node_stop(a);
	run_for(6100 * MS);
	cr_assert_eq(b->state, MKA_FAILED);
}

Test(suspend, is_for_the_key_server_with_peers_alone) {
	add_pair(SUITE_GCM_AES_128);
	node_start(a);
	run_for(SECOND);
	cr_assert_eq(suspend(a, 10), -ENOTCONN);
	node_start(b);
	agree_within(500 * MS);
	cr_assert_eq(suspend(b, 10), -EPERM);
	cr_assert_eq(suspend(a, 0), -EINVAL);
	cr_assert_eq(suspend(a, 121), -EINVAL);
	cr_assert_eq(left_ns(a), 0);
	cr_assert_eq(suspend(a, 120), 0);
	cr_assert_eq(suspend(a, 1), 0, "the last word counts");
	cr_assert_eq(left_ns(a), SECOND);
	run_for(10 * MS);
	cr_assert_leq(left_ns(b), SECOND);
}

/* The next key server is not away. */
Test(suspend, is_announced_no_more_by_one_that_is_not_key_server_any_more) {
	struct node *c;

	start_pair(SUITE_GCM_AES_128);
	cr_assert_eq(suspend(a, 100), 0);
	c = world_add(&world, 1, SUITE_GCM_AES_128);
	node_start(c);
	agree_within(500 * MS);
	cr_assert(view_of(c).is_key_server);
	run_for(100 * MS);
	n_heard = 0;
	run_for(10 * SECOND);
	cr_assert_gt(n_heard, 3);
	for (unsigned int i = 0; i < n_heard; i++)
		cr_assert_eq(heard_s[i], 0);
	cr_assert_eq(others_heard, 0);
	cr_assert_eq(left_ns(a), 0);
}
