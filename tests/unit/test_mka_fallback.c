/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The fallback CAK, in simulated time: it takes over when the primary cannot be agreed, and the
 * primary takes back, without losing a frame where a SAK is in use.
 */
#include "tests/unit/mka_caks.h"

#include <criterion/criterion.h>

TestSuite(fallback, .init = open_caks, .fini = close_world);

Test(fallback, is_not_touched_while_the_primary_is_fine) {
	start_with_primary();
	run_for(60 * SECOND);
	cr_assert_eq(world.n_keys, 1);
	cr_assert_eq(view_of(a).principal_changes, 1);
	cr_assert_eq(view_of(b).principal_changes, 1);
	assert_hitless();
}

/* The fallback is heard first, as the primary's first MKPDUs are lost. */
Test(fallback, does_not_overtake_a_primary_that_comes_up_a_moment_later) {
	add_pair(SUITE_GCM_AES_XPN_256);
	a->caks[0] = b->caks[0] = fallback();
	node_start(a);
	node_start(b);
	run_for(100 * MS);
	cr_assert_eq(in_use(a), FALLBACK, "at once when there is no other");
	close_world();
	open_caks();
	add_pair(SUITE_GCM_AES_XPN_256);
	a->caks[0] = b->caks[0] = fallback();
	give(a, cak(1));
	node_start(a);
	node_start(b);
	run_for(500 * MS);
	cr_assert_eq(principal_of(a), NO_CAK);
	give(b, cak(1));
	use_within(1, 100 * MS);
	cr_assert_eq(world.n_keys, 1);
}

static void mismatch_at(bool at_server) {
	uint64_t took_ns;

	add_pair_with_fallback();
	(at_server ? a : b)->caks[0] = with_wrong_key(cak(0));
	start_all();
	took_ns = use_within(FALLBACK, 1500 * MS);
	cr_assert_geq(took_ns, SECOND, "the primary has its chance");
	run_for(30 * SECOND);
	cr_assert_eq(world.n_keys, 1);
	cr_assert_gt(view_of(a).refused[MKA_REFUSED_ICV], 3);
	take_away(at_server ? a : b, 0);
	give(at_server ? a : b, cak(0));
	use_within(0, 300 * MS);
	run_for(10 * SECOND);
	cr_assert(world_is_agreed(&world));
	cr_assert_eq(world.n_keys, 2);
	assert_hitless();
}

Test(fallback, takes_over_when_the_key_servers_primary_differs_until_it_is_mended) {
	mismatch_at(true);
}

Test(fallback, takes_over_when_the_members_primary_differs_until_it_is_mended) {
	mismatch_at(false);
}

/* A wrong primary replaces a right one on a link that runs. */
static void break_primary(bool at_server, uint64_t after_ns) {
	struct node *which;

	start_with_primary();
	which = at_server ? a : b;
	run_for(after_ns);
	take_away(which, 0);
	give(which, with_wrong_key(cak(0)));
	use_within(FALLBACK, 8 * SECOND);
	run_for(20 * SECOND);
	cr_assert(world_is_agreed(&world));
	cr_assert_eq(in_use(a), FALLBACK);
	take_away(which, 0);
	give(which, cak(0));
	use_within(0, 500 * MS);
	run_for(10 * SECOND);
	assert_hitless();
	close_world();
	open_caks();
}

Test(fallback, takes_over_hitless_when_the_primary_is_broken_at_one_end) {
	for (uint64_t after_ns = 0; after_ns < 2 * SECOND; after_ns += 170 * MS) {
		break_primary(true, after_ns);
		break_primary(false, after_ns);
	}
}

static void remove_primary(bool at_server, uint64_t after_ns) {
	start_with_primary();
	run_for(after_ns);
	take_away(at_server ? a : b, 0);
	cr_assert_eq(view_of(at_server ? a : b).state, MKA_SECURED);
	run_for(at_server ? 2500 * MS : 6100 * MS);
	cr_assert_eq(in_use(a), FALLBACK);
	cr_assert_eq(in_use(b), FALLBACK, "it follows before it knows why");
	use_within(FALLBACK, 6 * SECOND);
	run_for(20 * SECOND);
	cr_assert(world_is_agreed(&world));
	cr_assert_eq(principal_of(a), FALLBACK);
	cr_assert_eq(principal_of(b), FALLBACK);
	assert_hitless();
	close_world();
	open_caks();
}

Test(fallback, takes_over_hitless_when_the_key_server_drops_the_primary) {
	for (uint64_t after_ns = 0; after_ns < 2 * SECOND; after_ns += 70 * MS)
		remove_primary(true, after_ns);
}

Test(fallback, takes_over_hitless_when_the_member_drops_the_primary) {
	for (uint64_t after_ns = 0; after_ns < 2 * SECOND; after_ns += 70 * MS)
		remove_primary(false, after_ns);
}

Test(fallback, is_enough_for_a_peer_that_has_nothing_else) {
	add_pair(SUITE_GCM_AES_XPN_256);
	give(a, fallback());
	b->caks[0] = fallback();
	start_all();
	use_within(FALLBACK, 1200 * MS);
	run_for(20 * SECOND);
	cr_assert_gt(view_of(b).refused[MKA_REFUSED_CKN_UNKNOWN], 3);
	give(b, cak(0));
	use_within(0, 300 * MS);
	assert_hitless();
}

/* It is accepted from a key server, and not chosen, before its start. */
Test(fallback, may_have_a_start_too) {
	add_pair(SUITE_GCM_AES_XPN_256);
	give(a, to_accept(fallback()));
	give(b, fallback());
	a->caks[0] = with_wrong_key(cak(0));
	start_all();
	run_for(20 * SECOND);
	cr_assert_eq(world.n_keys, 0);
	change(a, fallback());
	change(b, to_accept(fallback()));
	run_for(3 * SECOND);
	cr_assert_eq(in_use(b), FALLBACK);
	cr_assert_eq(principal_of(b), FALLBACK);
}

/* A mark that comes later. */
Test(fallback, is_what_a_cak_becomes_by_its_mark) {
	struct mka_cak marked = cak(1);

	add_pair(SUITE_GCM_AES_XPN_256);
	give(a, cak(1));
	give(b, cak(1));
	start_all();
	use_within(1, 100 * MS);
	run_for(10 * SECOND);
	marked.is_fallback = true;
	change(a, marked);
	change(b, marked);
	use_within(0, SECOND);
	assert_hitless();
}

/* The last resort of three: a primary that fails, one that is next, the fallback. */
Test(fallback, comes_after_every_other_cak) {
	add_pair_with_fallback();
	give(a, cak(1));
	give(b, cak(1));
	start_all();
	use_within(1, 100 * MS);
	run_for(10 * SECOND);
	take_away(b, 1);
	use_within(0, 7 * SECOND);
	run_for(10 * SECOND);
	take_away(a, 0);
	use_within(FALLBACK, 7 * SECOND);
	run_for(10 * SECOND);
	give(b, cak(1));
	use_within(1, SECOND);
	assert_hitless();
}

/* Nobody is left in any CA, and both come back. */
Test(fallback, and_primary_fail_and_come_back_together) {
	start_with_primary();
	world.is_cut[0][1] = world.is_cut[1][0] = true;
	run_for(7 * SECOND);
	cr_assert_eq(view_of(a).state, MKA_FAILED);
	cr_assert_eq(principal_of(b), NO_CAK);
	world.is_cut[0][1] = world.is_cut[1][0] = false;
	use_within(0, 2500 * MS);
	cr_assert_eq(world.n_keys, 2);
}
