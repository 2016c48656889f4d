/* SPDX-License-Identifier: BSD-3-Clause */
/* The problems of one configuration file: printed as they are found, counted, bounded. */
#pragma once

#include "control/config.h"

#include <stddef.h>
#include <stdint.h>

#define CONFIG_PROBLEMS_SHOWN_MAX 20u

struct config_report {
	const char *path;
	uint32_t n_problems;
	bool is_out_of_memory;
};

/*
 * Counts one problem and, for the first 20, prints "FILE:LINE:COLUMN: text" (no marks when line is
 * 0). The text says what is wrong; then, after "; ", what to write instead. Control thread.
 */
__attribute__((format(printf, 3, 4))) void config_problem(
	struct config_report *report, const struct config_mark *mark, const char *format, ...
);

/* Remembers that memory ran out; printed once by config_report_end. */
void config_report_no_memory(struct config_report *report);

/* Prints how many problems were not shown. Returns 0, -ENOMEM, or -EINVAL when there was any. */
int config_report_end(const struct config_report *report);

/* A word of the file fit to be quoted in a message. */
struct config_quote {
	char text[48];
};

/* At most 40 octets of `text`; what is not printable ASCII becomes '?'. */
struct config_quote config_quote(const char *text);
