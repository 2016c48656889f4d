/* SPDX-License-Identifier: BSD-3-Clause */
/* Log lines of the control thread and of start-up, to standard error. The data plane never logs: it
 * counts. Lines for which standard error has no room are lost, not waited for; their number is
 * printed when it takes lines again. In a running daemon a line that is said again and
 * again is held back (log_limit.h), and counted with the next line of any kind. */
#pragma once

#include <stdarg.h>

enum log_level { LOG_ERROR, LOG_WARNING, LOG_INFO, LOG_DEBUG };

/* Sets the most detailed level that is printed, of every module (log_level.h: of one). Start-up
 * value: LOG_INFO. Any thread. */
void log_set_level(enum log_level level);

/* From now on repetitions are held back. Before, and in programs that say what they have to say and
 * end, every line is printed. Any thread. */
void log_limit_lines(void);

/*
 * Prints one line "LEVEL module: text". `module` is a short word ("port", "mka", "config").
 * Error means that the operator must act, and the text names the thing and the fix. Any control
 * thread.
 */
__attribute__((format(printf, 3, 4))) void
log_line(enum log_level level, const char *module, const char *format, ...);

/*
 * The usual way to fail: prints an error line, then returns `-errno_value` (the argument is a
 * positive errno), so that callers write `return log_error(ENODEV, "port", "…")`. The text is
 * printed as given: no strerror is added.
 */
__attribute__((format(printf, 3, 4))) int
log_error(int errno_value, const char *module, const char *format, ...);

#define log_warning(module, ...) log_line(LOG_WARNING, module, __VA_ARGS__)
#define log_info(module, ...) log_line(LOG_INFO, module, __VA_ARGS__)
#define log_debug(module, ...) log_line(LOG_DEBUG, module, __VA_ARGS__)
