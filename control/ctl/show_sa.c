/* SPDX-License-Identifier: BSD-3-Clause */
/* macsecctl show sa: the secure associations that the data plane holds. */
#include "control/ctl/show.h"

static const struct column sas[] = {
	{"LINK", "../name", COLUMN_LEFT, NULL},
	{"DIRECTION", "direction", COLUMN_LEFT, NULL},
	{"SCI", "sci", COLUMN_LEFT, NULL},
	{"AN", "an", COLUMN_RIGHT, NULL},
	{"IN-USE", "in-use", COLUMN_LEFT, NULL},
	{"SUITE", "cipher-suite", COLUMN_LEFT, NULL},
	{"SSCI", "ssci", COLUMN_RIGHT, NULL},
	{"KEY", "ki", COLUMN_LEFT, NULL},
	{"NEXT-PN", "next-pn", COLUMN_RIGHT, NULL},
	{"LOWEST-PN", "lowest-pn", COLUMN_RIGHT, NULL},
	{"FRAMES-LEFT", "frames-left", COLUMN_RIGHT, NULL},
	{"AGE", "age-s", COLUMN_RIGHT, cell_duration},
};

static int sa_print(const struct ctl *ctl, const cJSON *result) {
	(void)ctl;
	return show_links(result, "sas", NULL, sas, sizeof(sas) / sizeof(sas[0]));
}

enum ctl_status ctl_show_sa(const struct ctl *ctl, const char *link) {
	return show_result(ctl, "sa.show", link, sa_print, NULL);
}
