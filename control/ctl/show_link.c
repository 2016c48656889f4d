/* SPDX-License-Identifier: BSD-3-Clause */
/* macsecctl show link: configuration, agreement and ports of each link. */
#include "control/ctl/show.h"

static const struct column links[] = {
	{"LINK", "name", COLUMN_LEFT, NULL},
	{"STATE", "state", COLUMN_LEFT, NULL},
	{"SINCE", "state-for-s", COLUMN_RIGHT, cell_duration},
	{"POLICY", "policy", COLUMN_LEFT, NULL},
	{"ON-FAILURE", "on-failure", COLUMN_LEFT, NULL},
	{"VALIDATE", "validate", COLUMN_LEFT, NULL},
	{"SUITE", "cipher-suite", COLUMN_LEFT, NULL},
	{"ENCRYPTED", "encryption", COLUMN_LEFT, NULL},
	{"OFFSET", "confidentiality-offset", COLUMN_RIGHT, NULL},
	{"REPLAY", "replay-protect", COLUMN_LEFT, NULL},
	{"WINDOW", "replay-window", COLUMN_RIGHT, NULL},
	{"SECURED-AFTER-MS", "secured-after-ms", COLUMN_RIGHT, NULL},
	{"REKEYS", "rekeys", COLUMN_RIGHT, NULL},
};

static const struct column agreements[] = {
	{"LINK", "name", COLUMN_LEFT, NULL},
	{"SCI", "sci", COLUMN_LEFT, NULL},
	{"CKN", "ckn", COLUMN_LEFT, NULL},
	{"ROLE", "role", COLUMN_LEFT, NULL},
	{"PEERS", "peer-scis", COLUMN_LEFT, cell_list},
	{"WE-SERVE-KEYS", "key-server", COLUMN_LEFT, NULL},
	{"PROBLEM", "problem", COLUMN_WRAPPED, NULL},
};

static const struct column chains[] = {
	{"LINK", "../name", COLUMN_LEFT, NULL},
	{"NEXT-CHANGE", "next-change", COLUMN_LEFT, NULL},
	{"IN", "next-change-in-s", COLUMN_RIGHT, cell_duration},
	{"CKN", "next-ckn", COLUMN_LEFT, NULL},
	{"USE", "next-use", COLUMN_LEFT, NULL},
	{"OVER", "over", COLUMN_LEFT, NULL},
	{"CLOCK-STEP-S", "clock-step-s", COLUMN_RIGHT, NULL},
};

static const struct column hosts[] = {
	{"LINK", "name", COLUMN_LEFT, NULL},
	{"HOST-PORT", "host/port", COLUMN_LEFT, NULL},
	{"MAC", "host/mac", COLUMN_LEFT, NULL},
	{"CARRIER", "host/link", COLUMN_LEFT, NULL},
	{"MTU", "host/mtu", COLUMN_RIGHT, NULL},
	{"MBPS", "host/speed-mbps", COLUMN_RIGHT, NULL},
	{"RX", "host/rx-frames", COLUMN_RIGHT, NULL},
	{"TX", "host/tx-frames", COLUMN_RIGHT, NULL},
	{"MISSED", "host/rx-missed", COLUMN_RIGHT, NULL},
	{"RX-ERRORS", "host/rx-errors", COLUMN_RIGHT, NULL},
	{"TX-ERRORS", "host/tx-errors", COLUMN_RIGHT, NULL},
};

static const struct column lines[] = {
	{"LINK", "name", COLUMN_LEFT, NULL},
	{"LINE-PORT", "line/port", COLUMN_LEFT, NULL},
	{"MAC", "line/mac", COLUMN_LEFT, NULL},
	{"CARRIER", "line/link", COLUMN_LEFT, NULL},
	{"MTU", "line/mtu", COLUMN_RIGHT, NULL},
	{"MBPS", "line/speed-mbps", COLUMN_RIGHT, NULL},
	{"RX", "line/rx-frames", COLUMN_RIGHT, NULL},
	{"TX", "line/tx-frames", COLUMN_RIGHT, NULL},
	{"MISSED", "line/rx-missed", COLUMN_RIGHT, NULL},
	{"RX-ERRORS", "line/rx-errors", COLUMN_RIGHT, NULL},
	{"TX-ERRORS", "line/tx-errors", COLUMN_RIGHT, NULL},
};

#define N(columns) (sizeof(columns) / sizeof((columns)[0]))

/* Links without a key chain have no row here. */
static int chains_print(const cJSON *result) {
	struct table *table = table_begin(chains, N(chains));
	const cJSON *link;

	cJSON_ArrayForEach(link, cJSON_GetObjectItemCaseSensitive(result, "links")) {
		const cJSON *chain = cell_find(NULL, link, "key-chain");
		if (cJSON_IsObject(chain))
			table_add(table, link, chain);
	}
	return table_end(table, "Key chains");
}

static int link_print(const struct ctl *ctl, const cJSON *result) {
	(void)ctl;
	int ret = show_links(result, NULL, NULL, links, N(links));
	if (ret == 0)
		ret = show_links(result, NULL, "Agreement", agreements, N(agreements));
	if (ret == 0)
		ret = chains_print(result);
	if (ret == 0)
		ret = show_links(result, NULL, "Host ports", hosts, N(hosts));
	if (ret == 0)
		ret = show_links(result, NULL, "Line ports", lines, N(lines));
	return ret;
}

enum ctl_status ctl_show_link(const struct ctl *ctl, const char *link) {
	return show_result(ctl, "link.show", link, link_print, NULL);
}
