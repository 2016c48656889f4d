/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * JSON trees whose numbers stay the text that was received: counters of 64 bits do not survive
 * cJSON's doubles. Such a number is a cJSON_Raw item. And text fit for a terminal.
 */
#pragma once

#include <cjson/cJSON.h>

#include <stdio.h>

/* Parses hostile text. Returns a tree to be ended with cJSON_Delete, or NULL when it is not JSON
 * or there is no memory. */
cJSON *exact_parse(const char *text);

/* Replaces, in every string and key of a tree, what a terminal could take as a command (control
 * characters of both sets, octets that are not UTF-8) by '?'. */
void exact_neutralise(cJSON *tree);

/* Prints a tree on one line. Returns 0, or -1 without memory. */
int exact_line_print(FILE *file, const cJSON *tree);

/* Prints a tree, indented, with a line end. Control characters leave as JSON escapes. Returns 0,
 * or -1 without memory. */
int exact_print(FILE *file, const cJSON *tree);
