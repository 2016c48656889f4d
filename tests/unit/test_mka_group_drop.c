/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A member of a group drops a CAK, or cannot take a SAK, while SAKs are handed over: the others go
 * on, and nobody loses a frame that could be heard.
 */
#include "tests/unit/mka_caks.h"

#include <criterion/criterion.h>

#include <errno.h>

TestSuite(group_drop, .init = open_caks, .fini = close_world);

/* A member drops the CAK in use; the others keep it, and would go on without that member. */
static void drop_in_group(struct node *which, bool rekeys_on_loss, uint64_t after_ns) {
	run_for(after_ns);
	cr_assert_eq(in_use(a), 1);
	a->kay->config.rekeys_on_loss = rekeys_on_loss;
	take_away(which, 1);
	run_for(10 * SECOND);
	cr_assert(world_is_agreed(&world));
	cr_assert_eq(in_use(a), 0);
	assert_hitless();
	close_world();
	open_caks();
}

Test(group_drop, keeps_a_member_that_dropped_the_cak_in_use) {
	for (uint64_t after_ns = 0; after_ns < 2 * SECOND; after_ns += 150 * MS)
		for (unsigned int i = 0; i < 3; i++) {
			start_three_with_two_caks();
			drop_in_group(&world.nodes[i], i & 1, after_ns);
			start_three_with_two_caks();
			drop_in_group(&world.nodes[i], !(i & 1), after_ns);
		}
}

/* The one that dropped it could serve another member in a CA of the two; but its key server takes
 * it along as soon as it notices. */
static void drop_with_a_smaller_choice(uint64_t after_ns) {
	add_three();
	for (unsigned int i = 0; i < 3; i++)
		give(&world.nodes[i], cak(2));
	give(b, cak(1));
	give(c, cak(1));
	start_all();
	use_within(2, 200 * MS);
	run_for(10 * SECOND + after_ns);
	take_away(b, 2);
	run_for(12 * SECOND);
	cr_assert(world_is_agreed(&world));
	cr_assert_eq(in_use(a), 0);
	assert_hitless();
	close_world();
	open_caks();
}

Test(group_drop, waits_for_the_key_server_to_notice_a_dropped_cak) {
	for (uint64_t after_ns = 0; after_ns < 2 * SECOND; after_ns += 90 * MS)
		drop_with_a_smaller_choice(after_ns);
}

/* Two CAKs go at a member before the key server noticed that the first did. */
Test(group_drop, keep_a_member_that_drops_one_after_the_other) {
	for (uint64_t gap_ns = 1; gap_ns < 6; gap_ns++) {
		start_three_with_two_caks();
		for (unsigned int i = 0; i < 3; i++)
			give(&world.nodes[i], cak(2));
		use_within(2, 6 * SECOND);
		run_for(5 * SECOND);
		take_away(c, 2);
		run_for(gap_ns * SECOND);
		take_away(c, 1);
		run_for(15 * SECOND);
		cr_assert(world_is_agreed(&world));
		cr_assert_eq(in_use(a), 0);
		assert_hitless();
		close_world();
		open_caks();
	}
}

/* Both CAs have SAKs at all members: their ANs never meet. */
Test(group_drop, of_one_group_never_share_an_an) {
	struct mka_cak other = cak(0);

	start_three_with_two_caks();
	for (unsigned int i = 0; i < 30; i++) {
		other.rank = other.rank == 0 ? 9 : 0;
		for (unsigned int j = 0; j < 3; j++)
			change(&world.nodes[j], other);
		run_for(world_below(&world, 5 * SECOND));
	}
	assert_hitless();
}

static int refuse_all(struct node *node, const struct sak *sak) {
	(void)node, (void)sak;
	return -ENOMEM;
}

/* A key server that waits for somebody else moves a transmit delay after it made the SAK; its word
 * of that may take longer than the SAK did. */
Test(group_drop, do_not_give_up_a_sak_just_before_the_key_server_uses_it) {
	uint32_t kn;

	add_three();
	start_all();
	use_within(0, 200 * MS);
	run_for(5 * SECOND);
	kn = view_of(b).latest.ki.kn + 1;
	c->refuses = refuse_all;
	cr_assert_eq(node_rekey(a), 0);
	run_for(5 * SECOND);
	cr_assert_eq(view_of(b).latest.ki.kn, kn);
	cr_assert(!view_of(b).latest.transmits);
	world.network.delay_min_ns = world.network.delay_max_ns = 300 * MS;
	run_for(5 * SECOND);
	cr_assert_eq(view_of(b).latest.ki.kn, kn);
	cr_assert(view_of(b).latest.transmits);
	cr_assert_eq(b->missed + a->missed, 0);
}

static int refuse_second_cak(struct node *node, const struct sak *sak) {
	(void)sak;
	return node->kay->pdu.basic.ckn[2] == 1 ? -ENOMEM : 0;
}

/* c took a SAK and dropped its CAK before anyone used it; the key server uses it when its patience
 * with b ends, and c hears it until there is a SAK for all. */
Test(group_drop, keep_the_sak_of_a_dropped_cak_for_those_who_still_move_to_it) {
	add_three();
	world.network.delay_min_ns = world.network.delay_max_ns = 20 * MS;
	start_all();
	use_within(0, SECOND);
	run_for(5 * SECOND);
	b->refuses = refuse_second_cak;
	for (unsigned int i = 0; i < 3; i++)
		give(&world.nodes[2 - i], cak(1));
	run_for(2500 * MS);
	cr_assert_eq(view_of(c).latest.ckn[2], 1);
	cr_assert(!view_of(c).latest.transmits);
	take_away(c, 1);
	run_for(15 * SECOND);
	cr_assert_eq(in_use(a), 0);
	cr_assert_eq(in_use(c), 0);
	cr_assert_eq(c->cut + c->missed, 0);
}

/* c drops the next CAK while b is still asked to take its SAK: the others move to it, and c, which
 * has not, is heard until the key server noticed. A rekey in the meantime changes nothing. */
static void drop_during_a_hand_over(bool has_rekey) {
	add_three();
	start_all();
	use_within(0, 200 * MS);
	run_for(5 * SECOND);
	give(b, to_accept(cak(1)));
	give(c, cak(1));
	run_for(5 * SECOND);
	give(a, cak(1));
	run_for(SECOND);
	cr_assert_eq(view_of(c).latest.ckn[2], 1);
	take_away(c, 1);
	run_for(2 * SECOND);
	cr_assert_eq(in_use(a), 1);
	cr_assert_eq(in_use(b), 1);
	cr_assert_eq(in_use(c), 0);
	if (has_rekey)
		cr_assert_eq(node_rekey(a), 0);
	run_for(15 * SECOND);
	cr_assert_eq(in_use(b), 0);
	cr_assert(world_is_agreed(&world));
	assert_hitless();
	close_world();
	open_caks();
}

Test(group_drop, of_the_next_cak_leaves_a_member_heard) {
	drop_during_a_hand_over(false);
	drop_during_a_hand_over(true);
}

/* Nobody takes the SAK of a member that missed its key server for a moment; it goes, a transmit
 * delay later. */
Test(group_drop, of_its_key_server_leaves_a_member_with_a_sak_for_nothing) {
	add_three();
	start_all();
	use_within(0, 200 * MS);
	run_for(5 * SECOND);
	world.is_cut[0][1] = true;
	while (view_of(b).key_server_sci == a->config.sci)
		run_for(10 * MS);
	world.is_cut[0][1] = false;
	run_for(5 * SECOND);
	cr_assert_eq(view_of(b).key_server_sci, a->config.sci);
	cr_assert(!view_of(b).latest.transmits && view_of(b).old.transmits);
	run_for(1500 * MS);
	cr_assert(world_is_agreed(&world));
	assert_hitless();
}
