/* SPDX-License-Identifier: BSD-3-Clause */
/* Key chains by clocks that are slewed, stepped, set late, and drawn at random. */
#include "tests/unit/key_chain_clocks.h"

/* A wall clock that is set once and then goes on: what is believed at once, what after how long. */
Test(key_chain_steps, one_step) {
	static const struct {
		int64_t begin_s, step_ns, wait_ns;
		const char *uses;
	} cases[] = {
		/* Small ones are slews. */
		{1999, 1 * NS, 0, "aS-"},
		{1998, 2 * NS, 0, "aS-"},
		{1998, 2 * NS + 1, 0, "Sa-"},
		{1850, 50 * NS, 0, "S--"},
		/* Large ones wait a minute: the old clock goes on meanwhile. */
		{1500, 500 * NS, 0, "S--"},
		{1500, 500 * NS, 60 * NS - 1, "S--"},
		{1500, 500 * NS, 60 * NS, "aS-"},
		{1500, 500 * NS, 61 * NS, "aS-"},
		{1890, 2000 * NS, 10 * NS, "Sa-"},
		{1890, 2000 * NS, 60 * NS, "--S"},
		/* Beyond all ends. */
		{1500, 10000 * DAY * NS, 59 * NS, "S--"},
		{1500, 10000 * DAY * NS, 60 * NS, "---"},
		/* Back: nothing that has begun is undone, nothing that has ended returns. */
		{2000, -1 * NS, 0, "aS-"},
		{2000, -500 * NS, 0, "aS-"},
		{2000, -500 * NS, 60 * NS, "aS-"},
		{2000, -2000 * NS, 99 * NS, "aS-"},
		{2100, -200 * NS, 60 * NS, "-S-"},
		{1950, -1000 * NS, 60 * NS, "Sa-"},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct appliance appliance = appliance_at(&chain_only, cases[i].begin_s * NS);

		set(&appliance, cases[i].step_ns);
		pass(&appliance, cases[i].wait_ns);
		cr_assert_str_eq(uses(&appliance), cases[i].uses, "case %zu", i);
	}
}

/* A step back that is believed puts the next change off by as much. */
Test(key_chain_steps, next_change_follows_the_believed_clock) {
	struct appliance appliance = appliance_at(&chain_only, 2000 * NS);

	set(&appliance, -1000 * NS);
	cr_assert_float_eq(next_change_s(&appliance), 100, 1e-10);
	pass(&appliance, 60 * NS);
	cr_assert_float_eq(next_change_s(&appliance), 1040, 1e-10);
	cr_assert(pass(&appliance, 1040 * NS));
	cr_assert_str_eq(uses(&appliance), "-S-");
}

/* A time server that jumps back and forth: each jump is a new one, and each return ends it. */
Test(key_chain_steps, jumping_clock_changes_no_key) {
	struct appliance appliance = appliance_at(&chain_only, 1000 * NS);

	for (int i = 0; i < 5; i++) {
		cr_assert_not(set(&appliance, 1000 * NS));
		cr_assert_not(pass(&appliance, 59 * NS));
		cr_assert_not(set(&appliance, -1000 * NS));
		cr_assert_not(pass(&appliance, 1 * NS));
	}
	cr_assert_not(set(&appliance, 1000 * NS));
	for (int i = 0; i < 8; i++) {
		cr_assert_not(pass(&appliance, 59 * NS));
		cr_assert_not(set(&appliance, (i % 2 == 0 ? 2000 : -2000) * NS));
	}
	cr_assert_str_eq(uses(&appliance), "S--");
	cr_assert_eq(key_chain_step(&appliance.chain), 1000 * NS);
	cr_assert(pass(&appliance, 60 * NS), "now it has lasted");
	cr_assert_str_eq(uses(&appliance), "-S-");
}

/* The clock that was stepped is being slewed while it is watched: still the same step. */
Test(key_chain_steps, step_may_creep_while_it_is_watched) {
	struct appliance appliance = appliance_at(&chain_only, 1100 * NS);

	set(&appliance, 1000 * NS);
	for (int i = 0; i < 6; i++) {
		cr_assert_str_eq(uses(&appliance), "S--");
		set(&appliance, 1900000000);
		pass(&appliance, 10 * NS);
	}
	cr_assert_str_eq(uses(&appliance), "-S-");
}

Test(key_chain_steps, step_that_is_not_believed_can_be_seen) {
	struct appliance appliance = appliance_at(&chain_only, 1100 * NS);

	cr_assert_eq(key_chain_step(&appliance.chain), 0);
	set(&appliance, 500 * NS);
	cr_assert_eq(key_chain_step(&appliance.chain), 500 * NS);
	set(&appliance, -900 * NS);
	cr_assert_eq(key_chain_step(&appliance.chain), -400 * NS);
	pass(&appliance, 60 * NS);
	cr_assert_eq(key_chain_step(&appliance.chain), 0);
	set(&appliance, 2 * NS);
	cr_assert_eq(key_chain_step(&appliance.chain), 0);
}

/* Slews add up: a clock that gains a second at each look is followed all the way. */
Test(key_chain_steps, slews_add_up) {
	struct appliance appliance = appliance_at(&chain_only, 1000 * NS);

	for (int i = 0; i < 500; i++) {
		set(&appliance, 1 * NS);
		pass(&appliance, 1 * NS);
		cr_assert_eq(key_chain_step(&appliance.chain), 0);
	}
	cr_assert_str_eq(uses(&appliance), "aS-");
}

/* A machine without a battery clock begins in 1970 and learns the time from the network. */
Test(key_chain_steps, clock_that_is_set_after_the_start) {
	static const struct {
		int64_t begin_s, step_s;
		const char *uses;
	} cases[] = {
		{-EPOCH, EPOCH + 1500, "S--"},
		{-EPOCH, EPOCH + 2000, "aS-"},
		{-EPOCH, EPOCH - 1, "---"},
		{-1, 901, "a--"},
		{-1, 5001, "---"},
		/* It is set: like any other step, before the chain too. */
		{0, 1000, "---"},
		{0, 9000, "---"},
		{899, 3, "---"},
		{900, 1100, "a--"},
		{900, -800, "a--"},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct appliance appliance = appliance_at(&chain_only, cases[i].begin_s * NS);

		set(&appliance, cases[i].step_s * NS);
		cr_assert_str_eq(uses(&appliance), cases[i].uses, "case %zu", i);
		cr_assert_eq(key_chain_step(&appliance.chain) == 0, cases[i].begin_s < 0);
	}
}

/* A wrong leap of an hour before the chain would make it jump CAKs that never come back. */
Test(key_chain_steps, leap_that_is_taken_back_skips_no_cak) {
	struct appliance appliance = appliance_at(&chain_only, 800 * NS);

	set(&appliance, 3600 * NS);
	pass(&appliance, 50 * NS);
	set(&appliance, -3600 * NS);
	pass(&appliance, 350 * NS);
	cr_assert_str_eq(uses(&appliance), "S--");
}

/* The second step after a start in 1970 is a step like others; and so it is when all is over. */
Test(key_chain_steps, only_steps_of_an_unset_clock_are_believed_at_once) {
	struct appliance appliance = appliance_at(&chain_only, -EPOCH * NS);

	cr_assert_not(key_chain_clock_is_set(&appliance.chain));
	set(&appliance, 10 * NS);
	set(&appliance, (EPOCH + 1490) * NS);
	cr_assert(key_chain_clock_is_set(&appliance.chain));
	cr_assert_str_eq(uses(&appliance), "S--");
	set(&appliance, 500 * NS);
	cr_assert_str_eq(uses(&appliance), "S--");
	pass(&appliance, 60 * NS);
	cr_assert_str_eq(uses(&appliance), "aS-");
	set(&appliance, DAY * NS);
	pass(&appliance, 60 * NS);
	cr_assert(key_chain_is_over(&appliance.chain));
	set(&appliance, -DAY * NS);
	pass(&appliance, 60 * NS);
	cr_assert_str_eq(uses(&appliance), "---");
	cr_assert(key_chain_is_over(&appliance.chain));
	cr_assert_eq(key_chain_next_change(&appliance.chain), KEY_CHAIN_NEVER);
}

Test(key_chain_steps, next_look_is_the_nearest_of_all_reasons) {
	struct appliance appliance = appliance_at(&chain_only, 1000 * NS);

	cr_assert_eq(key_chain_next_look(&appliance.chain), appliance.now_ns + KEY_CHAIN_LOOK_NS);
	pass(&appliance, 895 * NS);
	cr_assert_eq(key_chain_next_look(&appliance.chain), appliance.now_ns + 5 * NS);
	pass(&appliance, 5 * NS);
	set(&appliance, -500 * NS);
	pass(&appliance, 53 * NS);
	cr_assert_eq(key_chain_next_look(&appliance.chain), appliance.now_ns + 7 * NS);
}

/* xorshift64*: the same numbers in each run. */
static uint64_t draw(uint64_t *state) {
	*state ^= *state >> 12;
	*state ^= *state << 25;
	*state ^= *state >> 27;
	return *state * 0x2545f4914f6cdd1dull;
}

/* How far a CAK has come: before, accept, send, accept again, over. */
static int stage(const struct key_chain *chain, uint32_t i) {
	enum key_use use = key_chain_at(chain, i).use;

	if (use == KEY_SEND)
		return 2;
	if (chain->reached_ns < three[i].start_s * NS)
		return use == KEY_ACCEPT ? 1 : 0;
	return use == KEY_ACCEPT ? 3 : 4;
}

/* Whatever the clocks do: no CAK goes back, no change comes unannounced, timers lie ahead. */
Test(key_chain_steps, promises_hold_for_any_clock) {
	uint64_t state = 42;

	for (int run = 0; run < 3000; run++) {
		struct appliance appliance =
			appliance_at(&chain_only, (int64_t)(draw(&state) % 3000) * NS);
		int stages[3] = {0};

		for (int i = 0; i < 60; i++) {
			char before[80];
			bool is_told;

			strcpy(before, uses(&appliance));
			if (draw(&state) % 4 == 0)
				appliance.wall_ns = (EPOCH + (int64_t)(draw(&state) % 5000)) * NS;
			is_told = pass(&appliance, (int64_t)(draw(&state) % 40) * NS);
			cr_assert(is_told || strcmp(before, uses(&appliance)) == 0);
			cr_assert_gt(key_chain_next_change(&appliance.chain), appliance.now_ns);
			cr_assert_gt(key_chain_next_look(&appliance.chain), appliance.now_ns);
			for (uint32_t j = 0; j < 3; j++) {
				cr_assert_geq(stage(&appliance.chain, j), stages[j], "run %d", run);
				stages[j] = stage(&appliance.chain, j);
			}
		}
	}
}
