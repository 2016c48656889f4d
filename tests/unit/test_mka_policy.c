/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Policies on failure: the last SAK is kept or not, unprotected traffic is told or not, a fresh SAK
 * is made for a lost member or not. Data frames pass while MKPDUs are cut.
 */
#include "tests/unit/mka_pair.h"

#include <criterion/criterion.h>

#include <errno.h>

/* What MKPDUs of `a` and `b` said last of unprotected traffic. */
static struct {
	bool has_use;
	struct mkpdu_sak_use use;
} said[2];
static unsigned int plain_told; // MKPDUs with a plain bit

static bool
listen(struct world *w, unsigned int from, unsigned int to, uint8_t *frame, size_t octets) {
	struct mkpdu pdu;
	enum mka_refusal why;

	(void)w;
	(void)to;
	cr_assert(mkpdu_decode_head(frame, octets, &pdu, &why));
	cr_assert(mkpdu_decode_sets(frame, &pdu));
	if (from > 1)
		return true;
	said[from].has_use = mkpdu_has(&pdu, SET_SAK_USE);
	said[from].use = pdu.sak_use;
	plain_told += pdu.sak_use.plain_tx || pdu.sak_use.plain_rx;
	return true;
}

static void open_listening(void) {
	open_world();
	memset(said, 0, sizeof(said));
	plain_told = 0;
	world.filter = listen;
}

TestSuite(policy, .init = open_listening, .fini = close_world);

static void start_keeping_pair(void) {
	add_pair(SUITE_GCM_AES_XPN_256);
	a->config.keeps_last_sak = b->config.keeps_last_sak = true;
	node_start(a);
	node_start(b);
	agree_within(50 * MS);
	run_for(5 * SECOND);
}

static void cut(bool is_cut) {
	world.is_cut[0][1] = world.is_cut[1][0] = is_cut;
}

Test(policy, keeps_the_last_sak_for_as_long_as_it_takes) {
	uint64_t sent, heard_ns;
	struct ki kept;

	start_keeping_pair();
	kept = view_of(a).latest.ki;
	heard_ns = world.now_ns + view_of(a).peers[0].expires_in_ns - MKA_LIFE_NS;
	cut(true);
	world_run(&world, heard_ns + 5990 * MS, NULL);
	cr_assert_eq(a->state, MKA_SECURED);
	run_for(20 * MS);
	cr_assert_eq(a->state, MKA_KEEPING);
	run_for(2 * SECOND);
	cr_assert_eq(b->state, MKA_KEEPING);
	cr_assert_eq(view_of(a).n_peers, 0);
	sent = a->data_sent + b->data_sent;
	run_for(300 * SECOND);
	cr_assert_geq(a->data_sent + b->data_sent, sent + 59990);
	cr_assert_eq(model_transmit_sa(b)->sak.ki.kn, kept.kn);
	cr_assert_eq(a->state_changes, 3, "pending, secured, keeping");
	cut(false);
	agree_within(2100 * MS);
	cr_assert_neq(memcmp(view_of(b).latest.ki.mi, kept.mi, MI_OCTETS), 0, "a fresh SAK");
	run_for(10 * SECOND);
	cr_assert(world_is_agreed(&world));
	cr_assert(!view_of(a).old.is_valid && !view_of(b).old.is_valid);
	cr_assert_eq(world.n_keys, 2, "each key once: no PN comes back");
	cr_assert_eq(missed(), 0);
}

Test(policy, drops_the_last_sak_when_it_is_not_to_be_kept) {
	add_pair(SUITE_GCM_AES_XPN_256);
	a->config.keeps_last_sak = true;
	node_start(a);
	node_start(b);
	agree_within(50 * MS);
	run_for(5 * SECOND);
	cut(true);
	run_for(6200 * MS);
	cr_assert_eq(a->state, MKA_KEEPING);
	cr_assert_eq(b->state, MKA_FAILED);
	cr_assert_null(model_transmit_sa(b));
}

/* Wherever in a hand-over the line breaks, each side keeps what the other may send with; and no
 * frame is lost either when they meet again. */
static void break_handover(uint64_t after_ns) {
	start_keeping_pair();
	cr_assert_eq(node_rekey(a), 0);
	run_for(after_ns);
	cut(true);
	run_for(60 * SECOND);
	cr_assert_eq(missed(), 0, "cut after %lu us", (unsigned long)(after_ns / 1000));
	cr_assert_eq(a->state, MKA_KEEPING);
	cr_assert_eq(b->state, MKA_KEEPING);
	cut(false);
	agree_within(2100 * MS);
	run_for(20 * SECOND);
	cr_assert(world_is_agreed(&world));
	cr_assert_eq(missed(), 0, "meet, cut after %lu us", (unsigned long)(after_ns / 1000));
	cr_assert(!view_of(a).old.is_valid && !view_of(b).old.is_valid);
}

Test(policy, keeps_what_a_broken_hand_over_left) {
	for (uint64_t after_ns = 0; after_ns < 8 * MS; after_ns += MS / 4) {
		break_handover(after_ns);
		close_world();
		open_listening();
	}
	for (uint64_t after_ns = SECOND; after_ns < 8 * SECOND; after_ns += 700 * MS) {
		break_handover(after_ns);
		close_world();
		open_listening();
	}
}

Test(policy, keeps_through_a_cut_of_one_direction) {
	start_keeping_pair();
	world.is_cut[0][1] = true;
	run_for(30 * SECOND);
	world.is_cut[0][1] = false;
	agree_within(2100 * MS);
	run_for(10 * SECOND);
	cr_assert(world_is_agreed(&world));
	cr_assert_eq(missed(), 0);
}

/* It does not have what we kept. */
Test(policy, is_not_secured_by_a_kept_sak_with_a_peer_that_restarted) {
	start_keeping_pair();
	node_stop(b);
	run_for(20 * SECOND);
	cr_assert_eq(a->state, MKA_KEEPING);
	b->install_error = -ENOMEM;
	node_start(b);
	for (int i = 0; i < 100; i++) {
		b->install_error = -ENOMEM;
		run_for(10 * MS);
	}
	cr_assert(view_of(a).peers[0].is_live);
	cr_assert_eq(a->state, MKA_KEEPING);
	b->install_error = 0;
	agree_within(2100 * MS);
	cr_assert_eq(a->state, MKA_SECURED);
	run_for(10 * SECOND);
	cr_assert_eq(missed(), 0);
}

Test(policy, goes_on_with_a_kept_sak_that_both_still_have) {
	start_keeping_pair();
	cut(true);
	run_for(20 * SECOND);
	b->install_error = -ENOMEM;
	cut(false);
	for (int i = 0; i < 300; i++) {
		b->install_error = -ENOMEM;
		run_for(10 * MS);
	}
	cr_assert_eq(view_of(a).n_participants, 1);
	cr_assert(view_of(a).peers[0].is_live);
	cr_assert_eq(a->state, MKA_SECURED, "the fresh one is to follow");
	cr_assert_eq(missed(), 0);
	b->install_error = 0;
	agree_within(2100 * MS);
	cr_assert_eq(missed(), 0);
}

Test(policy, keeps_no_sak_whose_cak_is_removed) {
	start_keeping_pair();
	cut(true);
	run_for(20 * SECOND);
	cr_assert_eq(node_remove_cak(a, 0), 0);
	cr_assert_null(model_transmit_sa(a));
	cr_assert_eq(a->state, MKA_FAILED);
	cr_assert(!view_of(a).latest.is_valid && !view_of(a).old.is_valid);
}

/* With a live peer the usual times hold. */
Test(policy, keeps_no_old_sak_for_a_live_peer_that_cannot_follow) {
	start_keeping_pair();
	b->install_error = -ENOMEM;
	cr_assert_eq(node_rekey(a), 0);
	for (int i = 0; i < 1230; i++) {
		b->install_error = -ENOMEM;
		run_for(10 * MS);
	}
	cr_assert(view_of(a).latest.transmits, "after the transmit delay");
	cr_assert(!view_of(a).old.is_valid, "and a life time");
}

/* With a CA that has members but comes to no SAK of its own. */
Test(policy, keeps_a_sak_whose_cak_is_removed_for_a_while_only) {
	struct mka_cak second = world_cak(1);

	start_keeping_pair();
	for (int i = 0; i < 2; i++) {
		second.is_fallback = true;
		cr_assert_eq(node_add_cak(&world.nodes[i], &second), 0);
	}
	run_for(3 * SECOND);
	cr_assert_eq(view_of(a).participants[1].n_live, 1);
	a->install_error = -ENOMEM;
	cr_assert_eq(node_remove_cak(a, 0), 0);
	for (int i = 0; i < 580; i++) {
		a->install_error = b->install_error = -ENOMEM;
		cr_assert_not_null(model_transmit_sa(a), "it carries traffic still");
		run_for(10 * MS);
	}
	for (int i = 0; i < 340; i++) {
		a->install_error = b->install_error = -ENOMEM;
		run_for(10 * MS);
	}
	cr_assert_null(model_transmit_sa(a));
}

/* Plain transmission and reception. */

Test(policy, tells_of_unprotected_traffic_while_no_sak_transmits) {
	add_pair(SUITE_GCM_AES_128);
	a->config.allows_plain = true;
	node_start(b);
	run_for(SECOND);
	cr_assert(!said[1].has_use, "b is strict");
	b->install_error = -ENOMEM;
	node_start(a);
	run_for(3 * MS / 2);
	cr_assert(said[0].has_use && said[0].use.is_empty, "no SAK");
	cr_assert(said[0].use.plain_tx && said[0].use.plain_rx);
	cr_assert(view_of(b).peers[0].plain_tx && view_of(b).peers[0].plain_rx);
	for (int i = 0; i < 100; i++) {
		b->install_error = -ENOMEM;
		run_for(10 * MS);
	}
	cr_assert(said[0].has_use && !said[0].use.is_empty, "a SAK, not in use yet");
	cr_assert(said[0].use.latest.receives && !said[0].use.latest.transmits);
	cr_assert(said[0].use.plain_tx && said[0].use.plain_rx);
	b->install_error = 0;
	agree_within(3 * SECOND);
	run_for(5 * SECOND);
	plain_told = 0;
	run_for(10 * SECOND);
	cr_assert_eq(plain_told, 0);
	cr_assert(!view_of(b).peers[0].plain_tx && !view_of(b).peers[0].plain_rx);
	node_stop(b);
	run_for(7 * SECOND);
	cr_assert_eq(a->state, MKA_FAILED);
	cr_assert(said[0].use.is_empty && said[0].use.plain_tx, "and again after a failure");
}

Test(policy, never_tells_of_unprotected_traffic_that_is_not_allowed) {
	add_pair(SUITE_GCM_AES_128);
	node_start(a);
	run_for(5 * SECOND);
	cr_assert(!said[0].has_use);
	node_start(b);
	agree_within(50 * MS);
	run_for(5 * SECOND);
	node_stop(b);
	run_for(10 * SECOND);
	cr_assert_eq(plain_told, 0);
}

/* A SAK that is kept protects. */
Test(policy, tells_of_no_unprotected_traffic_while_a_sak_is_kept) {
	start_keeping_pair();
	a->kay->config.allows_plain = true;
	node_stop(b);
	run_for(20 * SECOND);
	cr_assert_eq(a->state, MKA_KEEPING);
	cr_assert(!said[0].use.plain_tx && !said[0].use.plain_rx);
	cr_assert_eq(plain_told, 0);
}
