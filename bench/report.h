/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A command's figures: one row at a time, printed as a table while they come and kept for the JSON
 * file. All rows of a report have the same fields in the same order. Main thread.
 */
#pragma once

#include "bench/options.h"

#include <stdbool.h>

struct contest;
struct report;

/* NULL without memory. */
struct report *report_create(const struct options *options, const struct crypto_engine *engine);
void report_destroy(struct report *report);

/* The fields of the row in progress; `name` is the column's and the JSON key. A number without a
 * value (NaN) prints as "-" and is null. */
void report_text(struct report *report, const char *name, const char *value);
void report_number(struct report *report, const char *name, double value, int decimals);

/* The last two fields of a contest's row: how much the machine disturbed. */
void report_disturbance(struct report *report, const struct contest *contest);

/* Ends the row and prints it. */
void report_row(struct report *report);

/*
 * What a command does with the outcome of a contest: "too busy" leaves a row without figures and
 * the report incomplete, and the command goes on (NULL); anything else ends it.
 */
const char *report_outcome(struct report *report, const char *wrong);
bool report_is_complete(const struct report *report);

/* What the columns mean; printed below the table. */
void report_note(struct report *report, const char *text);

/* Writes the JSON file, whole or not at all. Returns 0 or a negative errno. */
int report_write(const struct report *report, const char *path);

/* Gbit/s of frames of so many octets at so many TSC cycles each; without preamble, gap and FCS. */
double report_gbit(double octets, double cycles);
