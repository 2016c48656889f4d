/* SPDX-License-Identifier: BSD-3-Clause */
/* Lines of a check; the contract is in verdicts.h. */
#include "control/ctl/verdicts.h"

#include "control/server/utf8.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

const char *verdict_word(enum verdict verdict) {
	static const char *const words[] = {"pass", "warn", "fail"};

	return words[verdict];
}

__attribute__((format(printf, 6, 0))) static void
add(struct verdicts *verdicts, enum verdict verdict, const char *subject, const char *ours,
    const char *theirs, const char *format, va_list arguments) {
	struct verdict_line *line = &verdicts->lines[verdicts->n];

	verdicts->count[verdict]++;
	if (verdicts->n == VERDICTS_MAX)
		return;
	verdicts->n++;
	line->verdict = verdict;
	snprintf(line->subject, sizeof(line->subject), "%s", subject);
	snprintf(line->ours, sizeof(line->ours), "%s", ours);
	snprintf(line->theirs, sizeof(line->theirs), "%s", theirs);
	vsnprintf(line->text, sizeof(line->text), format, arguments);
	utf8_neutralise(line->ours);
	utf8_neutralise(line->theirs);
	utf8_neutralise(line->text);
}

void verdict_say(
	struct verdicts *verdicts, enum verdict verdict, const char *subject, const char *format,
	...
) {
	va_list arguments;

	va_start(arguments, format);
	add(verdicts, verdict, subject, "", "", format, arguments);
	va_end(arguments);
}

void verdict_compare(
	struct verdicts *verdicts, enum verdict verdict, const char *subject, const char *ours,
	const char *theirs, const char *format, ...
) {
	va_list arguments;

	va_start(arguments, format);
	add(verdicts, verdict, subject, ours, theirs, format, arguments);
	va_end(arguments);
}
