/* SPDX-License-Identifier: BSD-3-Clause */
/* Our side of a comparison, and all of it together; the contract is in desk.h. */
#include "control/ckn.h"
#include "control/cloud/crn.h"
#include "control/config_key.h"
#include "control/ctl/client.h"
#include "control/ctl/desk.h"
#include "control/ctl/tables.h"

#include <stdio.h>
#include <string.h>

/* The CRN that a reference means: itself, or what the service says the key's is. */
static void crn_find(const struct desk *desk, const struct config_cak *cak, char *crn) {
	struct service_key key;
	struct kms_key stored;
	struct cloud_error error;

	if (config_key(desk->config, cak, &key) < 0)
		return;
	if (key.crn[0] == '\0' && kms_look(&desk->kms, &key, &stored, &error) == 0)
		snprintf(crn, SERVICE_CRN_MAX, "%s", stored.crn);
	else
		snprintf(crn, SERVICE_CRN_MAX, "%s", key.crn);
}

static void
cak_add(const struct desk *desk, struct compare_ours *ours, const struct config_cak *cak,
	const char *role) {
	struct compare_cak *own = &ours->caks[ours->n_caks++];

	*own = (struct compare_cak){.role = role, .is_file = config_key_is_file(cak)};
	snprintf(own->ckn, sizeof(own->ckn), "%s", ckn_text(cak->ckn, cak->ckn_octets).text);
	crn_find(desk, cak, own->crn);
}

/* A text of the daemon's answer; "" when it is none or too long. */
static void text_take(const cJSON *link, const char *path, char *out, size_t room) {
	const char *text = cJSON_GetStringValue(cell_find(NULL, link, path));

	snprintf(out, room, "%s", text != NULL && strlen(text) < room ? text : "");
}

static void live_look(struct desk *desk, const char *name, struct compare_live *live) {
	const struct client_request request = {.method = "link.show", .link = name};
	struct ctl ctl = desk->ctl;
	cJSON *result;

	ctl.json = false; // what is taken from it goes to the terminal
	if (client_call(&ctl, &request, &result) != CTL_OK)
		return;
	const cJSON *link = cJSON_GetArrayItem(cell_find(NULL, result, "links"), 0);

	live->is_known = link != NULL;
	text_take(link, "state", live->state, sizeof(live->state));
	text_take(link, "ckn", live->ckn, sizeof(live->ckn));
	live->is_secured = strcmp(live->state, "secured") == 0;
	live->is_key_server = cJSON_IsTrue(cell_find(NULL, link, "key-server"));
	cJSON_Delete(result);
}

void desk_look(struct desk *desk, const struct config_link *link, struct compare_ours *ours) {
	*ours = (struct compare_ours){.link = link};
	if (link->primary.is_set)
		cak_add(desk, ours, &link->primary, "primary");
	if (link->fallback.is_set)
		cak_add(desk, ours, &link->fallback, "fallback");
	for (uint32_t i = 0; i < link->n_chain; i++)
		cak_add(desk, ours, &link->chain[i].cak, "key-chain");
	live_look(desk, link->name, &ours->live);
}

/* The key of the primary CAK, or of the one that is to come, says which instance must be open to
 * Direct Link, and whose it is. */
static void authorisation_compare(
	struct desk *desk, const struct direct_link *gateway, const struct compare_ours *ours,
	const struct compare_theirs *theirs, struct verdicts *verdicts
) {
	const struct direct_link_cak *primary = compare_session(theirs, "primary");
	struct direct_link_authorisation authorisation = {0};
	struct config_cak cak = {.is_set = true};
	struct service_key key;
	struct cloud_error error;
	struct crn crn;

	const char *key_crn = ours->successor_crn != NULL ? ours->successor_crn
			      : primary != NULL           ? primary->key_crn
							  : "";
	if (crn_read(key_crn, &crn) < 0)
		return;
	snprintf(cak.cak_ref, sizeof(cak.cak_ref), "%s", key_crn);
	if (config_key(desk->config, &cak, &key) < 0) {
		key = (struct service_key){.service.kind = crn.kind};
		snprintf(key.service.instance, sizeof(key.service.instance), "%s", crn.instance);
	}
	if (direct_link_authorisation(gateway, &key, crn.account, &authorisation, &error) < 0)
		verdict_say(verdicts, VERDICT_WARN, "authorisation", "not known: %s", error.text);
	else
		compare_authorisation(verdicts, &authorisation, theirs, crn.instance);
}

void desk_compare(
	struct desk *desk, const struct direct_link *gateway, const struct compare_ours *ours,
	const struct compare_theirs *theirs, struct verdicts *verdicts
) {
	compare_macsec(verdicts, ours, theirs);
	compare_caks(verdicts, ours, theirs);
	authorisation_compare(desk, gateway, ours, theirs, verdicts);
	compare_live(verdicts, ours, theirs);
}
