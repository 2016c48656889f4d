/* SPDX-License-Identifier: BSD-3-Clause */
/* The list of counters itself: words, kinds, sums. */

#include "dataplane/counters.h"

#include <criterion/criterion.h>

#include <ctype.h>
#include <string.h>

static bool is_word(const char *word) {
	for (const char *at = word; *at != '\0'; at++)
		if (!islower((unsigned char)*at) && *at != '-')
			return false;
	return *word != '\0' && *word != '-' && word[strlen(word) - 1] != '-';
}

Test(counters, have_words_that_are_unique_and_plain) {
	for (unsigned i = 0; i < COUNTER_COUNT; i++) {
		const struct counter_info *info = counter_info(i);
		cr_assert(is_word(info->word), "%s", info->word);
		cr_assert(is_word(info->unit), "%s: unit", info->word);
		cr_assert_gt(strlen(info->help), 8, "%s: help", info->word);
		for (unsigned k = 0; k < i; k++)
			cr_assert_str_neq(info->word, counter_info(k)->word);
	}
}

/* The words say what kind a counter is: every drop-… is a drop, and of the standard's those that
 * the standard discards. */
Test(counters, are_drops_when_a_frame_is_lost) {
	static const char *const standard_drops[] = {
		"out-pkts-too-long", "in-pkts-no-tag", "in-pkts-bad-tag",   "in-pkts-no-sa-error",
		"in-pkts-overrun",   "in-pkts-late",   "in-pkts-not-valid",
	};
	for (unsigned i = 0; i < COUNTER_COUNT; i++) {
		const struct counter_info *info = counter_info(i);
		bool is_drop = strncmp(info->word, "drop-", 5) == 0;
		for (size_t k = 0; k < sizeof(standard_drops) / sizeof(standard_drops[0]); k++)
			is_drop |= strcmp(info->word, standard_drops[k]) == 0;
		cr_assert_eq(info->kind == COUNTER_DROP, is_drop, "%s", info->word);
		if (is_drop)
			cr_assert_str_eq(info->unit, "frames", "%s", info->word);
	}
}

/* One frame of each drop, two in each other way out: so each side's sum is known. */
Test(counters, balance_by_kind) {
	struct counters sum = {0};
	struct counters_balance balance;
	uint64_t drops = 0;

	for (unsigned i = 0; i < COUNTER_COUNT; i++) {
		sum.value[i] = 1000000; // of no consequence unless the kind says so
		if (counter_info(i)->kind == COUNTER_DROP)
			sum.value[i] = 1ull << drops++;
	}
	sum.value[C_RX_FRAMES] = 40;
	sum.value[C_INJECTED] = 3;
	sum.value[C_TX_FRAMES] = 30;
	sum.value[C_PUNTED] = 5;
	counters_balance(&sum, &balance);
	cr_assert_eq(balance.in, 43);
	cr_assert_eq(balance.out, 35);
	cr_assert_eq(balance.dropped, (1ull << drops) - 1);
	counters_balance(&(struct counters){0}, &balance);
	cr_assert_eq(balance.in + balance.out + balance.dropped, 0);
}

Test(counters, add_up_over_workers_but_for_the_maximum) {
	static struct lane_counters workers[3];
	struct counters sum = {0};

	for (unsigned w = 0; w < 3; w++)
		for (unsigned i = 0; i < COUNTER_COUNT; i++)
			count_n(&workers[w], i, (uint64_t)i * 10 + (w == 1 ? 100 : w));
	for (unsigned w = 0; w < 3; w++)
		counters_add(&sum, &workers[w]);
	for (unsigned i = 0; i < COUNTER_COUNT; i++)
		cr_assert_eq(
			sum.value[i], i == C_TURN_WAIT_MAX_CYCLES ? i * 10 + 100 : i * 30 + 102,
			"%s", counter_info(i)->word
		);
}

Test(counters, count_one_by_one_and_in_numbers) {
	static struct lane_counters counters;

	count(&counters, C_IN_PKTS_OK);
	count_n(&counters, C_IN_PKTS_OK, UINT64_MAX - 1);
	cr_assert_eq(counters.value[C_IN_PKTS_OK], UINT64_MAX);
	count(&counters, C_IN_PKTS_OK);
	cr_assert_eq(counters.value[C_IN_PKTS_OK], 0, "wraps as the MIB's counters do");
	cr_assert_eq(counters.value[C_IN_PKTS_OK + 1], 0);
	cr_assert_eq(counters.value[C_IN_PKTS_OK - 1], 0);
}
