/* SPDX-License-Identifier: BSD-3-Clause */
/* macsecctl log: how detailed the daemon's log is. */
#include "control/ctl/show.h"

static const struct column columns[] = {
	{"MODULE", "module", COLUMN_LEFT, NULL},
	{"LEVEL", "level", COLUMN_LEFT, NULL},
};

static int levels_print(const struct ctl *ctl, const cJSON *result) {
	struct table *table = table_begin(columns, sizeof(columns) / sizeof(columns[0]));

	(void)ctl;
	table_add_each(table, result, "modules");
	return table_end(table, NULL);
}

enum ctl_status ctl_log(const struct ctl *ctl, const char *level) {
	const struct client_request request = {
		.method = level == NULL ? "log.show" : "log.set",
		.level = level,
		.module = ctl->operands[1],
	};

	return show_answer(ctl, &request, levels_print, NULL);
}
