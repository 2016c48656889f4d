/* SPDX-License-Identifier: BSD-3-Clause */
/* Where a rotation stands; the contract is in rotate.h. */
#include "control/ckn.h"
#include "control/ctl/client.h"
#include "control/ctl/rotate.h"
#include "control/ctl/rotate_theirs.h"
#include "control/ctl/tables.h"

#include <openssl/rand.h>

#include <stdio.h>
#include <string.h>

enum rotate_result rotate_stop(struct rotation *rotation, enum ctl_status status) {
	rotation->status = status;
	return ROTATE_STOP;
}

static bool is_new(const struct rotation *rotation, const struct config_cak *cak) {
	return compare_is_name(ckn_text(cak->ckn, cak->ckn_octets).text, rotation->ckn);
}

/* A CAK of the file with the new name must have the new key. */
static enum rotate_result
file_cak_look(struct rotation *rotation, const struct config_cak *cak, bool *has_new) {
	if (!is_new(rotation, cak))
		return ROTATE_OK;
	*has_new = true;
	if (strcmp(cak->cak_ref, rotation->new_cak.cak_ref) == 0)
		return ROTATE_OK;
	ctl_error(
		"link %s has a CAK %s with another key reference: give --key as the file has it, "
		"or choose another name",
		rotation->link_name, rotation->ckn
	);
	return rotate_stop(rotation, CTL_WRONG);
}

static enum rotate_result file_look(struct rotation *rotation, struct rotate_facts *facts) {
	const struct config_link *link;
	enum rotate_result result;

	if (desk_reread(rotation->desk) != CTL_OK)
		return rotate_stop(rotation, CTL_USAGE);
	link = desk_gateway(rotation->desk, rotation->link_name, &rotation->gateway);
	if (link == NULL)
		return rotate_stop(rotation, CTL_USAGE);
	rotation->link = link;
	if (link->fallback.is_set && is_new(rotation, &link->fallback)) {
		ctl_error("%s is the link's fallback CAK; choose another name", rotation->ckn);
		return rotate_stop(rotation, CTL_WRONG);
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
		if (compare_is_ckn(rotation->link, text_of(participant, "ckn"), rotation->ckn))
			facts->daemon_has_new = true;
		else if (strcmp(text_of(participant, "role"), "fallback") != 0)
			facts->daemon_has_old = true;
	}
}

static void secured_look(struct rotation *rotation, const cJSON *link, struct rotate_facts *facts) {
	const uint64_t now_ms = rotation->desk->kms.now_ms();
	const bool is_secured = strcmp(text_of(link, "state"), "secured") == 0;

	snprintf(
		rotation->ckn_in_use, sizeof(rotation->ckn_in_use), "%s",
		is_secured ? text_of(link, "latest-sak/ckn") : ""
	);
	facts->is_secured_with_new =
		compare_is_ckn(rotation->link, rotation->ckn_in_use, rotation->ckn) &&
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
	const enum ctl_status status = client_call(&ctl, &request, &result);

	if (status != CTL_OK) {
		ctl_error("a rotation needs the running daemon");
		return rotate_stop(rotation, status);
	}
	const cJSON *link = cJSON_GetArrayItem(cell_find(NULL, result, "links"), 0);
	participants_look(rotation, link, facts);
	secured_look(rotation, link, facts);
	cJSON_Delete(result);
	return ROTATE_OK;
}

/* Why the gateway's primary CAK is not to be changed, and what leads on from there. */
static void gateway_refuse(
	const struct rotation *rotation, const struct direct_link_cak *primary,
	enum rotate_theirs theirs
) {
	const char *link = rotation->link_name;

	switch (theirs) {
	case ROTATE_THEIRS_REFUSED:
		ctl_error("the gateway could not take the new key, the old one stays in force: see "
			  "'macsecctl key check' and the authorisation of 'macsecctl direct-link "
			  "check', mend it and run this again, or with another name and key");
		break;
	case ROTATE_THEIRS_OTHER_KEY:
		ctl_error(
			"the gateway's CAK %s has another key, %s; choose a new name",
			primary->name, primary->key_crn
		);
		break;
	case ROTATE_THEIRS_UNFINISHED:
		ctl_error(
			"the gateway's primary CAK is %s (%s), of the key chain of link %s: end "
			"that rotation first, with 'macsecctl direct-link rotate %s --ckn %s' and "
			"its key",
			primary->name, primary->status, link, link, primary->name
		);
		break;
	default:
		ctl_error(
			"the gateway's primary CAK is %s with the key %s, neither the old nor the "
			"new one of link %s: write both as the link's 'primary', without a "
			"'key-chain', then rotate from there to another name",
			primary->name, primary->key_crn, link
		);
	}
}

static enum rotate_result gateway_judge(
	struct rotation *rotation, const struct direct_link_cak *primary, struct rotate_facts *facts
) {
	const struct rotate_scene scene = {
		.link = rotation->link,
		.primary = primary,
		.ckn = rotation->ckn,
		.crn = rotation->crn,
		.ckn_in_use = rotation->ckn_in_use,
		.was_given = rotation->was_given,
	};
	const enum rotate_theirs theirs = rotate_theirs_judge(&scene);

	facts->gateway_is_new = theirs == ROTATE_THEIRS_NEW;
	facts->has_gateway_finished = facts->gateway_is_new && !primary->has_active &&
				      strcmp(primary->status, "rotating") != 0;
	if (theirs == ROTATE_THEIRS_OLD || theirs == ROTATE_THEIRS_NEW)
		return ROTATE_OK;
	gateway_refuse(rotation, primary, theirs);
	return rotate_stop(rotation, CTL_WRONG);
}

enum rotate_result rotate_failed(struct rotation *rotation, const struct cloud_error *error) {
	uint32_t random = 0;

	ctl_error("%s", error->text);
	if (error->verdict == CLOUD_FINAL)
		return rotate_stop(rotation, CTL_WRONG);
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
	return rotate_stop(rotation, CTL_WRONG);
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
