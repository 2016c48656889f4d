/* SPDX-License-Identifier: BSD-3-Clause */
/* Points in time as the configuration writes them (RFC 3339), and as messages quote them. Pure. */
#pragma once

#include <stdint.h>

#define CONFIG_TIME_NEVER INT64_MAX

/*
 * Reads "2026-12-01T00:00:00Z", or the same with an offset from UTC: "2026-12-01T01:00:00+01:00"
 * (RFC 3339, section 5.6). Stricter than it: 'T' and 'Z' are capitals, there are no fractions, and
 * a second 60 does not exist: POSIX clocks do not count it. Years 1970 to 2199, so that nanoseconds
 * fit an int64_t as well.
 *
 * Returns 0 and *seconds since 1970-01-01T00:00:00Z, -EINVAL when the text has another form, or
 * -ERANGE when the calendar has no such day or a clock no such time.
 */
int config_time_parse(const char *text, int64_t *seconds);

struct config_time_text {
	char text[32];
};

/* "2026-12-01T00:00:00Z", or "never" for CONFIG_TIME_NEVER. */
struct config_time_text config_time_text(int64_t seconds);
