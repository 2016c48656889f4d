/* SPDX-License-Identifier: BSD-3-Clause */

#include "tests/unit/mka_caks.h"

#include <criterion/criterion.h>

struct node *c;

void open_caks(void) {
	open_world();
	world.data_interval_ns = 2 * MS;
}

void start_all(void) {
	for (unsigned int i = 0; i < world.n_nodes; i++)
		node_start(&world.nodes[i]);
}

void start_with_first(uint64_t delay_ns) {
	add_pair(SUITE_GCM_AES_XPN_256);
	world.network.delay_min_ns = world.network.delay_max_ns = delay_ns;
	start_all();
	use_within(0, 2 * SECOND + 10 * delay_ns);
	run_for(5 * SECOND);
}

void add_pair_with_fallback(void) {
	add_pair(SUITE_GCM_AES_XPN_256);
	give(a, fallback());
	give(b, fallback());
}

void start_with_primary(void) {
	add_pair_with_fallback();
	start_all();
	use_within(0, 100 * MS);
	run_for(5 * SECOND);
}

void add_three(void) {
	add_pair(SUITE_GCM_AES_XPN_256);
	c = world_add(&world, 16, SUITE_GCM_AES_XPN_256);
}

void start_three_with_two_caks(void) {
	add_three();
	for (unsigned int i = 0; i < 3; i++)
		give(&world.nodes[i], cak(1));
	start_all();
	use_within(1, 200 * MS);
	run_for(10 * SECOND);
}

struct mka_cak cak(uint8_t n) {
	return world_cak(n);
}

struct mka_cak fallback(void) {
	struct mka_cak cak = world_cak(FALLBACK);

	cak.is_fallback = true;
	return cak;
}

struct mka_cak with_wrong_key(struct mka_cak cak) {
	cak.cak[9] ^= 0x40;
	return cak;
}

struct mka_cak to_accept(struct mka_cak cak) {
	cak.use = MKA_USE_ACCEPT;
	return cak;
}

void give(struct node *node, struct mka_cak cak) {
	cr_assert_eq(node_add_cak(node, &cak), 0);
}

void change(struct node *node, struct mka_cak cak) {
	cr_assert_eq(node_update_cak(node, &cak), 0);
}

void take_away(struct node *node, uint8_t n) {
	for (uint32_t i = 0; i < node->n_caks; i++)
		if (node->caks[i].ckn[2] == n) {
			cr_assert_eq(node_remove_cak(node, i), 0);
			return;
		}
	cr_assert(false, "node %u has no CAK %u", node->index, n);
}

uint8_t in_use(struct node *node) {
	const struct participant *owner = cp_transmitting_owner(&node->kay->cp);

	return owner == NULL ? NO_CAK : owner->ckn[2];
}

uint8_t principal_of(struct node *node) {
	return node->kay->principal == NULL ? NO_CAK : node->kay->principal->ckn[2];
}

static uint8_t wanted;

static bool is_wanted_in_use(struct world *of) {
	return world_is_agreed(of) && in_use(&of->nodes[0]) == wanted;
}

uint64_t use_within(uint8_t n, uint64_t bound_ns) {
	uint64_t began_ns = world.now_ns;
	bool is_agreed;

	wanted = n;
	is_agreed = world_run(&world, began_ns + bound_ns, is_wanted_in_use);
	assert_sound();
	cr_assert(
		is_agreed, "CAK %u is not in use after %lu ms: node 0 uses %u", n,
		(unsigned long)(bound_ns / MS), in_use(&world.nodes[0])
	);
	return world.now_ns - began_ns;
}

void assert_hitless(void) {
	assert_sound();
	for (unsigned int i = 0; i < world.n_nodes; i++)
		cr_assert_eq(
			world.nodes[i].cut + world.nodes[i].missed, 0,
			"node %u lost %lu frames, %lu of its own keys", i,
			(unsigned long)world.nodes[i].cut, (unsigned long)world.nodes[i].missed
		);
}
