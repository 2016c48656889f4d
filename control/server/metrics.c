/* SPDX-License-Identifier: BSD-3-Clause */
/* The text: one growing piece for each metric, and the grammar of its lines. */
#include "control/server/metrics.h"

#include "control/server/metrics_text.h"
#include "control/server/utf8.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LINE_OCTETS (METRICS_LABELS_OCTETS + 256u) // longest sample

struct piece {
	char *at;
	size_t octets, room;
};

struct metrics {
	enum metrics_format format;
	unsigned users;
	bool is_out_of_memory;
	struct piece pieces[METRICS_FAMILIES + 1]; // the last one: the end mark
};

struct metrics *metrics_create(enum metrics_format format) {
	struct metrics *metrics = calloc(1, sizeof(*metrics));

	if (metrics == NULL)
		return NULL;
	metrics->format = format;
	metrics->users = 1;
	return metrics;
}

struct metrics *metrics_hold(struct metrics *metrics) {
	metrics->users++;
	return metrics;
}

void metrics_release(struct metrics *metrics) {
	if (metrics == NULL || --metrics->users > 0)
		return;
	for (size_t i = 0; i < METRICS_FAMILIES + 1; i++)
		free(metrics->pieces[i].at);
	free(metrics);
}

static void piece_add(struct metrics *metrics, unsigned i, const char *text, size_t octets) {
	struct piece *piece = &metrics->pieces[i];

	if (piece->octets + octets > piece->room) {
		const size_t room = 2 * (piece->octets + octets);
		char *at = realloc(piece->at, room);

		if (at == NULL) {
			metrics->is_out_of_memory = true;
			return;
		}
		piece->at = at;
		piece->room = room;
	}
	memcpy(piece->at + piece->octets, text, octets);
	piece->octets += octets;
}

__attribute__((format(printf, 3, 4))) static void
line_add(struct metrics *metrics, unsigned i, const char *format, ...) {
	char line[LINE_OCTETS];
	va_list arguments;

	va_start(arguments, format);
	const int octets = vsnprintf(line, sizeof(line), format, arguments);
	va_end(arguments);
	piece_add(metrics, i, line, (size_t)octets);
}

static const char *suffix_of(const struct metrics_family_info *info) {
	static const char *const suffixes[] = {
		[METRICS_GAUGE] = "",
		[METRICS_COUNTER] = "_total",
		[METRICS_INFO] = "_info",
	};

	return suffixes[info->type];
}

/* OpenMetrics wants a unit to be the end of the name. */
static bool ends_with(const char *name, const char *unit) {
	const size_t n = strlen(name), m = strlen(unit);

	return m > 0 && n > m && name[n - m - 1] == '_' && strcmp(name + n - m, unit) == 0;
}

/* In Prometheus' format what is described is the sample's name, and there is no info. */
static void describe(struct metrics *metrics, unsigned i, const struct metrics_family_info *info) {
	static const char *const types[] = {
		[METRICS_GAUGE] = "gauge",
		[METRICS_COUNTER] = "counter",
		[METRICS_INFO] = "info",
	};
	const bool is_open = metrics->format == METRICS_OPENMETRICS;
	const bool has_unit = ends_with(info->name, info->unit);
	const bool is_told = has_unit || info->unit[0] == '\0';
	const char *suffix = is_open ? "" : suffix_of(info);
	const char *type = !is_open && info->type == METRICS_INFO ? "gauge" : types[info->type];

	line_add(metrics, i, "# TYPE %s%s %s\n", info->name, suffix, type);
	if (is_open && has_unit)
		line_add(metrics, i, "# UNIT %s %s\n", info->name, info->unit);
	line_add(
		metrics, i, "# HELP %s%s %s%s%s%s\n", info->name, suffix, info->help,
		is_told ? "" : " (", is_told ? "" : info->unit, is_told ? "" : ")"
	);
}

static void sample_text(
	struct metrics *metrics, unsigned family, const struct metrics_labels *labels,
	const char *value
) {
	const struct metrics_family_info info = metrics_family_info(family);

	if (labels->is_cut)
		return;
	if (metrics->pieces[family].octets == 0)
		describe(metrics, family, &info);
	if (labels->octets == 0)
		line_add(metrics, family, "%s%s %s\n", info.name, suffix_of(&info), value);
	else
		line_add(
			metrics, family, "%s%s{%.*s} %s\n", info.name, suffix_of(&info),
			(int)labels->octets, labels->text, value
		);
}

void metrics_sample(
	struct metrics *metrics, unsigned family, const struct metrics_labels *labels,
	uint64_t value
) {
	char text[32];

	snprintf(text, sizeof(text), "%" PRIu64, value);
	sample_text(metrics, family, labels, text);
}

void metrics_sample_signed(
	struct metrics *metrics, unsigned family, const struct metrics_labels *labels, int64_t value
) {
	char text[32];

	snprintf(text, sizeof(text), "%" PRId64, value);
	sample_text(metrics, family, labels, text);
}

void metrics_sample_seconds(
	struct metrics *metrics, unsigned family, const struct metrics_labels *labels, uint64_t ns
) {
	const uint64_t ms = ns / 1000000u;
	char text[32];

	snprintf(text, sizeof(text), "%" PRIu64 ".%03" PRIu64, ms / 1000, ms % 1000);
	sample_text(metrics, family, labels, text);
}

void metrics_one_hot(
	struct metrics *metrics, unsigned family, struct metrics_labels *labels, const char *name,
	const char *const *words, unsigned n, unsigned present
) {
	const size_t octets = labels->octets;

	for (unsigned i = 0; i < n; i++) {
		metrics_label(labels, name, words[i]);
		metrics_sample(metrics, family, labels, i == present);
		labels->octets = octets;
	}
}

static void label_add(struct metrics_labels *labels, const char *text, size_t octets) {
	if (octets > sizeof(labels->text) - labels->octets) {
		labels->is_cut = true;
		return;
	}
	memcpy(labels->text + labels->octets, text, octets);
	labels->octets += octets;
}

/* One character of a value. Returns how many octets of `at` it was. */
static size_t label_add_character(struct metrics_labels *labels, const char *at, size_t left) {
	const uint8_t *octets = (const uint8_t *)at;
	const size_t n = utf8_octets(octets, octets + left);

	if (n == 0 || utf8_is_control(octets, n))
		label_add(labels, "?", 1);
	else if (*at == '\\' || *at == '"')
		label_add(labels, (const char[]){'\\', *at}, 2);
	else
		label_add(labels, at, n);
	return n == 0 ? 1 : n;
}

void metrics_label(struct metrics_labels *labels, const char *name, const char *value) {
	size_t left = strlen(value);

	if (labels->octets > 0)
		label_add(labels, ",", 1);
	label_add(labels, name, strlen(name));
	label_add(labels, "=\"", 2);
	while (left > 0) {
		const size_t n = label_add_character(labels, value, left);

		value += n;
		left -= n;
	}
	label_add(labels, "\"", 1);
}

void metrics_label_sci(struct metrics_labels *labels, uint64_t sci) {
	char text[20];

	snprintf(text, sizeof(text), "%016" PRIx64, sci);
	metrics_label(labels, "sci", text);
}

int metrics_finish(struct metrics *metrics) {
	if (metrics->format == METRICS_OPENMETRICS)
		piece_add(metrics, METRICS_FAMILIES, "# EOF\n", 6);
	return metrics->is_out_of_memory ? -ENOMEM : 0;
}

bool metrics_piece(const struct metrics *metrics, size_t index, struct metrics_piece *piece) {
	if (index > METRICS_FAMILIES)
		return false;
	*piece = (struct metrics_piece){metrics->pieces[index].at, metrics->pieces[index].octets};
	return true;
}
