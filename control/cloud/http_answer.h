/* SPDX-License-Identifier: BSD-3-Clause */
/* Taking in an answer, piece by piece, with bounds on all of it. */
#pragma once

#include "control/cloud/http.h"

#include <stdbool.h>

/* An answer while it comes in. */
struct http_intake {
	struct http_answer *answer;
	size_t room;          // of answer->body, terminator included
	size_t header_octets; // of all header lines so far, those of 1xx answers too
	bool is_too_large;
};

/*
 * libcurl's callbacks (CURLOPT_HEADERFUNCTION, CURLOPT_WRITEFUNCTION). Anything but n * octets as
 * the result ends the exchange.
 */
size_t http_intake_header(char *line, size_t octets, size_t n, void *intake);
size_t http_intake_body(char *piece, size_t octets, size_t n, void *intake);

/* One header line, CR LF included or not. Unknown ones and those out of form count as absent.
 * wall_s: for a Retry-After in the form of a date. Pure. */
void http_header_read(struct http_answer *answer, const char *line, size_t octets, int64_t wall_s);
