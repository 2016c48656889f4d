/* SPDX-License-Identifier: BSD-3-Clause */
/* Which CAKs take part, as truth tables at each edge of their times. */
#include "tests/unit/key_chain_clocks.h"

struct moment {
	int64_t now_s;
	int64_t now_ns; // added
	const char *uses;
	double next_s;
};

/* Both sides of each edge; an edge belongs to what follows it. */
static const struct moment moments[] = {
	{0, 0, "---", 900},
	{900, -1, "---", 1e-9},
	{900, 0, "a--", 100},
	{1000, -1, "a--", 1e-9},
	{1000, 0, "S--", 900},
	{1900, -1, "S--", 1e-9},
	{1900, 0, "Sa-", 100},
	{2000, -1, "Sa-", 1e-9},
	{2000, 0, "aS-", 100},
	{2100, -1, "aS-", 1e-9},
	{2100, 0, "-S-", 800},
	{2900, 0, "-Sa", 100},
	{3000, 0, "-aS", 100},
	{3100, 0, "--S", 900},
	{4000, -1, "--S", 1e-9},
	{4000, 0, "--a", 100},
	{4100, -1, "--a", 1e-9},
	{4100, 0, "---", -1},
	{200 * 365 * DAY, 0, "---", -1},
};

Test(key_chain, uses_at_each_edge_after_a_start) {
	for (size_t i = 0; i < sizeof(moments) / sizeof(moments[0]); i++) {
		const struct moment *moment = &moments[i];
		struct appliance appliance =
			appliance_at(&chain_only, moment->now_s * NS + moment->now_ns);

		cr_assert_str_eq(uses(&appliance), moment->uses, "at %ld", (long)moment->now_s);
		cr_assert_float_eq(next_change_s(&appliance), moment->next_s, 1e-10);
		cr_assert_eq(
			key_chain_is_over(&appliance.chain),
			moment->now_s >= 4100 && moment->now_ns == 0
		);
	}
}

Test(key_chain, uses_at_each_edge_as_time_passes) {
	struct appliance appliance = appliance_at(&chain_only, 0);

	for (size_t i = 1; i < sizeof(moments) / sizeof(moments[0]); i++) {
		const struct moment *moment = &moments[i];
		int64_t wait_ns = (EPOCH + moment->now_s) * NS + moment->now_ns - appliance.wall_ns;
		bool is_changed = strcmp(moment->uses, moments[i - 1].uses) != 0;

		cr_assert_eq(pass(&appliance, wait_ns), is_changed, "at %ld", (long)moment->now_s);
		cr_assert_str_eq(uses(&appliance), moment->uses, "at %ld", (long)moment->now_s);
		cr_assert_float_eq(next_change_s(&appliance), moment->next_s, 1e-10);
	}
}

/* A caller that does nothing but obey its timer sees every change, and none of them late. */
Test(key_chain, next_change_is_when_something_changes) {
	static const char *const order[] = {"a--", "S--", "Sa-", "aS-", "-S-",
					    "-Sa", "-aS", "--S", "--a", "---"};
	struct appliance appliance = appliance_at(&chain_only, 0);

	for (size_t i = 0; i < sizeof(order) / sizeof(order[0]); i++) {
		uint64_t wait_ns = key_chain_next_change(&appliance.chain) - appliance.now_ns;

		cr_assert_not(pass(&appliance, (int64_t)wait_ns - 1));
		cr_assert(pass(&appliance, 1));
		cr_assert_str_eq(uses(&appliance), order[i]);
	}
	cr_assert_eq(key_chain_next_change(&appliance.chain), KEY_CHAIN_NEVER);
}

Test(key_chain, primary_is_the_oldest_and_fallback_stands_apart) {
	struct config_link link = chain_only;
	struct appliance appliance;
	struct key_chain_cak cak;

	link.primary.is_set = link.fallback.is_set = true;
	appliance = appliance_at(&link, 1950 * NS);
	cr_assert_eq(key_chain_count(&appliance.chain), 5);
	cr_assert_str_eq(uses(&appliance), "SSSa-");
	for (uint32_t i = 0; i < 5; i++) {
		cak = key_chain_at(&appliance.chain, i);
		cr_assert_eq(cak.is_fallback, i == 1);
		cr_assert_eq(cak.rank, i < 2 ? KEY_CHAIN_OLDEST : three[i - 2].start_s);
		cr_assert_eq(
			cak.cak, i == 0   ? &link.primary
				 : i == 1 ? &link.fallback
					  : &three[i - 2].cak
		);
	}
	pass(&appliance, DAY * NS);
	cr_assert_str_eq(uses(&appliance), "SS---");
	cr_assert(key_chain_is_over(&appliance.chain));
}

Test(key_chain, each_kind_of_cak_alone) {
	struct config_link primary = {.primary = {.is_set = true}};
	struct config_link both = {.fallback = {.is_set = true}, .n_chain = 1, .chain = three};
	struct appliance appliance = appliance_at(&primary, 0);

	cr_assert_str_eq(uses(&appliance), "S");
	cr_assert_eq(key_chain_next_change(&appliance.chain), KEY_CHAIN_NEVER);
	cr_assert_eq(key_chain_next_look(&appliance.chain), KEY_CHAIN_NEVER);
	cr_assert_not(key_chain_is_over(&appliance.chain), "there is no chain");
	cr_assert_not(pass(&appliance, 100 * DAY * NS));
	appliance = appliance_at(&both, 1000 * NS);
	cr_assert_str_eq(uses(&appliance), "SS");
	cr_assert(key_chain_at(&appliance.chain, 0).is_fallback);
	cr_assert_not(key_chain_at(&appliance.chain, 1).is_fallback);
}

/* What never ends, ends in no year that a clock can show. */
Test(key_chain, end_never_comes) {
	struct config_chain_cak cak = {
		.accept_from_s = 0, .start_s = 60, .end_s = INT64_MAX, .accept_until_s = INT64_MAX};
	struct config_link link = {.n_chain = 1, .chain = &cak};
	struct appliance appliance = appliance_at(&link, INT64_MAX - (EPOCH + BEGIN) * NS - 1);

	cr_assert_str_eq(uses(&appliance), "S");
	cr_assert_eq(key_chain_next_change(&appliance.chain), KEY_CHAIN_NEVER);
	cr_assert_not(key_chain_is_over(&appliance.chain));
	cr_assert_eq(
		key_chain_next_look(&appliance.chain), appliance.now_ns + KEY_CHAIN_LOOK_NS,
		"a step may still have to be seen"
	);
}
