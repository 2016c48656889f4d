/* SPDX-License-Identifier: BSD-3-Clause */
/* What a check found: lines of pass, warn and fail, for people and as JSON. */
#pragma once

#include "control/ctl/ctl.h"

#include <stdbool.h>
#include <stdint.h>

#define VERDICTS_MAX 512u
#define VERDICT_SUBJECT_MAX 64u
#define VERDICT_VALUE_MAX 512u
#define VERDICT_TEXT_MAX 640u

enum verdict { VERDICT_PASS, VERDICT_WARN, VERDICT_FAIL };

struct verdict_line {
	enum verdict verdict;
	char subject[VERDICT_SUBJECT_MAX];
	char ours[VERDICT_VALUE_MAX]; // "": nothing is compared
	char theirs[VERDICT_VALUE_MAX];
	char text[VERDICT_TEXT_MAX]; // what it means; unless it passes, with the fix
};

/* Zeroed before first use. Lines behind the last that fits are counted, not kept. */
struct verdicts {
	uint32_t n;
	uint32_t count[VERDICT_FAIL + 1];
	struct verdict_line lines[VERDICTS_MAX];
};

/* Adds a line without values. */
__attribute__((format(printf, 4, 5))) void verdict_say(
	struct verdicts *verdicts, enum verdict verdict, const char *subject, const char *format,
	...
);

/* Adds a line that compares two values. */
__attribute__((format(printf, 6, 7))) void verdict_compare(
	struct verdicts *verdicts, enum verdict verdict, const char *subject, const char *ours,
	const char *theirs, const char *format, ...
);

/* "pass", "warn", "fail". */
const char *verdict_word(enum verdict verdict);

/*
 * Prints one line each and their number, or with ctl->json an object. Texts come from servers too:
 * they leave without control characters. Returns CTL_WRONG when one fails, CTL_USAGE without
 * memory, else CTL_OK.
 */
enum ctl_status verdicts_print(const struct ctl *ctl, const struct verdicts *verdicts);
