/* SPDX-License-Identifier: BSD-3-Clause */
/* Where a rotation stands; the contract is in rotate.h. */
#include "control/ckn.h"
#include "control/ctl/client.h"
#include "control/ctl/rotate.h"
#include "control/ctl/tables.h"

#include <openssl/rand.h>

#include <string.h>

static bool is_new(const struct rotation *rotation, const struct config_cak *cak) {
	return compare_is_name(ckn_text(cak->ckn, cak->ckn_octets).text, rotation->ckn);
}

/* A CAK of the file with the new name must have the new key. */
static enum rotate_result
file_cak_look(const struct rotation *rotation, const struct config_cak *cak, bool *has_new) {
	if (!is_new(rotation, cak))
		return ROTATE_OK;
	*has_new = true;
	if (strcmp(cak->cak_ref, rotation->new_cak.cak_ref) == 0)
		return ROTATE_OK;
	ctl_error(
		"link %s has a CAK %s with another key reference: give --key as the file has it, "
		"or "
		"choose another name",
		rotation->link_name, rotation->ckn
	);
	return ROTATE_STOP;
}

static enum rotate_result file_look(struct rotation *rotation, struct rotate_facts *facts) {
	const struct config_link *link;
	enum rotate_result result;

	if (desk_reread(rotation->desk) != CTL_OK)
		return ROTATE_STOP;
	link = desk_gateway(rotation->desk, rotation->link_name, &rotation->gateway);
	if (link == NULL)
		return ROTATE_STOP;
	rotation->link = link;
	if (link->fallback.is_set && is_new(rotation, &link->fallback)) {
		ctl_error("%s is the link's fallback CAK; choose another name", rotation->ckn);
		return ROTATE_STOP;
	}
	result = link->primary.is_set
			 ? file_cak_look(rotation, &link->primary, &facts->primary_is_new)
			 : ROTATE_OK;
	for (uint32_t i = 0; i < link->n_chain && result == ROTATE_OK; i++)
		result = file_cak_look(rotation, &link->chain[i].cak, &facts->chain_has_new);
	return result;
}

static const char *text_of(const cJSON *object, const char *path) {
	const char *text = cJSON_GetStringValue(cell_find(NULL, object, path));

	return text == NULL ? "" : text;
}

static void
participants_look(const struct rotation *rotation, const cJSON *link, struct rotate_facts *facts) {
	const cJSON *participant;

	cJSON_ArrayForEach(participant, cell_find(NULL, link, "participants")) {
		if (compare_is_name(text_of(participant, "ckn"), rotation->ckn))
			facts->daemon_has_new = true;
		else if (strcmp(text_of(participant, "role"), "fallback") != 0)
			facts->daemon_has_old = true;
	}
}

static void secured_look(struct rotation *rotation, const cJSON *link, struct rotate_facts *facts) {
	const uint64_t now_ms = rotation->desk->kms.now_ms();

	facts->is_secured_with_new =
		strcmp(text_of(link, "state"), "secured") == 0 &&
		compare_is_name(text_of(link, "latest-sak/ckn"), rotation->ckn) &&
		cJSON_IsTrue(cell_find(NULL, link, "latest-sak/receives")) &&
		cJSON_IsTrue(cell_find(NULL, link, "latest-sak/transmits"));
	if (!facts->is_secured_with_new)
		rotation->secured_since_ms = 0;
	else if (rotation->secured_since_ms == 0)
		rotation->secured_since_ms = now_ms;
	else
		facts->secured_for_s = (unsigned)((now_ms - rotation->secured_since_ms) / 1000);
}

static enum rotate_result daemon_look(struct rotation *rotation, struct rotate_facts *facts) {
	const struct client_request request = {.method = "mka.show", .link = rotation->link_name};
	struct ctl ctl = rotation->desk->ctl;
	cJSON *result;

	ctl.json = false;
	if (client_call(&ctl, &request, &result) != CTL_OK) {
		ctl_error("a rotation needs the running daemon; what is done so far is kept");
		return ROTATE_STOP;
	}
	const cJSON *link = cJSON_GetArrayItem(cell_find(NULL, result, "links"), 0);
	participants_look(rotation, link, facts);
	secured_look(rotation, link, facts);
	cJSON_Delete(result);
	return ROTATE_OK;
}

/* The gateway's primary CAK is the old one, or the new one with the right key. */
static enum rotate_result gateway_judge(
	const struct rotation *rotation, const struct direct_link_cak *primary,
	struct rotate_facts *facts
) {
	const struct config_cak *ours = &rotation->link->primary;

	facts->gateway_is_new = compare_is_name(primary->name, rotation->ckn);
	facts->has_gateway_finished = facts->gateway_is_new && !primary->has_active &&
				      strcmp(primary->status, "rotating") != 0;
	if (facts->gateway_is_new && strcmp(primary->key_crn, rotation->crn) != 0) {
		ctl_error(
			"the gateway's CAK %s has another key, %s; choose a new name",
			rotation->ckn, primary->key_crn
		);
		return ROTATE_STOP;
	}
	if (facts->gateway_is_new && strcmp(primary->status, "failed") == 0) {
		ctl_error("the gateway could not take the new key; see 'macsecctl direct-link "
			  "check' for what to mend, then run this again with another name and key");
		return ROTATE_STOP;
	}
	if (facts->gateway_is_new ||
	    compare_is_name(primary->name, ckn_text(ours->ckn, ours->ckn_octets).text))
		return ROTATE_OK;
	ctl_error(
		"the gateway's primary CAK is %s, neither the old nor the new one of link %s; see "
		"'macsecctl direct-link check'",
		primary->name, rotation->link_name
	);
	return ROTATE_STOP;
}

enum rotate_result rotate_failed(struct rotation *rotation, const struct cloud_error *error) {
	uint32_t random = 0;

	ctl_error("%s", error->text);
	if (error->verdict == CLOUD_FINAL)
		return ROTATE_STOP;
	RAND_bytes((uint8_t *)&random, sizeof(random));
	rotation->wait_ms = retry_after(&rotation->retry, error, random);
	return ROTATE_AGAIN;
}

static enum rotate_result gateway_look(struct rotation *rotation, struct rotate_facts *facts) {
	struct compare_theirs *theirs = &rotation->theirs;
	struct cloud_error error;

	if (direct_link_macsec(&rotation->gateway, &theirs->macsec, &error) < 0 ||
	    direct_link_caks(&rotation->gateway, theirs->caks, &theirs->n_caks, &error) < 0) {
		return rotate_failed(rotation, &error);
	}
	rotation->retry.failures = 0;
	const struct direct_link_cak *primary = compare_session(theirs, "primary");
	if (primary != NULL)
		return gateway_judge(rotation, primary, facts);
	ctl_error("the gateway has no primary CAK; configure MACsec there first");
	return ROTATE_STOP;
}

enum rotate_result rotate_observe(struct rotation *rotation, struct rotate_facts *facts) {
	enum rotate_result result;

	*facts = (struct rotate_facts){0};
	rotation->wait_ms = ROTATE_LOOK_MS;
	result = file_look(rotation, facts);
	if (result == ROTATE_OK)
		result = daemon_look(rotation, facts);
	if (result == ROTATE_OK)
		result = gateway_look(rotation, facts);
	return result;
}
