/* SPDX-License-Identifier: BSD-3-Clause */
/* macsecctl direct-link show: what the gateway says of itself. */
#include "control/ctl/desk.h"
#include "control/ctl/exact.h"
#include "control/ctl/tables.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#define N(columns) (sizeof(columns) / sizeof((columns)[0]))

static void rekey_write(const cJSON *rekey, char *text, size_t size) {
	const cJSON *interval = cell_find(NULL, rekey, "interval-s");

	if (cJSON_IsRaw(interval))
		snprintf(text, size, "%ss", interval->valuestring);
	else
		cell_plain(cell_find(NULL, rekey, "mode"), text, size);
}

static const struct column gateways[] = {
	{"LINK", "link", COLUMN_LEFT, NULL},
	{"GATEWAY", "gateway", COLUMN_LEFT, NULL},
	{"ACTIVE", "active", COLUMN_LEFT, NULL},
	{"STATUS", "status", COLUMN_LEFT, NULL},
	{"SUITE", "cipher-suite", COLUMN_LEFT, NULL},
	{"OFFSET", "confidentiality-offset", COLUMN_RIGHT, NULL},
	{"WINDOW", "replay-window", COLUMN_RIGHT, NULL},
	{"POLICY", "policy", COLUMN_LEFT, NULL},
	{"REKEY", "rekey", COLUMN_LEFT, rekey_write},
	{"PRIORITY", "key-server-priority", COLUMN_RIGHT, NULL},
};

static const struct column reasons[] = {
	{"CODE", "code", COLUMN_LEFT, NULL},
	{"MESSAGE", "message", COLUMN_WRAPPED, NULL},
};

static const struct column caks[] = {
	{"SESSION", "session", COLUMN_LEFT, NULL}, {"CKN", "ckn", COLUMN_LEFT, NULL},
	{"STATUS", "status", COLUMN_LEFT, NULL},   {"IN-FORCE", "active/ckn", COLUMN_LEFT, NULL},
	{"KEY", "key", COLUMN_WRAPPED, NULL},
};

/* Tables write numbers as they were read, so they are texts here too. */
static void number_add(cJSON *object, const char *key, uint64_t number) {
	char text[24];

	snprintf(text, sizeof(text), "%" PRIu64, number);
	cJSON_AddRawToObject(object, key, text);
}

static void rekey_tree(cJSON *tree, const struct direct_link_macsec *macsec) {
	cJSON *rekey = cJSON_AddObjectToObject(tree, "rekey");

	cJSON_AddStringToObject(rekey, "mode", macsec->rekey_mode);
	if (macsec->rekey_interval_s == 0)
		cJSON_AddNullToObject(rekey, "interval-s");
	else
		number_add(rekey, "interval-s", macsec->rekey_interval_s);
}

static void reasons_tree(cJSON *tree, const struct direct_link_macsec *macsec) {
	cJSON *list = cJSON_AddArrayToObject(tree, "status-reasons");

	for (uint32_t i = 0; i < macsec->n_reasons; i++) {
		cJSON *reason = cJSON_CreateObject();

		cJSON_AddStringToObject(reason, "code", macsec->reasons[i].code);
		cJSON_AddStringToObject(reason, "message", macsec->reasons[i].message);
		cJSON_AddItemToArray(list, reason);
	}
}

static cJSON *cak_tree(const struct direct_link_cak *cak) {
	cJSON *tree = cJSON_CreateObject();

	cJSON_AddStringToObject(tree, "session", cak->session);
	cJSON_AddStringToObject(tree, "ckn", cak->name);
	cJSON_AddStringToObject(tree, "key", cak->key_crn);
	cJSON_AddStringToObject(tree, "status", cak->status);
	cJSON_AddStringToObject(tree, "id", cak->id);
	if (!cak->has_active) {
		cJSON_AddNullToObject(tree, "active");
		return tree;
	}
	cJSON *active = cJSON_AddObjectToObject(tree, "active");
	cJSON_AddStringToObject(active, "ckn", cak->active_name);
	cJSON_AddStringToObject(active, "key", cak->active_key_crn);
	cJSON_AddStringToObject(active, "status", cak->active_status);
	return tree;
}

static cJSON *gateway_tree(const struct config_link *link, const struct compare_theirs *theirs) {
	const struct direct_link_macsec *macsec = &theirs->macsec;
	cJSON *tree = cJSON_CreateObject();

	cJSON_AddStringToObject(tree, "link", link->name);
	cJSON_AddStringToObject(tree, "gateway", link->direct_link.gateway);
	cJSON_AddBoolToObject(tree, "active", macsec->is_active);
	cJSON_AddStringToObject(tree, "status", macsec->status);
	reasons_tree(tree, macsec);
	cJSON_AddStringToObject(tree, "cipher-suite", macsec->cipher_suite);
	number_add(tree, "confidentiality-offset", macsec->confidentiality_offset);
	number_add(tree, "replay-window", macsec->window_size);
	cJSON_AddStringToObject(tree, "policy", macsec->security_policy);
	rekey_tree(tree, macsec);
	number_add(tree, "key-server-priority", macsec->key_server_priority);
	cJSON *list = cJSON_AddArrayToObject(tree, "caks");
	for (uint32_t i = 0; i < theirs->n_caks; i++)
		cJSON_AddItemToArray(list, cak_tree(&theirs->caks[i]));
	return tree;
}

static int list_print(
	const cJSON *tree, const char *key, const char *title, const struct column *columns,
	size_t n
) {
	struct table *table = table_begin(columns, n);

	table_add_each(table, tree, key);
	return table_end(table, title);
}

static int tables_print(const cJSON *tree) {
	struct table *table = table_begin(gateways, N(gateways));

	table_add(table, NULL, tree);
	int ret = table_end(table, NULL);
	if (ret == 0)
		ret = list_print(tree, "caks", "CAKs", caks, N(caks));
	if (ret == 0)
		ret = list_print(tree, "status-reasons", "Why", reasons, N(reasons));
	return ret;
}

static enum ctl_status
show(struct desk *desk, const struct config_link *link, const struct direct_link *gateway) {
	struct compare_theirs theirs;
	enum ctl_status status = desk_ask(gateway, &theirs);

	if (status != CTL_OK)
		return status;
	cJSON *tree = gateway_tree(link, &theirs);

	if (!desk->ctl.json)
		exact_neutralise(tree);
	const int ret = desk->ctl.json ? exact_print(stdout, tree) : tables_print(tree);
	if (tree == NULL || ret < 0)
		status = ctl_error("out of memory");
	cJSON_Delete(tree);
	return status;
}

enum ctl_status ctl_direct_link_show(const struct ctl *ctl, const char *name) {
	return desk_at_gateway(ctl, name, show);
}
