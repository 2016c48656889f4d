/* SPDX-License-Identifier: BSD-3-Clause */
/* Back-off; the contract is in retry.h. */
#include "control/cloud/retry.h"

#define DOUBLINGS_MAX 16u // far above the ceiling, far below the width of the type

/* What jitter adds at most after so many failures. */
static uint32_t jitter_range_ms(uint32_t failures) {
	uint32_t doublings = failures > DOUBLINGS_MAX ? DOUBLINGS_MAX : failures - 1;
	uint32_t range_ms = RETRY_FIRST_MS << doublings;
	uint32_t most_ms = RETRY_CEILING_MS - RETRY_FLOOR_MS;

	return range_ms < most_ms ? range_ms : most_ms;
}

static uint32_t least_ms(const struct cloud_error *error) {
	uint64_t asked_ms = (uint64_t)error->retry_after_s * 1000;
	uint32_t least = error->verdict == CLOUD_LATER ? RETRY_LATER_MS : RETRY_FLOOR_MS;

	if (asked_ms > RETRY_AFTER_MAX_MS)
		asked_ms = RETRY_AFTER_MAX_MS;
	return asked_ms > least ? (uint32_t)asked_ms : least;
}

uint32_t retry_after(struct retry *retry, const struct cloud_error *error, uint32_t random) {
	if (error->verdict == CLOUD_OK) {
		retry->failures = 0;
		return 0;
	}
	if (retry->failures < UINT32_MAX)
		retry->failures++;
	if (error->verdict == CLOUD_FINAL)
		return RETRY_NEVER_MS;
	const uint64_t range_ms = jitter_range_ms(retry->failures);
	return least_ms(error) + (uint32_t)((random * (range_ms + 1)) >> 32);
}
