/* SPDX-License-Identifier: BSD-3-Clause */
/* macsecctl rekey, suspend and version. */
#include "control/ctl/show.h"

#include <stdio.h>

static int rekey_print(const struct ctl *ctl, const cJSON *result) {
	char link[CELL_OCTETS], replaced[CELL_OCTETS];

	(void)ctl;
	cell_plain(cell_find(NULL, result, "link"), link, sizeof(link));
	cell_plain(cell_find(NULL, result, "replaces"), replaced, sizeof(replaced));
	printf("link %s: a fresh key is on its way; it replaces %s\n", link, replaced);
	return 0;
}

enum ctl_status ctl_rekey(const struct ctl *ctl, const char *link) {
	return show_result(ctl, "link.rekey", link, rekey_print, NULL);
}

static int suspend_print(const struct ctl *ctl, const cJSON *result) {
	char link[CELL_OCTETS], seconds[CELL_OCTETS];

	(void)ctl;
	cell_plain(cell_find(NULL, result, "link"), link, sizeof(link));
	cell_plain(cell_find(NULL, result, "seconds"), seconds, sizeof(seconds));
	printf("link %s: the peers are told to keep the key for %s s: restart macsecd now\n", link,
	       seconds);
	return 0;
}

enum ctl_status ctl_suspend(const struct ctl *ctl, const char *link, uint32_t seconds) {
	const struct client_request request = {
		.method = "link.suspend",
		.link = link,
		.seconds = seconds,
	};

	return show_answer(ctl, &request, suspend_print, NULL);
}

static const struct column columns[] = {
	{"VERSION", "version", COLUMN_LEFT, NULL},        {"ENGINE", "engine", COLUMN_LEFT, NULL},
	{"HUGEPAGES", "hugepages", COLUMN_LEFT, NULL},    {"PID", "pid", COLUMN_RIGHT, NULL},
	{"UP", "uptime-s", COLUMN_RIGHT, cell_duration},  {"LINKS", "links", COLUMN_RIGHT, NULL},
	{"SECURED", "links-secured", COLUMN_RIGHT, NULL}, {"CONFIG", "config", COLUMN_LEFT, NULL},
};

static int version_print(const struct ctl *ctl, const cJSON *result) {
	struct table *table = table_begin(columns, sizeof(columns) / sizeof(columns[0]));

	(void)ctl;
	table_add(table, NULL, result);
	return table_end(table, NULL);
}

enum ctl_status ctl_version(const struct ctl *ctl, const char *link) {
	return show_result(ctl, "daemon.show", link, version_print, NULL);
}
