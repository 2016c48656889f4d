/* SPDX-License-Identifier: BSD-3-Clause */
/* Tables by libsmartcols; the contract is in tables.h. */
#include "control/ctl/tables.h"

#include <libsmartcols/libsmartcols.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct table {
	struct libscols_table *scols;
	const struct column *columns;
	size_t n_columns, n_rows;
	size_t painted;
	const char *(*colour)(const cJSON *around, const cJSON *row); // NULL: none is painted
	bool failed;
};

static int look_flags(enum column_look look) {
	static const int flags[] = {
		[COLUMN_LEFT] = 0,
		[COLUMN_RIGHT] = SCOLS_FL_RIGHT,
		[COLUMN_WRAPPED] = SCOLS_FL_WRAP,
	};
	return flags[look];
}

struct table *table_begin(const struct column *columns, size_t n) {
	struct table *table = calloc(1, sizeof(*table));

	if (table == NULL)
		return NULL;
	table->columns = columns;
	table->n_columns = n;
	table->scols = scols_new_table();
	table->failed = table->scols == NULL;
	for (size_t i = 0; i < n && !table->failed; i++) {
		const struct column *column = &columns[i];
		table->failed = scols_table_new_column(
					table->scols, column->title, 0, look_flags(column->look)
				) == NULL;
	}
	return table;
}

void table_paint(
	struct table *table, size_t column,
	const char *(*colour)(const cJSON *around, const cJSON *row)
) {
	const char *unwanted = getenv("NO_COLOR");

	if (table == NULL || table->failed || !isatty(STDOUT_FILENO) ||
	    (unwanted != NULL && unwanted[0] != '\0'))
		return;
	scols_table_enable_colors(table->scols, 1);
	table->painted = column;
	table->colour = colour;
}

static void row_paint(
	const struct table *table, struct libscols_line *line, const cJSON *around, const cJSON *row
) {
	const char *colour = table->colour == NULL ? NULL : table->colour(around, row);

	if (colour != NULL)
		scols_cell_set_color(scols_line_get_cell(line, table->painted), colour);
}

static const cJSON *member_find(const cJSON *object, const char *name, size_t octets) {
	const cJSON *item;

	cJSON_ArrayForEach(item, object) {
		if (item->string != NULL && strlen(item->string) == octets &&
		    memcmp(item->string, name, octets) == 0)
			return item;
	}
	return NULL;
}

const cJSON *cell_find(const cJSON *around, const cJSON *row, const char *path) {
	const cJSON *at = row;

	if (strncmp(path, "../", 3) == 0) {
		at = around;
		path += 3;
	}
	while (at != NULL && *path != '\0') {
		const size_t octets = strcspn(path, "/");
		at = member_find(at, path, octets);
		path += octets + (path[octets] == '/');
	}
	return at;
}

void table_add(struct table *table, const cJSON *around, const cJSON *row) {
	char text[CELL_OCTETS];

	if (table == NULL || table->failed)
		return;
	struct libscols_line *line = scols_table_new_line(table->scols, NULL);
	table->failed = line == NULL;
	for (size_t i = 0; i < table->n_columns && !table->failed; i++) {
		const struct column *column = &table->columns[i];
		const cJSON *item = cell_find(around, row, column->path);
		if (column->write != NULL)
			column->write(item, text, sizeof(text));
		else
			cell_plain(item, text, sizeof(text));
		table->failed = scols_line_set_data(line, i, text) != 0;
	}
	if (!table->failed)
		row_paint(table, line, around, row);
	table->n_rows++;
}

void table_add_each(struct table *table, const cJSON *around, const char *key) {
	const cJSON *row;

	cJSON_ArrayForEach(row, cJSON_GetObjectItemCaseSensitive(around, key)) {
		table_add(table, around, row);
	}
}

int table_end(struct table *table, const char *title) {
	if (table == NULL)
		return -1;
	if (title != NULL && table->n_rows > 0)
		printf("\n%s\n", title);
	else if (title == NULL && table->n_rows == 0)
		printf("(none)\n");
	if (!table->failed && table->n_rows > 0)
		table->failed = scols_print_table(table->scols) != 0;
	const int ret = table->failed ? -1 : 0;
	scols_unref_table(table->scols);
	free(table);
	return ret;
}
