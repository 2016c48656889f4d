/* SPDX-License-Identifier: BSD-3-Clause */
/* macsecctl show keys and reload: the keys of IBM Cloud, and the configuration read again. */
#include "control/ctl/show.h"

#include <stdio.h>
#include <string.h>

static const struct column agents[] = {
	{"KEY-AGENT", "agent/alive", COLUMN_LEFT, NULL},
	{"PID", "agent/pid", COLUMN_RIGHT, NULL},
	{"RESTARTS", "agent/restarts", COLUMN_RIGHT, NULL},
};

static const struct column keys[] = {
	{"SERVICE", "service", COLUMN_LEFT, NULL},
	{"KIND", "kind", COLUMN_LEFT, NULL},
	{"KEY", "key", COLUMN_LEFT, NULL},
	{"RING", "key-ring", COLUMN_LEFT, NULL},
	{"HAD", "had", COLUMN_LEFT, NULL},
	{"STATE", "state", COLUMN_LEFT, NULL},
	{"EXPIRES", "expires-at", COLUMN_LEFT, NULL},
	{"TRIED-IN", "tried-again-in-s", COLUMN_RIGHT, cell_duration},
	{"PROBLEM", "problem", COLUMN_WRAPPED, NULL},
};

static int keys_print(const struct ctl *ctl, const cJSON *result) {
	struct table *table = table_begin(agents, sizeof(agents) / sizeof(agents[0]));

	(void)ctl;
	table_add(table, NULL, result);
	if (table_end(table, NULL) != 0)
		return -1;
	table = table_begin(keys, sizeof(keys) / sizeof(keys[0]));
	table_add_each(table, result, "keys");
	return table_end(table, "keys of IBM Cloud");
}

static bool is_refused(const cJSON *key) {
	const char *state = cJSON_GetStringValue(cell_find(NULL, key, "state"));

	return state != NULL && strcmp(state, "refused") == 0;
}

/* Wrong when a key is not had, or is had and refused: then it will not be had again. */
static enum ctl_status keys_judge(const cJSON *result) {
	const cJSON *key;

	cJSON_ArrayForEach(key, cell_find(NULL, result, "keys")) {
		if (!cJSON_IsTrue(cell_find(NULL, key, "had")) || is_refused(key))
			return CTL_WRONG;
	}
	return CTL_OK;
}

enum ctl_status ctl_show_keys(const struct ctl *ctl, const char *link) {
	return show_result(ctl, "keys.show", link, keys_print, keys_judge);
}

static int reload_print(const struct ctl *ctl, const cJSON *result) {
	char path[CELL_OCTETS];

	(void)ctl;
	cell_plain(cell_find(NULL, result, "config"), path, sizeof(path));
	printf("%s is taken over\n", path);
	return 0;
}

enum ctl_status ctl_reload(const struct ctl *ctl, const char *link) {
	return show_result(ctl, "daemon.reload", link, reload_print, NULL);
}
