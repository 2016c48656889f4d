/* SPDX-License-Identifier: BSD-3-Clause */
/* Which format a client is given (RFC 9110 12.5.1, as far as two formats need it). */
#include "control/server/metrics.h"

#include <string.h>

#define OPENMETRICS_TYPE "application/openmetrics-text"

const char *metrics_content_type(enum metrics_format format) {
	return format == METRICS_OPENMETRICS ? OPENMETRICS_TYPE "; version=1.0.0; charset=utf-8"
					     : "text/plain; version=0.0.4; charset=utf-8";
}

static const char *skip_blanks(const char *at) {
	return at + strspn(at, " \t");
}

/* Whether the parameters of one media range, up to `end`, say q=0: "not this". */
static bool is_declined(const char *at, const char *end) {
	while ((at = memchr(at, ';', (size_t)(end - at))) != NULL) {
		at = skip_blanks(at + 1);
		if ((*at != 'q' && *at != 'Q') || at[1] != '=')
			continue;
		at += 2;
		const char *behind = skip_blanks(at + strspn(at, "0."));
		return *at == '0' && (behind >= end || *behind == ';');
	}
	return false;
}

/* Whether a media range, up to `end`, names OpenMetrics and does not decline it. */
static bool is_wish(const char *range, const char *end) {
	const size_t n = strlen(OPENMETRICS_TYPE);

	if ((size_t)(end - range) < n || strncasecmp(range, OPENMETRICS_TYPE, n) != 0)
		return false;
	const char *behind = skip_blanks(range + n);
	if (behind < end && *behind != ';')
		return false;
	return behind >= end || !is_declined(behind, end);
}

enum metrics_format metrics_accepted(const char *accept) {
	while (accept != NULL && *accept != '\0') {
		const char *end = accept + strcspn(accept, ",");

		if (is_wish(skip_blanks(accept), end))
			return METRICS_OPENMETRICS;
		accept = *end == ',' ? end + 1 : end;
	}
	return METRICS_PROMETHEUS;
}
