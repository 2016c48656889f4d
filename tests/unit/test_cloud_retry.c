/* SPDX-License-Identifier: BSD-3-Clause */
/* Back-off: never sooner than promised, spread out, and back to the start after a success. */
#include "control/cloud/retry.h"

#include <criterion/criterion.h>

static const struct cloud_error transient = {.verdict = CLOUD_TRANSIENT};
static const struct cloud_error later = {.verdict = CLOUD_LATER};
static const struct cloud_error final = {.verdict = CLOUD_FINAL};
static const struct cloud_error fine = {.verdict = CLOUD_OK};

Test(cloud_retry, doubles_to_the_ceiling) {
	struct retry low = {0}, high = {0};
	uint32_t range = RETRY_FIRST_MS;

	for (uint32_t i = 0; i < 100; i++) {
		uint32_t most = range + RETRY_FLOOR_MS;

		cr_assert_eq(retry_after(&low, &transient, 0), RETRY_FLOOR_MS);
		cr_assert_eq(
			retry_after(&high, &transient, UINT32_MAX),
			most < RETRY_CEILING_MS ? most : RETRY_CEILING_MS, "%u", i
		);
		range = range > RETRY_CEILING_MS ? range : 2 * range;
	}
	cr_assert_eq(low.failures, 100);
}

Test(cloud_retry, spreads_over_the_whole_range) {
	uint32_t buckets[8] = {0};

	for (uint32_t i = 0; i < 800; i++) {
		struct retry retry = {.failures = 3};
		uint32_t ms = retry_after(&retry, &transient, i * (UINT32_MAX / 800));

		cr_assert(ms >= RETRY_FLOOR_MS && ms <= RETRY_FLOOR_MS + 8000);
		buckets[(ms - RETRY_FLOOR_MS) * 8 / 8001]++;
	}
	for (uint32_t i = 0; i < 8; i++)
		cr_assert(buckets[i] >= 98 && buckets[i] <= 102, "%u: %u", i, buckets[i]);
}

Test(cloud_retry, forgets_after_a_success) {
	struct retry retry = {0};

	for (uint32_t i = 0; i < 20; i++)
		retry_after(&retry, &transient, UINT32_MAX);
	cr_assert_eq(retry_after(&retry, &fine, UINT32_MAX), 0);
	cr_assert_eq(retry_after(&retry, &transient, UINT32_MAX), 2000);
}

Test(cloud_retry, waits_for_what_was_asked_in_full) {
	struct cloud_error error = {.verdict = CLOUD_TRANSIENT, .retry_after_s = 120};
	struct retry retry = {0};

	cr_assert_eq(retry_after(&retry, &error, 0), 120000);
	cr_assert_eq(retry_after(&retry, &error, UINT32_MAX), 122000);
	error.retry_after_s = UINT32_MAX;
	cr_assert_eq(retry_after(&retry, &error, 0), RETRY_AFTER_MAX_MS);
	error.retry_after_s = 601;
	cr_assert_eq(retry_after(&retry, &error, 0), RETRY_AFTER_MAX_MS);
}

Test(cloud_retry, too_early_is_later) {
	struct cloud_error asked = {.verdict = CLOUD_LATER, .retry_after_s = 90};
	struct retry retry = {0};

	cr_assert_eq(retry_after(&retry, &later, 0), RETRY_LATER_MS);
	cr_assert_eq(retry_after(&retry, &later, UINT32_MAX), RETRY_LATER_MS + 2000);
	cr_assert_eq(retry_after(&retry, &asked, 0), 90000);
	asked.retry_after_s = 1;
	cr_assert_eq(retry_after(&retry, &asked, 0), RETRY_LATER_MS);
}

Test(cloud_retry, final_is_never) {
	struct cloud_error asked = {.verdict = CLOUD_FINAL, .retry_after_s = 5};
	struct retry retry = {0};

	cr_assert_eq(retry_after(&retry, &final, 0), RETRY_NEVER_MS);
	cr_assert_eq(retry_after(&retry, &asked, UINT32_MAX), RETRY_NEVER_MS);
}

Test(cloud_retry, counts_without_end) {
	struct retry retry = {.failures = UINT32_MAX - 1};

	cr_assert_eq(retry_after(&retry, &transient, UINT32_MAX), RETRY_CEILING_MS);
	cr_assert_eq(retry_after(&retry, &transient, UINT32_MAX), RETRY_CEILING_MS);
	cr_assert_eq(retry.failures, UINT32_MAX);
}

/* An hour of failures: far fewer requests than one a second. */
Test(cloud_retry, no_storm) {
	struct retry retry = {0};
	uint64_t at_ms = 0;
	uint32_t n = 0, chance = 1;

	for (; at_ms < 3600000; n++) {
		chance = chance * 1664525u + 1013904223u;
		at_ms += retry_after(&retry, &transient, chance);
	}
	cr_assert(n > 60 && n < 180, "%u", n);
}
