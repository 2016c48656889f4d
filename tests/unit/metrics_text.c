/* SPDX-License-Identifier: BSD-3-Clause */
#include "tests/unit/metrics_text.h"

#include <criterion/criterion.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int compare(const void *a, const void *b) {
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* The lines of a text, which is cut up for it. Returns how many. */
static size_t split(char *text, char ***lines) {
	size_t n = 0;

	*lines = calloc(strlen(text) + 1, sizeof(**lines));
	for (char *line = strtok(text, "\n"); line != NULL; line = strtok(NULL, "\n"))
		(*lines)[n++] = line;
	return n;
}

static void assert_none_twice(char *const *lines, size_t n) {
	char **sorted = calloc(n + 1, sizeof(*sorted));
	size_t m = 0;

	for (size_t i = 0; i < n; i++) {
		char *value = strrchr(lines[i], ' ');

		if (lines[i][0] != '#')
			sorted[m++] = strndup(lines[i], (size_t)(value - lines[i]));
		else if (strncmp(lines[i], "# TYPE ", 7) == 0)
			sorted[m++] = strndup(lines[i], strcspn(lines[i] + 7, " ") + 7);
	}
	qsort(sorted, m, sizeof(*sorted), compare);
	for (size_t i = 1; i < m; i++)
		cr_assert_str_neq(sorted[i - 1], sorted[i]);
	for (size_t i = 0; i < m; i++)
		free(sorted[i]);
	free(sorted);
}

/* Each sample is of the metric that was described last. */
static void assert_described(char *const *lines, size_t n, const char *suffixes) {
	char name[128] = "";

	for (size_t i = 0; i < n; i++) {
		const size_t octets = strcspn(lines[i], "{ ");

		if (sscanf(lines[i], "# TYPE %127s", name) == 1 || lines[i][0] == '#')
			continue;
		cr_assert(strncmp(lines[i], name, strlen(name)) == 0, "%s: %s", name, lines[i]);
		const char *rest = lines[i] + strlen(name);
		const size_t m = octets - strlen(name);
		cr_assert(
			m == 0 || (suffixes[0] != '\0' && (strncmp(rest, "_total", m) == 0 ||
							   strncmp(rest, "_info", m) == 0)),
			"%s: %s", name, lines[i]
		);
	}
}

void metrics_text_check(const char *text, enum metrics_format format) {
	const bool is_open = format == METRICS_OPENMETRICS;
	char *copy = strdup(text);
	char **lines;

	cr_assert_eq(text[strlen(text) - 1], '\n');
	const size_t n = split(copy, &lines);
	cr_assert_eq(strcmp(lines[n - 1], "# EOF") == 0, is_open);
	for (size_t i = 0; i + 1 < n; i++)
		cr_assert_str_neq(lines[i], "# EOF");
	assert_none_twice(lines, n);
	assert_described(lines, n, is_open ? "_total _info" : "");
	free(lines);
	free(copy);
}

static void fill(struct metrics *metrics, struct daemon *daemon) {
	struct link_view view;

	metrics_add_daemon(metrics, daemon);
	for (uint32_t i = 0; metrics_add_key(metrics, daemon, i); i++)
		;
	for (size_t i = 0; i < daemon_link_count(daemon); i++) {
		link_view(daemon_link(daemon, i), &view);
		metrics_add_link(metrics, &view);
	}
	cr_assert_eq(metrics_finish(metrics), 0);
}

char *metrics_text_of(struct daemon *daemon, enum metrics_format format) {
	struct metrics *metrics = metrics_create(format);
	struct metrics_piece piece;
	size_t octets;
	char *text;

	fill(metrics, daemon);
	FILE *stream = open_memstream(&text, &octets);
	for (size_t i = 0; metrics_piece(metrics, i, &piece); i++)
		fwrite(piece.octets > 0 ? piece.at : "", 1, piece.octets, stream);
	fclose(stream);
	metrics_release(metrics);
	metrics_text_check(text, format);
	return text;
}

void metrics_text_has(const char *text, const char *line) {
	const size_t n = strlen(line);

	for (const char *at = text; (at = strstr(at, line)) != NULL; at++)
		if ((at == text || at[-1] == '\n') && at[n] == '\n')
			return;
	cr_assert_fail("no line: %s", line);
}

void metrics_text_lacks(const char *text, const char *part) {
	cr_assert_null(strstr(text, part), "%s", strstr(text, part));
}
