/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * CAKs that may be accepted and not yet chosen, at ends whose clocks differ: the key server's clock
 * counts, and nobody loses a frame.
 */
#include "tests/unit/mka_caks.h"

#include <criterion/criterion.h>

#include <errno.h>

TestSuite(clocks, .init = open_caks, .fini = close_world);

Test(clocks, is_not_a_cak_before_its_start) {
	start_with_first(MS);
	give(a, to_accept(cak(1)));
	give(b, to_accept(cak(1)));
	run_for(60 * SECOND);
	cr_assert_eq(in_use(a), 0);
	cr_assert_eq(principal_of(b), 0);
	cr_assert_eq(world.n_keys, 1);
	cr_assert_eq(view_of(a).participants[1].n_live, 1);
	assert_hitless();
}

Test(clocks, is_nobody_while_no_cak_has_started) {
	add_pair(SUITE_GCM_AES_128);
	a->caks[0].use = b->caks[0].use = MKA_USE_ACCEPT;
	node_start(a);
	node_start(b);
	run_for(20 * SECOND);
	cr_assert_eq(principal_of(a), NO_CAK);
	cr_assert_eq(view_of(b).state, MKA_PENDING);
	cr_assert_eq(mka_rekey(a->kay, world.now_ns), -ENOTCONN);
	cr_assert_eq(world.n_keys, 0);
}

/* The member's clock is 30 s behind: for so long it would not choose the new CAK itself. */
Test(clocks, follows_a_key_server_whose_clock_is_ahead) {
	start_with_first(MS);
	give(a, to_accept(cak(1)));
	give(b, to_accept(cak(1)));
	run_for(5 * SECOND);
	change(a, cak(1));
	run_for(3 * SECOND);
	cr_assert_eq(in_use(a), 1);
	cr_assert_eq(in_use(b), 1);
	run_for(27 * SECOND);
	cr_assert_eq(node_rekey(a), 0);
	run_for(5 * SECOND);
	cr_assert_eq(in_use(b), 1);
	cr_assert_eq(view_of(b).latest.ki.kn, 2);
	change(b, cak(1));
	use_within(1, SECOND);
	run_for(60 * SECOND);
	cr_assert_eq(world.n_keys, 3);
	assert_hitless();
}

/* Also when the former CAK, which it would still choose, ends at the key server. */
static void drop_former_early(uint64_t after_ns) {
	start_with_first(MS);
	give(a, to_accept(cak(1)));
	give(b, to_accept(cak(1)));
	run_for(5 * SECOND);
	change(a, cak(1));
	run_for(after_ns);
	take_away(a, 0);
	run_for(30 * SECOND);
	cr_assert_eq(in_use(b), 1);
	cr_assert_eq(node_rekey(a), 0);
	run_for(5 * SECOND);
	cr_assert_eq(in_use(b), 1);
	take_away(b, 0);
	change(b, cak(1));
	run_for(10 * SECOND);
	use_within(1, SECOND);
	assert_hitless();
	close_world();
	open_caks();
}

Test(clocks, follows_an_early_key_server_that_drops_the_former_cak) {
	drop_former_early(0);
	drop_former_early(SECOND);
	drop_former_early(3 * SECOND);
}

Test(clocks, waits_for_a_key_server_whose_clock_is_behind) {
	start_with_first(MS);
	give(a, to_accept(cak(1)));
	give(b, to_accept(cak(1)));
	run_for(5 * SECOND);
	change(b, cak(1));
	for (unsigned int s = 0; s < 30; s++) {
		run_for(SECOND);
		cr_assert_eq(in_use(b), 0);
		cr_assert_eq(principal_of(b), 0, "the CAK in use");
	}
	cr_assert_eq(node_rekey(a), 0);
	run_for(5 * SECOND);
	cr_assert_eq(view_of(b).latest.ki.kn, 2);
	change(a, cak(1));
	use_within(1, SECOND);
	assert_hitless();
}

/* A SAK of ours that was given up before it was used must not be the last one ever made. */
Test(clocks, rekey_again_after_a_change_that_was_taken_back) {
	struct mka_cak next = to_accept(cak(1));

	add_pair(SUITE_GCM_AES_XPN_256);
	next.rank = 5;
	give(a, next);
	give(b, next);
	a->config.rekey_interval_s = b->config.rekey_interval_s = 30;
	start_all();
	use_within(0, 2 * SECOND);
	run_for(10 * SECOND);
	world.network.loss_permille = 1000;
	cr_assert_eq(node_rekey(a), 0);
	run_for(300 * MS);
	next.use = MKA_USE_SEND;
	change(a, next);
	run_for(100 * MS);
	next.use = MKA_USE_ACCEPT;
	change(a, next);
	world.network.loss_permille = 0;
	run_for(100 * SECOND);
	cr_assert_eq(in_use(a), 0);
	cr_assert_lt(view_of(a).latest.age_ns, 40 * SECOND);
	cr_assert_eq(missed(), 0);
}
