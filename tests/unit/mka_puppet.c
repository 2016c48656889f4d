/* SPDX-License-Identifier: BSD-3-Clause */

#include "tests/unit/mka_puppet.h"

#include <criterion/criterion.h>

struct world world;
struct node *node;
struct puppet puppet;
struct mka_view view;

void open_world(void) {
	world_init(&world, 3);
	node = world_add(&world, 16, SUITE_GCM_AES_XPN_256);
}

void close_world(void) {
	puppet_end(&puppet);
	world_free(&world);
}

void run_for(uint64_t ns) {
	world_run(&world, world.now_ns + ns, NULL);
	cr_assert_eq(world.violation[0], '\0', "%s", world.violation);
}

const struct mka_view *look(void) {
	mka_view(node->kay, world.now_ns, &view);
	return &view;
}

/* A live puppet: key server with priority 1, plain member with 255. */
void meet(uint8_t priority) {
	node_start(node);
	puppet_begin(&puppet, node, PUPPET_SCI, priority);
	cr_assert_eq(puppet_say(&puppet, node), 0);
	cr_assert(look()->peers[0].is_live);
}

/* Time passes, with the puppet alive. */
void live_on(uint64_t ns) {
	uint64_t end_ns = world.now_ns + ns;

	while (world.now_ns < end_ns) {
		uint64_t step_ns = end_ns - world.now_ns < SECOND ? end_ns - world.now_ns : SECOND;

		run_for(step_ns);
		puppet_say(&puppet, node);
	}
}
