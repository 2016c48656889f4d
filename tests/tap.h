/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Results of tests that are plain main() programs, as TAP on standard output, and waiting with an
 * end: what does not come in time fails with a text that says what was waited for.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

/* Reports one case that held; the text says what was shown. Main thread. */
__attribute__((format(printf, 1, 2))) void tap_ok(const char *format, ...);

/* Reports a failure and ends the process at once with status 1, other threads included. Any thread.
 */
__attribute__((format(printf, 1, 2), noreturn)) void tap_fail(const char *format, ...);

/* What tap_fail calls first, to print how things stand as lines that begin with '#'. NULL: nothing.
 */
void tap_explain_with(void (*explain)(const void *), const void *arg);

/* Fails unless `is_held`. Any thread. */
#define tap_must(is_held, ...) ((is_held) ? (void)0 : tap_fail(__VA_ARGS__))

/* Ends the list of cases; the value for main() to return. */
int tap_end(void);

/* CLOCK_MONOTONIC. Any thread. */
uint64_t tap_now_ns(void);

/* A wait that ends. Naps for microseconds between two looks; the machine may be loaded, so the time
 * is generous. */
struct tap_wait {
	const char *what; // "every frame arrives": for the failure's text
	uint64_t end_ns;
};
struct tap_wait tap_wait_for(const char *what);

/* Between two looks at what is awaited; fails when the time is over. */
void tap_wait_more(const struct tap_wait *wait);
