/* SPDX-License-Identifier: BSD-3-Clause */
/* macsecctl show path: a frame's way through both lanes, stage by stage. */
#include "control/ctl/show.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Hundredths as a decimal fraction. */
static void burst_write(const cJSON *hundredths, char *text, size_t size) {
	if (!cJSON_IsRaw(hundredths)) {
		snprintf(text, size, "-");
		return;
	}
	const unsigned long long n = strtoull(hundredths->valuestring, NULL, 10);
	snprintf(text, size, "%llu.%02llu", n / 100, n % 100);
}

/* "in-pkts-late 3, drop-tx-full 1": the reasons that there were. */
static void drops_write(const cJSON *drops, char *text, size_t size) {
	const cJSON *drop;
	size_t used = 0;

	snprintf(text, size, "-");
	cJSON_ArrayForEach(drop, drops) {
		if (drop->string == NULL || !cJSON_IsRaw(drop) ||
		    strcmp(drop->valuestring, "0") == 0 || used >= size)
			continue;
		used += (size_t)snprintf(
			text + used, size - used, "%s%s %s", used == 0 ? "" : ", ", drop->string,
			drop->valuestring
		);
	}
}

static const struct column lanes[] = {
	{"LINK", "../name", COLUMN_LEFT, NULL},
	{"LANE", "lane", COLUMN_LEFT, NULL},
	{"BURSTS", "bursts", COLUMN_RIGHT, NULL},
	{"MEAN-BURST", "frames-per-100-bursts", COLUMN_RIGHT, burst_write},
	{"OUT", "out", COLUMN_RIGHT, NULL},
};

static const struct column stages[] = {
	{"LANE", "../lane", COLUMN_LEFT, NULL},     {"STAGE", "stage", COLUMN_LEFT, NULL},
	{"FRAMES", "frames", COLUMN_RIGHT, NULL},   {"DROPPED", "dropped", COLUMN_RIGHT, NULL},
	{"WHY", "drops", COLUMN_LEFT, drops_write},
};

#define N(columns) (sizeof(columns) / sizeof((columns)[0]))

static int stages_print(const cJSON *link) {
	char name[CELL_OCTETS], title[CELL_OCTETS + 16];
	struct table *table = table_begin(stages, N(stages));
	const cJSON *lane;

	cell_plain(cell_find(NULL, link, "name"), name, sizeof(name));
	cJSON_ArrayForEach(lane, cell_find(NULL, link, "lanes")) {
		table_add_each(table, lane, "stages");
	}
	snprintf(title, sizeof(title), "Stages of %s", name);
	return table_end(table, title);
}

static int path_print(const struct ctl *ctl, const cJSON *result) {
	const cJSON *link;
	int ret = show_links(result, "lanes", NULL, lanes, N(lanes));

	(void)ctl;
	cJSON_ArrayForEach(link, cJSON_GetObjectItemCaseSensitive(result, "links")) {
		if (ret == 0)
			ret = stages_print(link);
	}
	return ret;
}

enum ctl_status ctl_show_path(const struct ctl *ctl, const char *link) {
	return show_result(ctl, "path.show", link, path_print, NULL);
}
