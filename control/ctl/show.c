/* SPDX-License-Identifier: BSD-3-Clause */
/* The common steps; the contract is in show.h. */
#include "control/ctl/show.h"

#include "control/ctl/exact.h"

#include <stdio.h>
#include <string.h>

enum ctl_status show_answer(
	const struct ctl *ctl, const struct client_request *request,
	int (*print)(const struct ctl *ctl, const cJSON *result),
	enum ctl_status (*judge)(const cJSON *result)
) {
	cJSON *result;
	enum ctl_status status = client_call(ctl, request, &result);

	if (status != CTL_OK)
		return status;
	const int ret = ctl->json ? exact_print(stdout, result) : print(ctl, result);
	if (ret < 0)
		status = ctl_error("out of memory");
	else if (judge != NULL)
		status = judge(result);
	cJSON_Delete(result);
	return status;
}

enum ctl_status show_result(
	const struct ctl *ctl, const char *method, const char *link,
	int (*print)(const struct ctl *ctl, const cJSON *result),
	enum ctl_status (*judge)(const cJSON *result)
) {
	const struct client_request request = {.method = method, .link = link};

	return show_answer(ctl, &request, print, judge);
}

static bool is_wrong(const cJSON *link) {
	const char *verdict = cJSON_GetStringValue(cell_find(NULL, link, "verdict"));

	return verdict == NULL || (strcmp(verdict, "ok") != 0 && strcmp(verdict, "warning") != 0);
}

enum ctl_status show_judge(const cJSON *result) {
	const cJSON *links = cJSON_GetObjectItemCaseSensitive(result, "links"), *link;

	if (!cJSON_IsArray(links))
		return CTL_WRONG;
	cJSON_ArrayForEach(link, links) {
		if (is_wrong(link))
			return CTL_WRONG;
	}
	return CTL_OK;
}

static const char *verdict_colour(const cJSON *around, const cJSON *link) {
	const char *verdict = cJSON_GetStringValue(cell_find(NULL, link, "verdict"));

	(void)around;
	if (verdict == NULL)
		return NULL;
	if (strcmp(verdict, "ok") == 0)
		return "green";
	return strcmp(verdict, "warning") == 0 ? "yellow" : "red";
}

int show_states(const cJSON *result, const struct column *columns, size_t n) {
	struct table *table = table_begin(columns, n);
	const cJSON *link;

	table_paint(table, 1, verdict_colour);
	cJSON_ArrayForEach(link, cJSON_GetObjectItemCaseSensitive(result, "links")) {
		table_add(table, NULL, link);
	}
	return table_end(table, NULL);
}

int show_links(
	const cJSON *result, const char *key, const char *title, const struct column *columns,
	size_t n
) {
	struct table *table = table_begin(columns, n);
	const cJSON *link;

	cJSON_ArrayForEach(link, cJSON_GetObjectItemCaseSensitive(result, "links")) {
		if (key == NULL)
			table_add(table, NULL, link);
		else
			table_add_each(table, link, key);
	}
	return table_end(table, title);
}
