/* SPDX-License-Identifier: BSD-3-Clause */
/* Several CAKs among three and more members: who is cut off, and who must not be. */
#include "tests/unit/mka_caks.h"

#include <criterion/criterion.h>

TestSuite(group_caks, .init = open_caks, .fini = close_world);

/* The new CAK comes to one device after the other. */
static void roll_over(const unsigned int order[3]) {
	add_three();
	start_all();
	use_within(0, 200 * MS);
	run_for(5 * SECOND);
	for (unsigned int i = 0; i < 3; i++) {
		cr_assert_eq(in_use(a), 0, "not all have it yet");
		cr_assert_eq(in_use(c), 0);
		give(&world.nodes[order[i]], cak(1));
		run_for(8 * SECOND);
	}
	cr_assert(world_is_agreed(&world));
	cr_assert_eq(in_use(a), 1);
	for (unsigned int i = 0; i < 3; i++) {
		take_away(&world.nodes[order[i]], 0);
		run_for(3 * SECOND);
	}
	run_for(10 * SECOND);
	use_within(1, SECOND);
	assert_hitless();
	close_world();
	open_caks();
}

Test(group_caks, cuts_nobody_off_while_a_new_cak_comes_to_one_member_after_the_other) {
	static const unsigned int orders[][3] = {{0, 1, 2}, {1, 2, 0}, {2, 0, 1}, {2, 1, 0}};

	for (unsigned int i = 0; i < 4; i++)
		roll_over(orders[i]);
}

/* The members that have the newer one stay with it until one comes that has not. */
Test(group_caks, goes_back_to_a_cak_that_a_newcomer_needs) {
	add_three();
	give(a, cak(1));
	give(b, cak(1));
	node_start(a);
	node_start(b);
	use_within(1, 200 * MS);
	run_for(10 * SECOND);
	node_start(c);
	use_within(0, 3 * SECOND);
	run_for(10 * SECOND);
	assert_hitless();
	give(c, cak(1));
	use_within(1, 3 * SECOND);
	run_for(10 * SECOND);
	assert_hitless();
}

/* It is heard in one CA a moment before the other. */
Test(group_caks, does_not_waver_when_a_member_comes_or_goes) {
	uint64_t changes;

	add_three();
	for (unsigned int i = 0; i < 3; i++)
		give(&world.nodes[i], cak(1));
	start_all();
	use_within(1, 200 * MS);
	run_for(10 * SECOND);
	changes = view_of(a).principal_changes;
	for (unsigned int i = 0; i < 6; i++) {
		/* Its hellos come at other times in the other CA. */
		take_away(c, 0);
		run_for(300 * MS * i);
		give(c, cak(0));
		run_for(5 * SECOND);
		node_stop(c);
		run_for(10 * SECOND + i * 311 * MS);
		c->caks[i & 1] = cak(0);
		c->caks[!(i & 1)] = cak(1);
		node_start(c);
		run_for(5 * SECOND);
		cr_assert(world_is_agreed(&world));
	}
	cr_assert_eq(view_of(a).principal_changes, changes);
	cr_assert_eq(view_of(b).principal_changes, changes);
	cr_assert_eq(a->cut + b->cut, 0);
}

/* Primary among a and b; fallback with c, which has the better priority, and nothing else. */
static void add_foreign_fallback_server(void) {
	add_pair(SUITE_GCM_AES_XPN_256);
	c = world_add(&world, 5, SUITE_GCM_AES_XPN_256);
	give(a, fallback());
	give(b, fallback());
	c->caks[0] = fallback();
}

Test(group_caks, have_a_key_server_each) {
	uint64_t cut;

	add_foreign_fallback_server();
	start_all();
	run_for(20 * SECOND);
	cr_assert_eq(in_use(a), 0);
	cr_assert_eq(in_use(b), 0);
	cr_assert_eq(view_of(a).key_server_sci, a->config.sci);
	cr_assert_eq(view_of(a).participants[1].key_server_sci, c->config.sci);
	cr_assert_eq(view_of(a).participants[1].n_live, 2);
	cr_assert_eq(a->cut + b->cut, 0);
	take_away(a, 0);
	run_for(9 * SECOND);
	cr_assert_eq(in_use(a), FALLBACK);
	cr_assert_eq(in_use(b), FALLBACK);
	cr_assert_eq(view_of(b).key_server_sci, c->config.sci);
	/* a moved to the SAK that c uses already; b learned within a life time that a had left. */
	cut = a->cut + b->cut;
	run_for(10 * SECOND);
	cr_assert_eq(a->cut + b->cut, cut, "together again");
	cr_assert_eq(c->cut, 0);
	give(a, cak(0));
	run_for(3 * SECOND);
	cr_assert_eq(in_use(a), 0);
	cr_assert_eq(in_use(b), 0);
	cr_assert_eq(a->cut + b->cut, cut, "a key server of both moves them hitless");
}

/* CAK 0 for a and b, 1 for b and c: two key servers that know nothing of each other, and choose the
 * same ANs. b can be in one CA at a time. */
Test(group_caks, with_colliding_ans_take_turns) {
	add_three();
	node_start(a);
	node_start(b);
	use_within(0, 200 * MS);
	run_for(5 * SECOND);
	c->caks[0] = cak(1);
	c->config.key_server_priority = 3;
	node_start(c);
	run_for(SECOND);
	give(b, cak(1));
	run_for(1900 * MS);
	cr_assert_eq(in_use(b), 0, "its AN carries traffic");
	run_for(500 * MS);
	cr_assert_eq(in_use(b), 1, "the better key server");
	cr_assert_eq(view_of(b).latest.an, 0);
	cr_assert_eq(in_use(c), 1);
	node_stop(c);
	run_for(10 * SECOND);
	cr_assert_eq(in_use(b), 0, "back with a");
	cr_assert_eq(in_use(a), 0);
	assert_sound();
}

/* The key server of the better CAK does not serve it for a long time; among the others b does. */
Test(group_caks, does_without_a_key_server_that_is_late) {
	struct mka_cak lesser = cak(1);

	add_three();
	lesser.rank = -1;
	a->caks[0] = to_accept(cak(0));
	give(b, lesser);
	c->caks[0] = lesser;
	start_all();
	run_for(7 * SECOND);
	cr_assert_eq(in_use(b), NO_CAK);
	run_for(2 * SECOND);
	cr_assert_eq(in_use(b), 1);
	cr_assert_eq(in_use(c), 1);
	change(a, cak(0));
	run_for(3 * SECOND);
	cr_assert_eq(in_use(b), 0);
	cr_assert_eq(principal_of(b), 0, "no longer given up");
	assert_sound();
}

/* Two of four share one CAK, all of them another, which is older. */
Test(group_caks, of_all_comes_before_the_one_of_a_few) {
	struct node *d;

	add_three();
	d = world_add(&world, 16, SUITE_GCM_AES_XPN_256);
	give(c, cak(1));
	give(d, cak(1));
	start_all();
	run_for(10 * SECOND);
	cr_assert(world_is_agreed(&world));
	cr_assert_eq(in_use(d), 0);
	cr_assert_eq(view_of(d).latest.ki.kn, view_of(a).latest.ki.kn);
	run_for(30 * SECOND);
	cr_assert(world_is_agreed(&world));
}

/* The fallback stays the last resort also in a group: a member whose primary is wrong is alone. */
Test(group_caks, do_not_fall_back_for_one_member) {
	add_three();
	for (unsigned int i = 0; i < 3; i++)
		give(&world.nodes[i], fallback());
	c->caks[0] = with_wrong_key(cak(0));
	start_all();
	run_for(30 * SECOND);
	cr_assert_eq(in_use(a), 0);
	cr_assert_eq(in_use(b), 0);
	cr_assert_eq(in_use(c), NO_CAK);
	cr_assert_eq(a->cut + b->cut, 0);
	take_away(c, 0);
	give(c, cak(0));
	use_within(0, SECOND);
}

Test(group_caks, of_eight_members_change_hitless) {
	add_three();
	while (world.n_nodes < 8)
		world_add(&world, 16, SUITE_GCM_AES_XPN_256);
	world.data_interval_ns = 20 * MS;
	world.network.delay_min_ns = world.network.delay_max_ns = 10 * MS;
	start_all();
	use_within(0, SECOND);
	run_for(5 * SECOND);
	for (unsigned int i = 8; i > 0; i--) {
		give(&world.nodes[(i * 3) % 8], cak(1));
		run_for(world_below(&world, 2 * SECOND));
	}
	use_within(1, 5 * SECOND);
	run_for(5 * SECOND);
	for (unsigned int i = 0; i < 8; i++) {
		take_away(&world.nodes[i], 0);
		run_for(world_below(&world, 2 * SECOND));
	}
	run_for(10 * SECOND);
	cr_assert(world_is_agreed(&world));
	assert_hitless();
}
