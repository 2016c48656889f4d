/* SPDX-License-Identifier: BSD-3-Clause */
/* Where the drivers' messages go. Drivers may not include control/, so the daemon hands its log in.
 */
#pragma once

/*
 * Sends the drivers' messages to the caller's log. `error` returns -errno_value, `text` is one line
 * without its newline. NULL puts the start-up behaviour back: both go to standard error. Main
 * thread, before any other thread uses a driver.
 */
void driver_log_set(
	int (*error)(int errno_value, const char *module, const char *text),
	void (*info)(const char *module, const char *text)
);

/*
 * The usual way to fail: one line that names the thing and the fix, then -errno_value (the argument
 * is a positive errno). Longer lines are cut at 512 octets. Any thread but a worker.
 */
__attribute__((format(printf, 3, 4))) int
driver_error(int errno_value, const char *module, const char *format, ...);

/* A line that needs no action. Any thread but a worker. */
__attribute__((format(printf, 2, 3))) void driver_info(const char *module, const char *format, ...);
