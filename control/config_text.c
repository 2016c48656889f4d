/* SPDX-License-Identifier: BSD-3-Clause */
/* The text of a configuration file, line by line. */
#include "control/config_text.h"

#include <ctype.h>
#include <string.h>

/* Octets of the UTF-8 character at `text`, 0 when it is none. RFC 3629, section 4. */
static size_t utf8_octets(const uint8_t *text, size_t left) {
	size_t octets = text[0] < 0x80 ? 1 : text[0] < 0xe0 ? 2 : text[0] < 0xf0 ? 3 : 4;
	uint8_t low = 0x80, high = 0xbf; // of the second octet: no overlong forms, no surrogates

	if ((text[0] >= 0x80 && text[0] < 0xc2) || text[0] > 0xf4 || octets > left)
		return 0;
	if (text[0] == 0xe0)
		low = 0xa0;
	else if (text[0] == 0xed)
		high = 0x9f;
	else if (text[0] == 0xf0)
		low = 0x90;
	else if (text[0] == 0xf4)
		high = 0x8f;
	if (octets > 1 && (text[1] < low || text[1] > high))
		return 0;
	for (size_t i = 2; i < octets; i++)
		if ((text[i] & 0xc0) != 0x80)
			return 0;
	return octets;
}

/* What is wrong with the character at `text`, or NULL; *octets is its length then. */
static const char *character_problem(const uint8_t *text, size_t left, size_t *octets) {
	*octets = utf8_octets(text, left);
	if (text[0] == 0)
		return "the file holds a NUL octet; save it as UTF-8 text";
	if ((text[0] < ' ' && text[0] != '\t' && text[0] != '\r') || text[0] == 0x7f)
		return "the file holds a control character; remove it";
	if (*octets == 0)
		return "the file is not UTF-8 text here; save it as UTF-8";
	return NULL;
}

/* The first problem of one line (without its end), or NULL; *column counts characters from 1. */
static const char *line_problem(const uint8_t *line, size_t octets, uint32_t *column) {
	const char *problem = NULL;
	size_t step = 0;

	*column = 1;
	if (octets > CONFIG_LINE_MAX_OCTETS)
		return "the line is longer than 2000 octets; break it";
	if (octets > 0 && line[0] == '%')
		return "directives are not supported; remove the line";
	for (size_t i = 0; i < octets; i += step, ++*column) {
		problem = character_problem(line + i, octets - i, &step);
		if (problem != NULL)
			break;
	}
	return problem;
}

static bool is_blank(const char *line, size_t octets) {
	size_t n = 0;

	while (n < octets && isspace((unsigned char)line[n]))
		n++;
	return n == octets;
}

/* Octets up to the line's end. A lone CR ends a line in YAML too. */
static size_t line_octets(const char *text, size_t left) {
	size_t n = 0;

	while (n < left && text[n] != '\n' && text[n] != '\r')
		n++;
	return n;
}

static size_t line_end_octets(const char *text, size_t left) {
	if (left >= 2 && text[0] == '\r' && text[1] == '\n')
		return 2;
	return left > 0;
}

void config_text_check(const char *text, size_t octets, struct config_report *report) {
	struct config_mark mark = {.line = 1};
	uint32_t n_blank = 0;

	if (octets > CONFIG_FILE_MAX_OCTETS) {
		config_problem(
			report, &(struct config_mark){0},
			"the file is larger than 1 MiB; shorten it"
		);
		return;
	}
	for (size_t at = 0; at < octets; mark.line++) {
		size_t n = line_octets(text + at, octets - at);
		const char *problem = line_problem((const uint8_t *)text + at, n, &mark.column);

		n_blank = is_blank(text + at, n) ? n_blank + 1 : 0;
		if (problem == NULL && n_blank > CONFIG_BLANK_LINES_MAX)
			problem = "more than 200 blank lines in a row; remove them";
		if (problem != NULL) {
			config_problem(report, &mark, "%s", problem);
			return;
		}
		at += n;
		at += line_end_octets(text + at, octets - at);
	}
}
