/* SPDX-License-Identifier: BSD-3-Clause */
/* What --check makes of a key chain and the clock, by the number of lines of each verdict. */
#include "control/check.h"
#include "control/config_time.h"
#include "tests/unit/caks_bench.h"

#include <criterion/criterion.h>

#include <time.h>

TestSuite(check_keys, .init = make_bench, .fini = end_bench);

/* Stands for the report. */
void check_say(
	struct check *check, enum check_verdict verdict, const char *subject, const char *format,
	...
) {
	cr_assert_not_null(format);
	cr_assert_str_eq(subject, "west");
	check->n[verdict]++;
}

/* Files only here. */
void check_cloud_cak(
	struct check *check, const struct config_link *link, const struct config_cak *cak,
	const char *what
) {
	(void)check, (void)link, (void)cak, (void)what;
	cr_assert_fail("no key of these tests is in the cloud");
}

enum cak_end { PAST, SOON, LATER, NEVER };

static void set_end(struct config_chain_cak *cak, int64_t start_s, enum cak_end end) {
	static const int64_t end_s[] = {[PAST] = -3 * HOUR, [SOON] = HOUR, [LATER] = 1000 * HOUR};
	const int64_t now_s = time(NULL);

	cak->start_s = now_s + start_s;
	cak->accept_from_s = cak->start_s - HOUR;
	cak->end_s = end == NEVER ? CONFIG_TIME_NEVER : now_s + end_s[end];
	cak->accept_until_s = end == NEVER ? CONFIG_TIME_NEVER : cak->end_s + HOUR;
}

/* A link with a chain of two CAKs that began in the past, and end so. */
static void assert_ends(
	enum cak_end first, enum cak_end second, bool has_primary, bool has_fallback,
	unsigned n_warnings, unsigned n_failures
) {
	struct check check = {.config = &bench.config};

	make_chain();
	bench.link.n_chain = 2;
	set_end(&bench.chain[0], -9 * HOUR, first);
	set_end(&bench.chain[1], -5 * HOUR, second);
	bench.link.primary.is_set = has_primary;
	bench.link.fallback.is_set = has_fallback;
	bench.config.links = &bench.link;
	bench.config.n_links = 1;
	check_keys(&check);
	cr_assert_eq(check.n[CHECK_WARN], n_warnings, "%d %d", first, second);
	cr_assert_eq(check.n[CHECK_FAIL], n_failures, "%d %d", first, second);
}

Test(check_keys, a_chain_that_is_over_fails_only_a_link_that_has_nothing_else) {
	assert_ends(PAST, PAST, false, false, 0, 1);
	assert_ends(PAST, PAST, false, true, 1, 0);
	assert_ends(PAST, PAST, true, false, 1, 0);
	assert_ends(PAST, PAST, true, true, 1, 0);
}

Test(check_keys, a_chain_that_ends_soon_is_a_warning) {
	assert_ends(PAST, SOON, false, false, 1, 0);
	assert_ends(PAST, SOON, true, true, 1, 0);
	assert_ends(PAST, LATER, false, false, 0, 0);
	assert_ends(PAST, NEVER, false, false, 0, 0);
}

/* The one that lasts longest counts, wherever in the chain it is. */
Test(check_keys, an_earlier_cak_in_reserve_keeps_a_chain_alive) {
	assert_ends(NEVER, SOON, false, false, 0, 0);
	assert_ends(NEVER, PAST, false, false, 0, 0);
	assert_ends(LATER, PAST, false, false, 0, 0);
	assert_ends(SOON, PAST, false, false, 1, 0);
}
