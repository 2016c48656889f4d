/* SPDX-License-Identifier: BSD-3-Clause */

#include "tests/unit/mka_pair.h"

#include <criterion/criterion.h>

struct world world;
struct node *a, *b;

void open_world(void) {
	world_init(&world, 7);
	world.data_interval_ns = 10 * MS;
}

void close_world(void) {
	world_free(&world);
}

void add_pair(enum cipher_suite suite) {
	a = world_add(&world, 16, suite);
	b = world_add(&world, 16, suite);
}

void assert_sound(void) {
	cr_assert_eq(world.violation[0], '\0', "%s", world.violation);
}

/* Runs until all agree; returns how long that took. */
uint64_t agree_within(uint64_t bound_ns) {
	uint64_t began_ns = world.now_ns;
	bool is_agreed = world_run(&world, began_ns + bound_ns, world_is_agreed);

	assert_sound();
	cr_assert(is_agreed, "no agreement within %lu ms", (unsigned long)(bound_ns / MS));
	return world.now_ns - began_ns;
}

void run_for(uint64_t ns) {
	world_run(&world, world.now_ns + ns, NULL);
	assert_sound();
}

void start_pair(enum cipher_suite suite) {
	add_pair(suite);
	node_start(a);
	node_start(b);
	agree_within(50 * MS);
}

struct mka_view view_of(struct node *node) {
	struct mka_view view;

	mka_view(node->kay, world.now_ns, &view);
	return view;
}

uint64_t missed(void) {
	uint64_t n = 0;

	for (unsigned int i = 0; i < world.n_nodes; i++)
		n += world.nodes[i].missed;
	return n;
}
