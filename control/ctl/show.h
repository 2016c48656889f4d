/* SPDX-License-Identifier: BSD-3-Clause */
/* The steps that every command has in common. */
#pragma once

#include "control/ctl/client.h"
#include "control/ctl/tables.h"

#include <cjson/cJSON.h>

/*
 * Calls a method, then prints: JSON when it was asked for, else what `print` makes of the result
 * (0, or -1 without memory). Returns the call's status, CTL_USAGE without memory, else what `judge`
 * says of the result (NULL: CTL_OK).
 */
enum ctl_status show_answer(
	const struct ctl *ctl, const struct client_request *request,
	int (*print)(const struct ctl *ctl, const cJSON *result),
	enum ctl_status (*judge)(const cJSON *result)
);

/* The same for a method that takes a link at most. */
enum ctl_status show_result(
	const struct ctl *ctl, const char *method, const char *link,
	int (*print)(const struct ctl *ctl, const cJSON *result),
	enum ctl_status (*judge)(const cJSON *result)
);

/* Says of a result with "links" that it is wrong when the verdict on one of them is "wrong", or
 * none; so is a result without "links". */
enum ctl_status show_judge(const cJSON *result);

/* One table with a row for each link; the second column, its state, has the colour of its verdict
 * on a terminal. */
int show_states(const cJSON *result, const struct column *columns, size_t n);

/* One table with a row for each element of the array `key` of each link; a NULL key: for each link
 * itself. title as in table_end. */
int show_links(
	const cJSON *result, const char *key, const char *title, const struct column *columns,
	size_t n
);
