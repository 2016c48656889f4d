/* SPDX-License-Identifier: BSD-3-Clause */
/* macsecctl show counters: what happened to every frame, with what each counter means. */
#include "control/ctl/show.h"
#include "dataplane/counters.h"

#include <string.h>

static const struct column counters[] = {
	{"LINK", "link", COLUMN_LEFT, NULL},    {"LANE", "lane", COLUMN_LEFT, NULL},
	{"COUNTER", "word", COLUMN_LEFT, NULL}, {"VALUE", "value", COLUMN_RIGHT, NULL},
	{"UNIT", "unit", COLUMN_LEFT, NULL},    {"MEANING", "help", COLUMN_WRAPPED, NULL},
};

static const struct column balances[] = {
	{"LINK", "name", COLUMN_LEFT, NULL},
	{"PROTECT-IN", "balance/protect/in", COLUMN_RIGHT, NULL},
	{"OUT", "balance/protect/out", COLUMN_RIGHT, NULL},
	{"DROPPED", "balance/protect/dropped", COLUMN_RIGHT, NULL},
	{"IN-FLIGHT", "balance/protect/in-flight", COLUMN_RIGHT, NULL},
	{"VALIDATE-IN", "balance/validate/in", COLUMN_RIGHT, NULL},
	{"OUT", "balance/validate/out", COLUMN_RIGHT, NULL},
	{"DROPPED", "balance/validate/dropped", COLUMN_RIGHT, NULL},
	{"IN-FLIGHT", "balance/validate/in-flight", COLUMN_RIGHT, NULL},
};

/* NULL for a word that a newer daemon knows and we do not. */
static const struct counter_info *info_find(const char *word) {
	for (int i = 0; i < COUNTER_COUNT; i++) {
		const struct counter_info *info = counter_info((enum counter)i);
		if (strcmp(info->word, word) == 0)
			return info;
	}
	return NULL;
}

static void counter_add(
	struct table *table, const char *link, const char *lane, const cJSON *counter, bool all
) {
	const struct counter_info *info = info_find(counter->string);
	char value[32];

	cell_plain(counter, value, sizeof(value));
	if (!all && strcmp(value, "0") == 0)
		return;
	cJSON *row = cJSON_CreateObject();
	cJSON_AddStringToObject(row, "link", link);
	cJSON_AddStringToObject(row, "lane", lane);
	cJSON_AddStringToObject(row, "word", counter->string);
	cJSON_AddStringToObject(row, "value", value);
	cJSON_AddStringToObject(row, "unit", info == NULL ? "" : info->unit);
	cJSON_AddStringToObject(row, "help", info == NULL ? "" : info->help);
	table_add(table, NULL, row);
	cJSON_Delete(row);
}

static void lane_add(struct table *table, const cJSON *link, const char *lane, bool all) {
	const char *name = cJSON_GetStringValue(cell_find(NULL, link, "name"));
	const cJSON *object = cell_find(NULL, link, lane);
	const cJSON *counter;

	if (name == NULL || !cJSON_IsObject(object))
		return;
	cJSON_ArrayForEach(counter, object) {
		counter_add(table, name, lane, counter, all);
	}
}

static int counters_print(const struct ctl *ctl, const cJSON *result) {
	struct table *table = table_begin(counters, sizeof(counters) / sizeof(counters[0]));
	const cJSON *link;

	cJSON_ArrayForEach(link, cJSON_GetObjectItemCaseSensitive(result, "links")) {
		lane_add(table, link, "protect", ctl->all);
		lane_add(table, link, "validate", ctl->all);
	}
	const int ret = table_end(table, NULL);
	if (ret < 0)
		return ret;
	return show_links(
		result, NULL, "Balance: in = out + dropped + in flight", balances,
		sizeof(balances) / sizeof(balances[0])
	);
}

enum ctl_status ctl_show_counters(const struct ctl *ctl, const char *link) {
	return show_result(ctl, "counters.show", link, counters_print, NULL);
}
