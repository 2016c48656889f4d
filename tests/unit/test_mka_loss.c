/* SPDX-License-Identifier: BSD-3-Clause */
/* Whether a key server makes a fresh SAK because a member left, and how many. */
#include "tests/unit/mka_pair.h"

#include <criterion/criterion.h>

TestSuite(loss, .init = open_world, .fini = close_world);

static void start_members(unsigned int n, bool rekeys_on_loss) {
	for (unsigned int i = 0; i < n; i++) {
		struct node *node = world_add(&world, 16, SUITE_GCM_AES_XPN_256);

		node->config.rekeys_on_loss = rekeys_on_loss;
		node_start(node);
	}
	a = &world.nodes[0];
	b = &world.nodes[1];
	agree_within(SECOND);
	run_for(10 * SECOND);
}

/* Ends it right after an MKPDU, out of step with the others. */
static void stop_after_a_word(struct node *node) {
	node->kay->participants[0]->pacing.is_due = true;
	node_tick(node);
	node_stop(node);
}

/* From its last word to the bound of a hello time that losses are gathered in. */
#define NOTICED_NS (MKA_LIFE_NS + MKA_HELLO_NS + 100 * MS)

Test(loss, of_a_member_brings_no_sak_by_default) {
	uint32_t keys;

	start_members(3, false);
	keys = world.n_keys;
	node_stop(&world.nodes[2]);
	run_for(30 * SECOND);
	cr_assert(world_is_agreed(&world));
	cr_assert_eq(world.n_keys, keys);
}

Test(loss, of_a_member_brings_a_sak_without_it_when_asked_for) {
	uint32_t keys;

	start_members(3, true);
	keys = world.n_keys;
	run_for(700 * MS);
	stop_after_a_word(&world.nodes[2]);
	run_for(NOTICED_NS);
	cr_assert(world_is_agreed(&world));
	cr_assert_eq(world.n_keys, keys + 1);
	cr_assert_eq(model_transmit_sa(b)->sak.n_peers, 1);
	run_for(60 * SECOND);
	cr_assert_eq(world.n_keys, keys + 1, "one is enough");
	cr_assert_eq(missed(), 0);
}

/* A line that breaks takes several, each missed at a time of its own. */
Test(loss, of_several_members_brings_one_sak) {
	uint32_t keys;

	start_members(6, true);
	keys = world.n_keys;
	for (unsigned int i = 3; i < 6; i++) {
		stop_after_a_word(&world.nodes[i]);
		run_for(600 * MS);
	}
	run_for(NOTICED_NS);
	cr_assert(world_is_agreed(&world));
	cr_assert_eq(world.n_keys, keys + 1);
	cr_assert_eq(model_transmit_sa(b)->sak.n_peers, 2);
	run_for(20 * SECOND);
	cr_assert_eq(world.n_keys, keys + 1);
	cr_assert_eq(missed(), 0);
}

Test(loss, of_the_last_member_brings_none) {
	uint32_t keys;

	start_members(2, true);
	keys = world.n_keys;
	node_stop(b);
	run_for(20 * SECOND);
	cr_assert_eq(a->state, MKA_FAILED);
	cr_assert_eq(world.n_keys, keys);
}

/* The new identity asks for a SAK, the old one does not ask for another. */
Test(loss, by_a_restart_brings_one_sak) {
	uint32_t keys;

	start_members(3, true);
	keys = world.n_keys;
	node_stop(&world.nodes[2]);
	run_for(300 * MS);
	node_start(&world.nodes[2]);
	agree_within(200 * MS);
	run_for(20 * SECOND);
	cr_assert_eq(world.n_keys, keys + 1);
}

/* The next key server's first SAK is for those who are left. */
Test(loss, of_the_key_server_brings_one_sak) {
	uint32_t keys;

	start_members(3, true);
	keys = world.n_keys;
	node_stop(a);
	run_for(NOTICED_NS);
	cr_assert(view_of(b).is_key_server);
	run_for(20 * SECOND);
	cr_assert(world_is_agreed(&world));
	cr_assert_eq(world.n_keys, keys + 1);
	cr_assert_eq(missed(), 0);
}
