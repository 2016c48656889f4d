/* SPDX-License-Identifier: BSD-3-Clause */
/* The CAKs of a link in a real KaY, as key files come and go. */
#include "tests/unit/caks_bench.h"

#include <criterion/criterion.h>

#include <errno.h>

TestSuite(link_caks_keys, .init = make_bench, .fini = end_bench);

static void assert_start_fails(const char *name, int error, void (*spoil)(const char *name)) {
	end_bench();
	make_bench();
	make_chain();
	spoil(name);
	struct capture *capture = capture_begin();
	cr_assert_eq(begin_at(T0), error, "%s", name);
	assert_logged(capture, "m.yaml:7:9: key file /tmp/macsecd-caks-");
}

static void cut_short(const char *name) {
	write_key(name, "00112233");
}

/* At a start every key that will be needed must be there: nobody wants to learn of it at midnight.
 */
Test(link_caks_keys, a_missing_or_malformed_key_fails_the_start) {
	static const char *const needed[] = {"primary", "fallback", "c1", "c2", "c3"};

	for (size_t i = 0; i < sizeof(needed) / sizeof(needed[0]); i++) {
		assert_start_fails(needed[i], -ENOENT, remove_key);
		assert_start_fails(needed[i], -EINVAL, cut_short);
	}
}

Test(link_caks_keys, a_key_whose_time_is_over_may_be_gone) {
	make_chain();
	remove_key("c1");
	cr_assert_eq(begin_at(T0 + 25 * HOUR), 0);
	cr_assert_str_eq(participants(), "AA01:S FB01:Sf CC02:S");
}

/* A clock that is not set does not tell what is past: only keys of now hold the start up. */
Test(link_caks_keys, an_unset_clock_asks_for_the_keys_of_now_only) {
	make_chain();
	remove_key("c1");
	struct capture *capture = capture_begin();
	cr_assert_eq(begin_at(KEY_CHAIN_CLOCK_SET_S - HOUR), 0);
	assert_logged_once(capture, "west: CKN CC01 would be without a key; the clock is not set");
	cr_assert_str_eq(participants(), "AA01:S FB01:Sf");
	bench.wall_ns = T0 * NS; // now it is set, and CC01 is needed
	capture = capture_begin();
	pass(10);
	assert_logged(capture, "west: CKN CC01 is needed now and cannot be used");
	write_key("c1", HEX64);
	cr_assert(pass(60));
	cr_assert_str_eq(participants(), "AA01:S FB01:Sf CC01:S");
}

Test(link_caks_keys, a_key_of_now_is_asked_for_by_an_unset_clock_too) {
	remove_key("primary");
	cr_assert_eq(begin_at(0), -ENOENT);
}

Test(link_caks_keys, a_set_clock_asks_for_the_keys_of_later) {
	make_chain();
	remove_key("c3");
	cr_assert_eq(begin_at(KEY_CHAIN_CLOCK_SET_S), -ENOENT);
}

/* A key that is gone when it is needed disturbs no other, and is taken when it comes back. */
Test(link_caks_keys, a_key_that_cannot_be_read_is_tried_every_minute) {
	struct link_keys_view view;

	make_chain();
	cr_assert_eq(begin_at(T0 + HOUR), 0);
	remove_key("c2");
	struct capture *capture = capture_begin();
	cr_assert_not(pass(22 * HOUR));
	assert_logged(
		capture, "west: CKN CC02 is needed now and cannot be used; tried again in 60 s"
	);
	cr_assert_str_eq(participants(), "AA01:S FB01:Sf CC01:S");
	link_caks_view(&bench.caks, bench.now_ns, &view);
	cr_assert_eq(view.unusable, &bench.chain[1].cak);
	write_key("c2", HEX64);
	cr_assert_not(pass(59));
	cr_assert(pass(1));
	cr_assert_str_eq(participants(), "AA01:S FB01:Sf CC01:S CC02:a");
	link_caks_view(&bench.caks, bench.now_ns, &view);
	cr_assert_null(view.unusable);
}

Test(link_caks_keys, a_key_that_is_not_needed_any_more_is_not_missed) {
	struct link_keys_view view;

	make_chain();
	cr_assert_eq(begin_at(T0 + HOUR), 0);
	remove_key("c2");
	pass(48 * HOUR);
	cr_assert_str_eq(participants(), "AA01:S FB01:Sf CC03:S");
	link_caks_view(&bench.caks, bench.now_ns, &view);
	cr_assert_null(view.unusable);
}

Test(link_caks_keys, want_of_memory_is_tried_again_too) {
	make_chain();
	cr_assert_eq(begin_at(T0 + HOUR), 0);
	bench.allocs_left = 0;
	cr_assert_not(pass(22 * HOUR));
	bench.allocs_left = 100;
	cr_assert(pass(60));
	cr_assert_str_eq(participants(), "AA01:S FB01:Sf CC01:S CC02:a");
}
