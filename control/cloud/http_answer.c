/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Answers come in here. A body may hold a key: it grows in secret memory only, by doubling, so that
 * dripping servers cost little.
 */
#include "control/cloud/http_answer.h"

#include "control/secret.h"

#include <curl/curl.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#define BODY_FIRST_ROOM 4096u
#define HEADERS_OCTETS_MAX (64u * 1024u)
#define VALUE_MAX 128u

/* A header's value without blanks around it, terminated. False when the line has another name, or
 * the value is too long or not printable. */
static bool header_value(const char *line, size_t octets, const char *name, char *value) {
	size_t n_name = strlen(name);

	if (octets <= n_name || strncasecmp(line, name, n_name) != 0 || line[n_name] != ':')
		return false;
	line += n_name + 1;
	octets -= n_name + 1;
	while (octets > 0 && strchr("\r\n\t ", line[octets - 1]) != NULL)
		octets--;
	while (octets > 0 && (*line == ' ' || *line == '\t')) {
		line++;
		octets--;
	}
	if (octets == 0 || octets >= VALUE_MAX)
		return false;
	for (size_t i = 0; i < octets; i++)
		if (line[i] < ' ' || line[i] > '~')
			return false;
	memcpy(value, line, octets);
	value[octets] = '\0';
	return true;
}

static bool is_number(const char *text) {
	return text[0] != '\0' && text[strspn(text, "0123456789")] == '\0';
}

/* Seconds from now; 0 for the past and for what is no time. */
static uint32_t retry_after_s(const char *value, int64_t wall_s) {
	int64_t seconds;

	if (is_number(value)) {
		unsigned long long number = strtoull(value, NULL, 10);

		return number > UINT32_MAX ? UINT32_MAX : (uint32_t)number;
	}
	seconds = (int64_t)curl_getdate(value, NULL) - wall_s;
	if (seconds <= 0)
		return 0;
	return seconds > UINT32_MAX ? UINT32_MAX : (uint32_t)seconds;
}

void http_header_read(struct http_answer *answer, const char *line, size_t octets, int64_t wall_s) {
	char value[VALUE_MAX];

	if (header_value(line, octets, "Retry-After", value))
		answer->retry_after_s = retry_after_s(value, wall_s);
	else if (header_value(line, octets, "ETag", value))
		memcpy(answer->etag, value, strlen(value) + 1);
}

/* A status line begins a new answer: what was said with a 1xx one does not count. */
static void forget_headers(struct http_answer *answer) {
	answer->retry_after_s = 0;
	answer->etag[0] = '\0';
}

size_t http_intake_header(char *line, size_t octets, size_t n, void *context) {
	struct http_intake *intake = context;

	octets *= n;
	intake->header_octets += octets;
	if (intake->header_octets > HEADERS_OCTETS_MAX) {
		intake->is_too_large = true;
		return 0;
	}
	if (octets >= 5 && memcmp(line, "HTTP/", 5) == 0)
		forget_headers(intake->answer);
	else
		http_header_read(intake->answer, line, octets, time(NULL));
	return octets;
}

static bool make_room(struct http_intake *intake, size_t needed) {
	size_t room = intake->room < BODY_FIRST_ROOM ? BODY_FIRST_ROOM : intake->room;
	char *body;

	if (needed <= intake->room)
		return true;
	while (room < needed)
		room *= 2;
	body = secret_alloc(room);
	if (body == NULL)
		return false;
	if (intake->answer->body_octets > 0)
		memcpy(body, intake->answer->body, intake->answer->body_octets);
	secret_free(intake->answer->body);
	intake->answer->body = body;
	intake->room = room;
	return true;
}

size_t http_intake_body(char *piece, size_t octets, size_t n, void *context) {
	struct http_intake *intake = context;
	struct http_answer *answer = intake->answer;

	octets *= n;
	if (octets > HTTP_BODY_MAX - answer->body_octets) {
		intake->is_too_large = true;
		return 0;
	}
	if (!make_room(intake, answer->body_octets + octets + 1))
		return 0;
	memcpy(answer->body + answer->body_octets, piece, octets);
	answer->body_octets += octets;
	answer->body[answer->body_octets] = '\0';
	return octets;
}
