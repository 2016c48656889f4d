/* SPDX-License-Identifier: BSD-3-Clause */
/* Packet numbers: truth tables, and the sequences of the vectors. */

#include "dataplane/pn.h"
#include "tests/unit/vectors.h"

#include <criterion/criterion.h>

#include <inttypes.h>

struct recover_case {
	uint64_t lowest;
	uint32_t wire;
	uint64_t expected;
};

static const struct recover_case recover_cases[] = {
	/* the same half */
	{1, 1, 1},
	{1, 0xffffffff, 0xffffffff},
	{0x7fffffff, 0x80000000, 0x80000000},
	{0x7fffffff, 0, 0}, // below the lowest: late, not a wrap
	/* the wire has wrapped, the lowest has not */
	{0x80000000, 0, 0x100000000},
	{0x80000000, 0x7fffffff, 0x17fffffff},
	{0xffffffff, 0, 0x100000000},
	{0xffffffff, 0xffffffff, 0xffffffff},
	/* after the crossing */
	{0x100000000, 0, 0x100000000},
	{0x100000005, 4, 0x100000004},
	{0x1ffffffff, 1, 0x200000001},
	/* the top of the range */
	{0xfffffffeffffffff, 2, 0xffffffff00000002},
	{0xffffffff00000000, 0xffffffff, 0xffffffffffffffff},
};

Test(pn, recovers_the_upper_half) {
	for (size_t i = 0; i < sizeof(recover_cases) / sizeof(recover_cases[0]); i++) {
		const struct recover_case *c = &recover_cases[i];
		cr_assert_eq(
			pn_recover(c->lowest, c->wire), c->expected, "case %zu: %" PRIx64, i,
			pn_recover(c->lowest, c->wire)
		);
	}
}

Test(pn, recovers_every_pn_within_half_the_range) {
	const uint64_t bases[] = {1, 0x7ffffff0, 0x80000000, 0xfffffff0, 0x123456789abcdef0};
	const uint64_t ahead[] = {0, 1, 0x1000, 0x7ffffffe, 0x7fffffff};
	for (size_t i = 0; i < 5; i++)
		for (size_t k = 0; k < 5; k++)
			cr_assert_eq(
				pn_recover(bases[i], (uint32_t)(bases[i] + ahead[k])),
				bases[i] + ahead[k]
			);
}

struct accept_case {
	struct pn_window before;
	uint64_t pn;
	uint32_t window;
	struct pn_window after;
};

static const struct accept_case accept_cases[] = {
	/* window 0: strict order */
	{{1, 1}, 1, 0, {2, 2}},
	{{5, 5}, 9, 0, {10, 10}},
	/* a window keeps the lowest at its distance */
	{{1, 1}, 1, 32, {2, 1}},
	{{40, 8}, 40, 32, {41, 9}},
	{{40, 8}, 8, 32, {40, 8}},       // a late one inside the window moves nothing
	{{100, 80}, 100, 32, {101, 80}}, // a raised floor is never lowered
	/* a window wider than what was ever sent */
	{{1, 1}, 7, UINT32_MAX, {8, 1}},
	/* the ends of the range */
	{{1, 1}, 0xffffffff, 0, {0x100000000, 0x100000000}},
	{{1, 1}, UINT64_MAX - 1, 0, {UINT64_MAX, UINT64_MAX}},
};

Test(pn, moves_the_window) {
	for (size_t i = 0; i < sizeof(accept_cases) / sizeof(accept_cases[0]); i++) {
		const struct accept_case *c = &accept_cases[i];
		const struct pn_window after = pn_accept(c->before, c->pn, c->window);
		cr_assert_eq(after.next, c->after.next, "case %zu", i);
		cr_assert_eq(after.lowest, c->after.lowest, "case %zu", i);
	}
}

Test(pn, uses_the_last_one_and_nothing_past_it) {
	const uint64_t last = pn_last(false);
	cr_assert_eq(last, 0xffffffff);
	cr_assert(pn_is_usable(1, last));
	cr_assert(pn_is_usable(last, last));
	cr_assert_not(pn_is_usable(last + 1, last));
	cr_assert_not(pn_is_usable(0, last));
	cr_assert(pn_is_usable(UINT64_MAX, pn_last(true)));
	cr_assert_not(pn_is_usable(UINT64_MAX + 1, pn_last(true)));
	cr_assert_eq(pn_left(last - 2, last), 3);
	cr_assert_eq(pn_left(last + 1, last), 0);
	cr_assert_eq(pn_left(1, pn_last(true)), UINT64_MAX);
}

static void run_step(const cJSON *step, bool is_xpn, uint32_t window, struct pn_window *w) {
	const uint32_t wire = (uint32_t)vector_hex_u64(step, "wire");
	const uint64_t pn = is_xpn ? pn_recover(w->lowest, wire) : wire;
	const bool is_late = pn < w->lowest;

	cr_assert_eq(pn, vector_hex_u64(step, "recovered"));
	cr_assert_str_eq(vector_text(step, "result"), is_late ? "late" : "ok");
	if (!is_late)
		*w = pn_accept(*w, pn, window);
	cr_assert_eq(w->next, vector_hex_u64(step, "next_pn_after"));
	cr_assert_eq(w->lowest, vector_hex_u64(step, "lowest_pn_after"));
}

Test(pn, follows_every_replay_sequence) {
	cJSON *root = vectors_load("macsec.json");
	const cJSON *sequence, *step;
	unsigned steps = 0;

	cJSON_ArrayForEach(
		sequence, vector_list(vector_member(root, "replay_sequences"), "sequences")
	) {
		const uint64_t first = vector_hex_u64(sequence, "initial_next_pn");
		struct pn_window w = {first, first};
		cJSON_ArrayForEach(step, vector_list(sequence, "steps")) {
			run_step(
				step, vector_flag(sequence, "xpn"),
				(uint32_t)vector_number(sequence, "window"), &w
			);
			steps++;
		}
	}
	cr_assert_gt(steps, 20);
	cJSON_Delete(root);
}
