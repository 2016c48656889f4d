/* SPDX-License-Identifier: BSD-3-Clause */
/* The CAKs of a link in a real KaY, as time passes. */
#include "tests/unit/caks_bench.h"

#include <criterion/criterion.h>

TestSuite(link_caks, .init = make_bench, .fini = end_bench);

Test(link_caks, primary_and_fallback_stand_for_ever) {
	cr_assert_eq(begin_at(T0), 0);
	cr_assert_str_eq(participants(), "AA01:S FB01:Sf");
	cr_assert_eq(bench.caks.next_ns, KEY_CHAIN_NEVER);
	cr_assert_not(link_caks_look(&bench.caks, bench.wall_ns + NS, bench.now_ns + NS));
}

struct moment {
	int64_t wall_s;
	const char *participants;
	const char *line; // that is logged at this change
};

static const struct moment moments[] = {
	{T0 - HOUR, "AA01:S FB01:Sf CC01:a",
	 "west: CKN CC01 is accepted from now on (accept-from 2026-11-30T23:00:00Z; start "
	 "2026-12-01T00:00:00Z)"},
	{T0, "AA01:S FB01:Sf CC01:S",
	 "west: CKN CC01 may be chosen from now on (start 2026-12-01T00:00:00Z)"},
	{T0 + 23 * HOUR, "AA01:S FB01:Sf CC01:S CC02:a",
	 "west: CKN CC02 is accepted from now on (accept-from 2026-12-01T23:00:00Z; start "
	 "2026-12-02T00:00:00Z)"},
	{T0 + 24 * HOUR, "AA01:S FB01:Sf CC01:a CC02:S",
	 "west: CKN CC01 is not chosen any more (end 2026-12-02T00:00:00Z; accept-until "
	 "2026-12-02T01:00:00Z)"},
	{T0 + 25 * HOUR, "AA01:S FB01:Sf CC02:S",
	 "west: CKN CC01 is not used any more (accept-until 2026-12-02T01:00:00Z)"},
	{T0 + 47 * HOUR, "AA01:S FB01:Sf CC02:S CC03:a", "west: CKN CC03 is accepted from now on"},
	{T0 + 48 * HOUR, "AA01:S FB01:Sf CC02:a CC03:S",
	 "west: CKN CC03 may be chosen from now on"},
	{T0 + 49 * HOUR, "AA01:S FB01:Sf CC03:S", "west: CKN CC02 is not used any more"},
};

Test(link_caks, follow_the_chain_as_time_passes) {
	make_chain();
	cr_assert_eq(begin_at(T0 - 2 * HOUR), 0);
	cr_assert_str_eq(participants(), "AA01:S FB01:Sf");
	for (size_t i = 0; i < sizeof(moments) / sizeof(moments[0]); i++) {
		const int64_t wait_s = moments[i].wall_s - bench.wall_ns / NS;

		cr_assert_not(pass(wait_s - 1), "moment %zu", i);
		struct capture *capture = capture_begin();
		cr_assert(pass(1), "moment %zu", i);
		assert_logged(capture, moments[i].line);
		cr_assert_str_eq(participants(), moments[i].participants, "moment %zu", i);
	}
	cr_assert_not(pass(100 * HOUR));
}

/* A start in the middle finds the same as one that lived through it. */
Test(link_caks, begin_in_the_middle_of_a_chain) {
	make_chain();
	for (size_t i = 0; i < sizeof(moments) / sizeof(moments[0]); i++) {
		end_bench();
		make_bench();
		make_chain();
		cr_assert_eq(begin_at(moments[i].wall_s), 0);
		cr_assert_str_eq(participants(), moments[i].participants, "moment %zu", i);
	}
}

Test(link_caks, only_a_chain_and_none_of_it_now) {
	struct link_keys_view view;

	make_chain();
	bench.link.primary.is_set = bench.link.fallback.is_set = false;
	cr_assert_eq(begin_at(T0 - 2 * HOUR), 0);
	cr_assert_str_eq(participants(), "");
	link_caks_view(&bench.caks, bench.now_ns, &view);
	cr_assert(view.has_chain && !view.is_over && view.unusable == NULL);
	cr_assert_eq(view.next, &bench.chain[0].cak);
	cr_assert_eq(view.next_use, KEY_ACCEPT);
	cr_assert_eq(view.next_at_s, T0 - HOUR);
	cr_assert_eq(view.next_in_ns, HOUR * NS);
	cr_assert(pass(HOUR));
	cr_assert_str_eq(participants(), "CC01:a");
}

Test(link_caks, tell_what_comes_next) {
	struct link_keys_view view;

	make_chain();
	cr_assert_eq(begin_at(T0 + 30), 0);
	link_caks_view(&bench.caks, bench.now_ns + NS, &view);
	cr_assert_eq(view.next, &bench.chain[1].cak);
	cr_assert_eq(view.next_at_s, T0 + 23 * HOUR);
	cr_assert_eq(view.next_in_ns, (23 * HOUR - 31) * NS);
	// of two edges of one CAK at one time the later one in its life is told
	bench.chain[0].accept_until_s = bench.chain[0].end_s = T0 + 22 * HOUR;
	link_caks_view(&bench.caks, bench.now_ns, &view);
	cr_assert_eq(view.next, &bench.chain[0].cak);
	cr_assert_eq(view.next_use, KEY_NOT);
	pass(100 * HOUR);
	link_caks_view(&bench.caks, bench.now_ns, &view);
	cr_assert(view.next == NULL && !view.is_over);
}

/* Where one CAK ends and the next one starts at one time, the start is what comes next. */
Test(link_caks, tell_the_start_that_is_at_the_end_of_the_cak_before) {
	struct link_keys_view view;

	make_chain();
	cr_assert_eq(begin_at(T0 + 23 * HOUR), 0);
	link_caks_view(&bench.caks, bench.now_ns, &view);
	cr_assert_eq(view.next, &bench.chain[1].cak);
	cr_assert_eq(view.next_use, KEY_SEND);
	cr_assert_eq(view.next_at_s, T0 + 24 * HOUR);
	cr_assert_eq(view.reached_s, T0 + 23 * HOUR);
}

Test(link_caks, the_end_of_a_chain_is_said_once) {
	make_chain();
	bench.link.n_chain = 2;
	cr_assert_eq(begin_at(T0 + 48 * HOUR), 0);
	struct capture *capture = capture_begin();
	cr_assert(pass(2 * HOUR));
	pass(10);
	assert_logged_once(capture, "every CAK of the key chain is past");
	cr_assert_str_eq(participants(), "AA01:S FB01:Sf");
}

Test(link_caks, a_clock_that_jumps_is_said_once_and_changes_nothing) {
	struct link_keys_view view;

	make_chain();
	cr_assert_eq(begin_at(T0 + HOUR), 0);
	bench.wall_ns += 30 * HOUR * NS;
	struct capture *capture = capture_begin();
	pass(30);
	link_caks_view(&bench.caks, bench.now_ns, &view);
	assert_logged_once(capture, "the clock jumped by 108000 s");
	cr_assert_eq(view.clock_step_s, 108000);
	cr_assert_str_eq(participants(), "AA01:S FB01:Sf CC01:S");
	cr_assert(pass(60)); // it lasts: now it is believed
	cr_assert_str_eq(participants(), "AA01:S FB01:Sf CC02:S");
}

/* A padded name is the same CAK all its life: added, changed and removed under it. */
Test(link_caks, names_are_padded_on_the_wire) {
	struct mka_view view;

	make_chain();
	bench.link.pad_ckn = true;
	cr_assert_eq(begin_at(T0 + 23 * HOUR), 0);
	mka_view(bench.mka, bench.now_ns, &view);
	cr_assert_eq(view.n_participants, 4);
	for (uint32_t i = 0; i < view.n_participants; i++) {
		static const uint8_t padding[30];
		cr_assert_eq(view.participants[i].ckn_octets, 32);
		cr_assert_eq(memcmp(view.participants[i].ckn + 2, padding, sizeof(padding)), 0);
	}
	pass(HOUR);
	cr_assert_str_eq(participants(), "AA01:S FB01:Sf CC01:a CC02:S");
	pass(HOUR);
	cr_assert_str_eq(participants(), "AA01:S FB01:Sf CC02:S");
}

/* At its fullest a KaY has a place for the CAK that comes only because another one left first. */
Test(link_caks, what_ends_makes_room_for_what_begins) {
	struct mka_cak other = {.ckn = {1}, .ckn_octets = 1, .cak_octets = 16};

	make_chain();
	bench.chain[1].accept_from_s = bench.chain[0].accept_until_s;
	cr_assert_eq(begin_at(T0 + HOUR), 0);
	for (uint8_t i = 3; i < MKA_PARTICIPANTS_MAX; i++) {
		other.ckn[0] = i;
		cr_assert_eq(mka_add_cak(bench.mka, &other, bench.now_ns), 0);
	}
	cr_assert(pass(24 * HOUR));
	cr_assert_str_eq(participants(), "AA01:S FB01:Sf CC02:S");
}
