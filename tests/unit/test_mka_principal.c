/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Several CAKs on one link, in simulated time: which one is used, and how a link moves from one to
 * another without losing a frame. One end is key server (a, by its SCI), the other follows.
 */
#include "tests/unit/mka_caks.h"

#include <criterion/criterion.h>

#include <errno.h>

TestSuite(principal, .init = open_caks, .fini = close_world);

Test(principal, is_the_cak_that_started_last_on_both_ends) {
	add_pair(SUITE_GCM_AES_XPN_256);
	give(a, cak(1));
	give(a, cak(2));
	give(b, cak(2));
	give(b, cak(1));
	node_start(a);
	node_start(b);
	use_within(2, 100 * MS);
	run_for(10 * SECOND);
	cr_assert(world_is_agreed(&world));
	cr_assert_eq(in_use(b), 2);
	cr_assert(!view_of(a).old.is_valid && !view_of(b).old.is_valid, "one SAK");
	assert_hitless();
}

Test(principal, moves_hitless_when_the_key_server_learns_of_the_new_cak_first) {
	static const uint64_t delays_ns[] = {MS / 10, 30 * MS, 400 * MS};

	for (unsigned int i = 0; i < 3; i++) {
		start_with_first(delays_ns[i]);
		give(a, cak(1));
		run_for(9 * SECOND);
		cr_assert_eq(in_use(a), 0);
		give(b, cak(1));
		use_within(1, 500 * MS + 10 * delays_ns[i]);
		run_for(8 * SECOND);
		assert_hitless();
		close_world();
		open_caks();
	}
}

Test(principal, moves_hitless_when_the_member_learns_of_the_new_cak_first) {
	static const uint64_t delays_ns[] = {MS / 10, 30 * MS, 400 * MS};

	for (unsigned int i = 0; i < 3; i++) {
		start_with_first(delays_ns[i]);
		give(b, cak(1));
		run_for(9 * SECOND);
		cr_assert_eq(in_use(b), 0);
		give(a, cak(1));
		use_within(1, 500 * MS + 10 * delays_ns[i]);
		run_for(8 * SECOND);
		assert_hitless();
		close_world();
		open_caks();
	}
}

Test(principal, change_of_it_makes_one_sak) {
	start_with_first(MS);
	cr_assert_eq(world.n_keys, 1);
	give(a, cak(1));
	give(b, cak(1));
	use_within(1, SECOND);
	run_for(20 * SECOND);
	cr_assert_eq(world.n_keys, 2);
	cr_assert_eq(view_of(a).principal_changes, 2);
	cr_assert_eq(view_of(b).principal_changes, 2);
}

static void remove_first_cak(bool at_server_first, uint64_t gap_ns) {
	start_with_first(MS);
	give(a, cak(1));
	give(b, cak(1));
	use_within(1, SECOND);
	take_away(at_server_first ? a : b, 0);
	run_for(gap_ns);
	take_away(at_server_first ? b : a, 0);
	run_for(15 * SECOND);
	cr_assert(world_is_agreed(&world));
	cr_assert_eq(in_use(a), 1);
	assert_hitless();
	close_world();
	open_caks();
}

Test(principal, loses_nothing_when_the_former_cak_goes_at_one_end_first) {
	static const uint64_t gaps_ns[] = {0, 100 * MS, 3 * SECOND, 20 * SECOND};

	for (unsigned int i = 0; i < 4; i++) {
		remove_first_cak(true, gaps_ns[i]);
		remove_first_cak(false, gaps_ns[i]);
	}
}

/* The CAK in use goes, first at one end only; another one that both may choose is there. */
static void remove_used_cak(bool at_server, uint64_t after_ns) {
	uint64_t took_ns;

	start_with_first(MS);
	give(a, cak(1));
	give(b, cak(1));
	run_for(10 * SECOND + after_ns);
	cr_assert_eq(in_use(a), 1);
	take_away(at_server ? a : b, 1);
	took_ns = use_within(0, 10 * SECOND);
	cr_log_info("taken over after %lu ms", (unsigned long)(took_ns / MS));
	run_for(10 * SECOND);
	assert_hitless();
	close_world();
	open_caks();
}

/* A hello may have just been sent, or be due. */
Test(principal, loses_nothing_when_the_cak_in_use_is_removed_at_one_end) {
	for (uint64_t after_ns = 0; after_ns < 2 * SECOND; after_ns += 130 * MS) {
		remove_used_cak(true, after_ns);
		remove_used_cak(false, after_ns);
	}
}

Test(principal, changes_with_a_rank_or_a_use) {
	struct mka_cak better = cak(0);

	start_with_first(MS);
	give(a, cak(1));
	give(b, cak(1));
	use_within(1, SECOND);
	run_for(10 * SECOND);
	better.rank = 7;
	change(a, better);
	run_for(3 * SECOND);
	cr_assert_eq(in_use(b), 0, "the key server's word counts");
	change(b, better);
	use_within(0, SECOND);
	run_for(10 * SECOND);
	change(a, to_accept(better));
	change(b, to_accept(better));
	use_within(1, SECOND);
	run_for(10 * SECOND);
	assert_hitless();
}

/* A SAK of each choice may be on its way when the next choice is made. */
Test(principal, that_changes_again_and_again_loses_nothing) {
	struct mka_cak other = cak(0);

	start_with_first(20 * MS);
	give(a, cak(1));
	give(b, cak(1));
	use_within(1, 5 * SECOND);
	for (unsigned int i = 0; i < 400; i++) {
		other.rank = other.rank == 0 ? 9 : 0;
		change(i & 4 ? b : a, other);
		run_for(world_below(&world, i < 200 ? 100 * MS : 3 * SECOND));
	}
	other.rank = 0;
	change(a, other);
	change(b, other);
	use_within(1, 10 * SECOND);
	run_for(10 * SECOND);
	cr_assert(world_is_agreed(&world));
	assert_hitless();
}

/* The one in use is not stalled by a change of mind. */
Test(principal, goes_back_at_once_while_the_other_has_only_been_proposed) {
	struct mka_cak other = cak(0);
	uint32_t n_keys;

	start_with_first(20 * MS);
	give(a, cak(1));
	give(b, cak(1));
	use_within(1, 5 * SECOND);
	run_for(10 * SECOND);
	n_keys = world.n_keys;
	other.rank = 9;
	change(a, other);
	run_for(5 * MS);
	other.rank = 0;
	change(a, other);
	cr_assert_eq(view_of(a).latest.ckn[2], 1, "the proposed one is gone");
	run_for(30 * SECOND);
	cr_assert(world_is_agreed(&world));
	cr_assert_eq(in_use(a), 1);
	cr_assert_eq(principal_of(a), 1);
	cr_assert_eq(world.n_keys, n_keys + 1);
	cr_assert(!view_of(b).old.is_valid, "nothing is left of it");
	assert_hitless();
}

/* The CAK of a SAK that was only proposed goes: nothing is left of either. */
Test(principal, that_was_only_proposed_leaves_nothing) {
	start_with_first(20 * MS);
	give(b, cak(1));
	run_for(5 * SECOND);
	give(a, cak(1));
	while (principal_of(a) == 0)
		run_for(MS);
	cr_assert_eq(view_of(a).latest.ckn[2], 1);
	take_away(a, 1);
	cr_assert_eq(view_of(a).latest.ckn[2], 0);
	cr_assert(!view_of(a).old.is_valid);
	run_for(30 * SECOND);
	cr_assert(world_is_agreed(&world));
	cr_assert_eq(in_use(b), 0);
	assert_hitless();
}

Test(principal, rekeys_by_hand_and_on_a_timer_are_its_alone) {
	add_pair(SUITE_GCM_AES_XPN_128);
	a->config.rekey_interval_s = 10;
	give(a, cak(1));
	give(b, cak(1));
	node_start(a);
	node_start(b);
	use_within(1, SECOND);
	run_for(35 * SECOND);
	cr_assert_eq(view_of(a).latest.ki.kn, 4);
	cr_assert_eq(node_rekey(b), -EPERM);
	cr_assert_eq(node_rekey(a), 0);
	run_for(5 * SECOND);
	cr_assert_eq(view_of(b).latest.ki.kn, 5);
	cr_assert_eq(in_use(b), 1);
	assert_hitless();
}

/* Without anything that follows, the SAK of a removed CAK lasts as long as the others may need to
 * notice and to hand over, no longer. */
Test(principal, that_was_removed_leaves_a_sak_for_nine_seconds) {
	start_with_first(MS);
	give(a, to_accept(cak(1)));
	give(b, to_accept(cak(1)));
	run_for(5 * SECOND);
	take_away(b, 0);
	cr_assert_eq(view_of(b).state, MKA_SECURED);
	cr_assert_eq(view_of(b).latest.ckn_octets, 0, "its CAK is gone");
	run_for(8900 * MS);
	cr_assert_eq(view_of(b).state, MKA_SECURED);
	run_for(200 * MS);
	cr_assert_eq(view_of(b).state, MKA_PENDING);
	cr_assert(!view_of(b).latest.is_valid && !view_of(b).old.is_valid);
	cr_assert_null(model_transmit_sa(b));
	run_for(6 * SECOND);
	cr_assert_neq(view_of(a).state, MKA_SECURED, "a lost its last member in that CA");
}

Test(principal, that_was_removed_last_leaves_nothing) {
	start_with_first(MS);
	cr_assert_eq(mka_remove_cak(b->kay, cak(0).ckn, cak(0).ckn_octets, world.now_ns), 0);
	b->n_caks = 0;
	cr_assert_eq(view_of(b).state, MKA_FAILED, "at once, before any tick");
	cr_assert_null(model_transmit_sa(b));
	cr_assert_eq(view_of(b).n_participants, 0);
	give(b, cak(0));
	use_within(0, 100 * MS);
}

/* Nobody lives in the other CA: the SAK would have nothing to bridge to. */
Test(principal, that_was_removed_leaves_nothing_without_a_live_peer_elsewhere) {
	start_with_first(MS);
	give(b, cak(1));
	run_for(5 * SECOND);
	take_away(b, 0);
	cr_assert_null(model_transmit_sa(b));
	cr_assert_eq(view_of(b).state, MKA_FAILED);
}

Test(principal, of_many_is_the_last_and_each_may_be_the_only_one_left) {
	add_pair(SUITE_GCM_AES_256);
	for (uint8_t n = 1; n < MKA_PARTICIPANTS_MAX; n++) {
		give(a, cak(n));
		give(b, cak((uint8_t)(MKA_PARTICIPANTS_MAX - n)));
	}
	node_start(a);
	node_start(b);
	use_within(MKA_PARTICIPANTS_MAX - 1, 200 * MS);
	run_for(10 * SECOND);
	for (uint8_t n = MKA_PARTICIPANTS_MAX - 1; n > 0; n--) {
		take_away(n & 1 ? a : b, n);
		use_within(n - 1, 10 * SECOND);
		take_away(n & 1 ? b : a, n);
		run_for(5 * SECOND);
	}
	cr_assert_eq(view_of(a).n_participants, 1);
	assert_hitless();
}
