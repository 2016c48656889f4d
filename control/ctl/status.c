/* SPDX-License-Identifier: BSD-3-Clause */
/* macsecctl status: is every link secured, and if not, why? */
#include "control/ctl/show.h"

#include <stdio.h>
#include <stdlib.h>

/* Both lanes' drops are one figure here: zero is what is hoped for. */
static void drops_write(const cJSON *balance, char *text, size_t size) {
	const cJSON *protect = cell_find(NULL, balance, "protect/dropped");
	const cJSON *validate = cell_find(NULL, balance, "validate/dropped");

	if (!cJSON_IsRaw(protect) || !cJSON_IsRaw(validate)) {
		snprintf(text, size, "-");
		return;
	}
	snprintf(
		text, size, "%llu",
		strtoull(protect->valuestring, NULL, 10) + strtoull(validate->valuestring, NULL, 10)
	);
}

static void key_server_write(const cJSON *is_ours, char *text, size_t size) {
	const char *who = cJSON_IsTrue(is_ours) ? "we" : cJSON_IsFalse(is_ours) ? "peer" : "-";

	snprintf(text, size, "%s", who);
}

static const struct column columns[] = {
	{"LINK", "name", COLUMN_LEFT, NULL},
	{"STATE", "state", COLUMN_LEFT, NULL},
	{"SINCE", "state-for-s", COLUMN_RIGHT, cell_duration},
	{"PEER", "peer-scis", COLUMN_LEFT, cell_list},
	{"SUITE", "cipher-suite", COLUMN_LEFT, NULL},
	{"KEY-SERVER", "key-server", COLUMN_LEFT, key_server_write},
	{"PROTECTED", "balance/protect/out", COLUMN_RIGHT, NULL},
	{"VALIDATED", "balance/validate/out", COLUMN_RIGHT, NULL},
	{"DROPPED", "balance", COLUMN_RIGHT, drops_write},
	{"PROBLEM", "problem", COLUMN_WRAPPED, NULL},
};

static int status_print(const struct ctl *ctl, const cJSON *result) {
	(void)ctl;
	return show_states(result, columns, sizeof(columns) / sizeof(columns[0]));
}

enum ctl_status ctl_status_command(const struct ctl *ctl, const char *link) {
	return show_result(ctl, "link.show", link, status_print, show_judge);
}
