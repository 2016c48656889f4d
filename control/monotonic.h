/* SPDX-License-Identifier: BSD-3-Clause */
/* The clock that is never set. Any thread. */
#pragma once

#include <stdint.h>
#include <time.h>

/* Nanoseconds since some time before this process. */
static inline uint64_t monotonic_ns(void) {
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

/* The same in milliseconds, rounded down. */
static inline uint64_t monotonic_ms(void) {
	return monotonic_ns() / 1000000u;
}
