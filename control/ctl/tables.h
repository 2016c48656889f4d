/* SPDX-License-Identifier: BSD-3-Clause */
/* Aligned tables from JSON: a column is a title and a way to the value. */
#pragma once

#include <cjson/cJSON.h>

#include <stdbool.h>
#include <stddef.h>

#define CELL_OCTETS 1100u // a finding and its fix in one

enum column_look { COLUMN_LEFT, COLUMN_RIGHT, COLUMN_WRAPPED };

struct column {
	const char *title;
	const char *path; // "mtu", "host/mtu" in the row; "../name" in the object around it
	enum column_look look;
	/* How the value is written, NULL: cell_plain. `item` may be NULL or of any type. */
	void (*write)(const cJSON *item, char *text, size_t size);
};

struct table;

/* Begins a table of n columns (borrowed). Returns NULL without memory, which every other function
 * allows. */
struct table *table_begin(const struct column *columns, size_t n);

/* Adds a row; `around` is what "../" means, or NULL. */
void table_add(struct table *table, const cJSON *around, const cJSON *row);

/* Says which colour column number `column` has in each row from now on: a name of
 * terminal-colors.d(5) ("red"), or NULL for none. Shown on a terminal only, and not when
 * NO_COLOR is set. */
void table_paint(
	struct table *table, size_t column,
	const char *(*colour)(const cJSON *around, const cJSON *row)
);

/* Adds every element of around's array `key` as a row. */
void table_add_each(struct table *table, const cJSON *around, const char *key);

/* Prints the table and frees it. title: NULL for the first table of a command, which says "(none)"
 * when it has no rows; a later one stands below a blank line and its title, and is left out when
 * it has no rows. Returns 0, or -1 when memory failed. */
int table_end(struct table *table, const char *title);

/* Ways to write a value. "-" stands for null, absent and unexpected ones. */
void cell_plain(const cJSON *item, char *text, size_t size);    // booleans as yes and no
void cell_list(const cJSON *item, char *text, size_t size);     // "a, b"
void cell_duration(const cJSON *item, char *text, size_t size); // of seconds: "3m12s", "4d03h"

/* The value at a path below `row`, NULL when there is none. */
const cJSON *cell_find(const cJSON *around, const cJSON *row, const char *path);
