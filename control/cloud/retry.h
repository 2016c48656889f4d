/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * When to call again: exponential back-off with full jitter over a floor of one second, so that a
 * service that is down gets at most one request a second for a key, and far less soon. Pure: time
 * and chance come from the caller.
 */
#pragma once

#include "control/cloud/cloud_error.h"

#include <stdint.h>

#define RETRY_FLOOR_MS 1000u
#define RETRY_FIRST_MS 1000u // jitter's range after the first failure; doubles with each
#define RETRY_CEILING_MS 60000u
#define RETRY_LATER_MS 35000u      // CLOUD_LATER: the KMS's own rule is 30 s
#define RETRY_AFTER_MAX_MS 600000u // more is not believed
#define RETRY_NEVER_MS UINT32_MAX  // CLOUD_FINAL: not by itself

struct retry {
	uint32_t failures; // in a row; 0 to begin with and after a success
};

/*
 * Milliseconds until the next try after `error`, counting the failure. `random` is any 32-bit
 * number, drawn anew for each call. A Retry-After is waited for in full, with jitter on top of it.
 */
uint32_t retry_after(struct retry *retry, const struct cloud_error *error, uint32_t random);
