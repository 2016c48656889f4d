/* SPDX-License-Identifier: BSD-3-Clause */

#include "bench/report.h"

#include "bench/contest.h"
#include "bench/machine.h"

#include <rte_cycles.h>

#include <cjson/cJSON.h>

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define FORMAT 1 // of the JSON file
#define COLUMNS_MAX 24u
#define WIDTH_MIN 7

struct column {
	const char *name;
	int width;
	char value[40];
};

struct report {
	cJSON *root, *rows, *row, *notes;
	struct column column[COLUMNS_MAX];
	unsigned n_columns;
	bool has_header, is_incomplete;
};

static cJSON *options_json(const struct options *options) {
	cJSON *json = cJSON_CreateObject();

	cJSON_AddNumberToObject(json, "seconds", options->seconds);
	cJSON_AddBoolToObject(json, "quick", options->is_quick);
	cJSON_AddBoolToObject(json, "integrity-only", options->is_integrity_only);
	cJSON_AddNumberToObject(json, "window-us", options->window_us);
	return json;
}

struct report *report_create(const struct options *options, const struct crypto_engine *engine) {
	struct report *report = calloc(1, sizeof(*report));

	if (report == NULL)
		return NULL;
	report->root = cJSON_CreateObject();
	cJSON_AddNumberToObject(report->root, "format", FORMAT);
	cJSON_AddStringToObject(report->root, "command", options->command->name);
	cJSON_AddItemToObject(report->root, "machine", machine_json());
	cJSON_AddItemToObject(report->root, "versions", machine_versions_json(engine));
	cJSON_AddItemToObject(report->root, "options", options_json(options));
	report->notes = cJSON_AddArrayToObject(report->root, "notes");
	report->rows = cJSON_AddArrayToObject(report->root, "rows");
	report->row = cJSON_CreateObject();
	machine_print(report->root, options->command->name);
	return report;
}

void report_destroy(struct report *report) {
	if (report == NULL)
		return;
	cJSON_Delete(report->row);
	cJSON_Delete(report->root);
	free(report);
}

static struct column *next_column(struct report *report, const char *name) {
	struct column *column = &report->column[report->n_columns++ % COLUMNS_MAX];
	const int width = (int)strlen(name);

	column->name = name;
	if (column->width < width)
		column->width = width < WIDTH_MIN ? WIDTH_MIN : width;
	return column;
}

void report_text(struct report *report, const char *name, const char *value) {
	struct column *column = next_column(report, name);

	snprintf(column->value, sizeof(column->value), "%s", value);
	if (column->width < 16 && !report->has_header && (int)strlen(value) > column->width)
		column->width = (int)strlen(value);
	cJSON_AddStringToObject(report->row, name, value);
}

void report_number(struct report *report, const char *name, double value, int decimals) {
	struct column *column = next_column(report, name);
	char rounded[40];

	if (!isfinite(value)) {
		snprintf(column->value, sizeof(column->value), "-");
		cJSON_AddNullToObject(report->row, name);
		return;
	}
	snprintf(column->value, sizeof(column->value), "%.*f", decimals, value);
	snprintf(rounded, sizeof(rounded), "%.6g", value);
	cJSON_AddRawToObject(report->row, name, rounded);
}

void report_disturbance(struct report *report, const struct contest *contest) {
	report_number(report, "windows", contest_windows(contest), 0);
	report_number(report, "discarded", contest_discarded(contest), 0);
}

static void print_header(struct report *report) {
	for (unsigned i = 0; i < report->n_columns; i++)
		printf("%*s%s", report->column[i].width, report->column[i].name,
		       i + 1 < report->n_columns ? "  " : "\n");
	report->has_header = true;
}

void report_row(struct report *report) {
	if (!report->has_header)
		print_header(report);
	for (unsigned i = 0; i < report->n_columns; i++)
		printf("%*s%s", report->column[i].width, report->column[i].value,
		       i + 1 < report->n_columns ? "  " : "\n");
	fflush(stdout);
	report->n_columns = 0;
	cJSON_AddItemToArray(report->rows, report->row);
	report->row = cJSON_CreateObject();
}

const char *report_outcome(struct report *report, const char *wrong) {
	if (wrong != contest_too_busy)
		return wrong;
	report->is_incomplete = true;
	return NULL;
}

bool report_is_complete(const struct report *report) {
	return !report->is_incomplete;
}

void report_note(struct report *report, const char *text) {
	printf("\n%s\n", text);
	cJSON_AddItemToArray(report->notes, cJSON_CreateString(text));
}

static int write_text(const char *path, const char *text) {
	FILE *file = fopen(path, "we");

	if (file == NULL)
		return -errno;
	const bool is_written = fputs(text, file) >= 0 && fputc('\n', file) != EOF;
	const bool is_closed = fclose(file) == 0;
	return is_written && is_closed ? 0 : -EIO;
}

/* Beside the file first, then in its place. */
int report_write(const struct report *report, const char *path) {
	char *text = cJSON_Print(report->root);
	char *beside = NULL;
	int error = -ENOMEM;

	if (text != NULL && asprintf(&beside, "%s.new", path) >= 0)
		error = write_text(beside, text);
	if (error == 0 && rename(beside, path) != 0)
		error = -errno;
	if (error != 0 && beside != NULL)
		unlink(beside);
	cJSON_free(text);
	free(beside);
	return error;
}

double report_gbit(double octets, double cycles) {
	return (double)rte_get_tsc_hz() / cycles * octets * 8 / 1e9;
}
