/* SPDX-License-Identifier: BSD-3-Clause */
/* macsecctl show mka: the key agreement of each link. */
#include "control/ctl/show.h"

static const struct column ourselves[] = {
	{"LINK", "name", COLUMN_LEFT, NULL},
	{"STATE", "state", COLUMN_LEFT, NULL},
	{"SECURED-FOR", "secured-for-s", COLUMN_RIGHT, cell_duration},
	{"CKN", "ckn", COLUMN_LEFT, NULL},
	{"MI", "mi", COLUMN_LEFT, NULL},
	{"MN", "mn", COLUMN_RIGHT, NULL},
	{"PRIORITY", "key-server-priority", COLUMN_RIGHT, NULL},
	{"KEY-SERVER", "key-server-sci", COLUMN_LEFT, NULL},
	{"SENT", "sent", COLUMN_RIGHT, NULL},
	{"RECEIVED", "received", COLUMN_RIGHT, NULL},
	{"OBSTACLE", "obstacle", COLUMN_WRAPPED, NULL},
};

static const struct column caks[] = {
	{"LINK", "../name", COLUMN_LEFT, NULL},
	{"CKN", "ckn", COLUMN_LEFT, NULL},
	{"ROLE", "role", COLUMN_LEFT, NULL},
	{"USE", "use", COLUMN_LEFT, NULL},
	{"PRINCIPAL", "principal", COLUMN_LEFT, NULL},
	{"LIVE", "live", COLUMN_RIGHT, NULL},
	{"POTENTIAL", "potential", COLUMN_RIGHT, NULL},
	{"KEY-SERVER", "key-server-sci", COLUMN_LEFT, NULL},
	{"MI", "mi", COLUMN_LEFT, NULL},
	{"MN", "mn", COLUMN_RIGHT, NULL},
	{"RECEIVED", "received", COLUMN_RIGHT, NULL},
	{"SUSPENDED-FOR", "suspended-for-s", COLUMN_RIGHT, cell_duration},
};

static const struct column peers[] = {
	{"LINK", "../name", COLUMN_LEFT, NULL},
	{"PEER", "sci", COLUMN_LEFT, NULL},
	{"CKN", "ckn", COLUMN_LEFT, NULL},
	{"LIVE", "live", COLUMN_LEFT, NULL},
	{"MI", "mi", COLUMN_LEFT, NULL},
	{"MN", "mn", COLUMN_RIGHT, NULL},
	{"PRIORITY", "key-server-priority", COLUMN_RIGHT, NULL},
	{"KEY-SERVER", "key-server", COLUMN_LEFT, NULL},
	{"MKA-VERSION", "mka-version", COLUMN_RIGHT, NULL},
	{"EXPIRES-IN-MS", "expires-in-ms", COLUMN_RIGHT, NULL},
};

static const struct column abilities[] = {
	{"LINK", "../name", COLUMN_LEFT, NULL},
	{"PEER", "sci", COLUMN_LEFT, NULL},
	{"CKN", "ckn", COLUMN_LEFT, NULL},
	{"WANTS-MACSEC", "desires-macsec", COLUMN_LEFT, NULL},
	{"CAPABILITY", "capability", COLUMN_LEFT, NULL},
	{"PLAIN-TX", "plain-tx", COLUMN_LEFT, NULL},
	{"PLAIN-RX", "plain-rx", COLUMN_LEFT, NULL},
	{"DELAY-PROTECT", "delay-protect", COLUMN_LEFT, NULL},
	{"ANNOUNCED-SUITES", "announced-suites", COLUMN_LEFT, cell_list},
};

static const struct column keys[] = {
	{"LINK", "name", COLUMN_LEFT, NULL},
	{"LATEST-KEY", "latest-sak/ki", COLUMN_LEFT, NULL},
	{"CKN", "latest-sak/ckn", COLUMN_LEFT, NULL},
	{"AN", "latest-sak/an", COLUMN_RIGHT, NULL},
	{"RECEIVES", "latest-sak/receives", COLUMN_LEFT, NULL},
	{"TRANSMITS", "latest-sak/transmits", COLUMN_LEFT, NULL},
	{"AGE", "latest-sak/age-s", COLUMN_RIGHT, cell_duration},
	{"OLD-KEY", "old-sak/ki", COLUMN_LEFT, NULL},
	{"OLD-CKN", "old-sak/ckn", COLUMN_LEFT, NULL},
	{"OLD-AN", "old-sak/an", COLUMN_RIGHT, NULL},
};

static const struct column refusals[] = {
	{"LINK", "link", COLUMN_LEFT, NULL},
	{"WHY", "why", COLUMN_LEFT, NULL},
	{"COUNT", "count", COLUMN_RIGHT, NULL},
	{"LAST-REFUSAL", "last", COLUMN_WRAPPED, NULL},
};

#define N(columns) (sizeof(columns) / sizeof((columns)[0]))

static void add_copy(cJSON *row, const char *key, const cJSON *item) {
	cJSON *copy = cJSON_Duplicate(item, true);

	if (!cJSON_AddItemToObject(row, key, copy))
		cJSON_Delete(copy);
}

static void refusal_add(struct table *table, const cJSON *link, const cJSON *refusal) {
	char count[24];
	cJSON *row = cJSON_CreateObject();

	cell_plain(refusal, count, sizeof(count));
	if (count[0] != '0') {
		add_copy(row, "link", cell_find(NULL, link, "name"));
		cJSON_AddStringToObject(row, "why", refusal->string);
		add_copy(row, "count", refusal);
		add_copy(row, "last", cell_find(NULL, link, "last-refusal"));
		table_add(table, NULL, row);
	}
	cJSON_Delete(row);
}

static int refusals_print(const cJSON *result) {
	struct table *table = table_begin(refusals, N(refusals));
	const cJSON *link, *refusal;

	cJSON_ArrayForEach(link, cJSON_GetObjectItemCaseSensitive(result, "links")) {
		cJSON_ArrayForEach(refusal, cell_find(NULL, link, "refused")) {
			refusal_add(table, link, refusal);
		}
	}
	return table_end(table, "Refused MKPDUs");
}

static int mka_print(const struct ctl *ctl, const cJSON *result) {
	(void)ctl;
	int ret = show_links(result, NULL, NULL, ourselves, N(ourselves));
	if (ret == 0)
		ret = show_links(result, "participants", "CAKs", caks, N(caks));
	if (ret == 0)
		ret = show_links(result, "peers", "Peers", peers, N(peers));
	if (ret == 0)
		ret = show_links(result, "peers", "What peers can do", abilities, N(abilities));
	if (ret == 0)
		ret = show_links(result, NULL, "Keys", keys, N(keys));
	return ret == 0 ? refusals_print(result) : ret;
}

enum ctl_status ctl_show_mka(const struct ctl *ctl, const char *link) {
	return show_result(ctl, "mka.show", link, mka_print, NULL);
}
