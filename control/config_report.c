/* SPDX-License-Identifier: BSD-3-Clause */
/* Problems of a configuration file, one line each. */
#include "control/config_report.h"

#include "control/log.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define QUOTE_OCTETS 40u

void config_problem(
	struct config_report *report, const struct config_mark *mark, const char *format, ...
) {
	char text[768];
	va_list arguments;

	if (++report->n_problems > CONFIG_PROBLEMS_SHOWN_MAX)
		return;
	va_start(arguments, format);
	vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	if (mark->line == 0)
		log_error(EINVAL, "config", "%s: %s", report->path, text);
	else
		log_error(
			EINVAL, "config", "%s:%u:%u: %s", report->path, mark->line, mark->column,
			text
		);
}

void config_report_no_memory(struct config_report *report) {
	report->is_out_of_memory = true;
}

int config_report_end(const struct config_report *report) {
	if (report->is_out_of_memory)
		return log_error(
			ENOMEM, "config", "%s: out of memory; free memory on this machine",
			report->path
		);
	if (report->n_problems > CONFIG_PROBLEMS_SHOWN_MAX)
		log_error(
			EINVAL, "config", "%s: %u more problems; mend those above first",
			report->path, report->n_problems - CONFIG_PROBLEMS_SHOWN_MAX
		);
	return report->n_problems == 0 ? 0 : -EINVAL;
}

struct config_quote config_quote(const char *text) {
	struct config_quote quote;
	size_t octets = strnlen(text, QUOTE_OCTETS + 1);
	size_t n = octets > QUOTE_OCTETS ? QUOTE_OCTETS : octets;

	for (size_t i = 0; i < n; i++)
		quote.text[i] = text[i] >= ' ' && text[i] <= '~' ? text[i] : '?';
	memcpy(quote.text + n, octets > QUOTE_OCTETS ? "..." : "", octets > QUOTE_OCTETS ? 4 : 1);
	return quote;
}
