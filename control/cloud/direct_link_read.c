/* SPDX-License-Identifier: BSD-3-Clause */
/* GatewayMacsec and GatewayMacsecCak from JSON; the contract is in direct_link_read.h. */
#include "control/cloud/direct_link_read.h"

#include "control/cloud/cloud_words.h"
#include "control/cloud/fields.h"

#include <cjson/cJSON.h>

#include <string.h>

static int refuse(struct cloud_error *error, const char *what) {
	return cloud_fail(
		error, CLOUD_FINAL, 0,
		"the Direct Link API's answer is not of the form it documents (%s); is 'url' of "
		"the direct-link service right?",
		what
	);
}

static const cJSON *find(const cJSON *object, const char *key) {
	return cJSON_GetObjectItemCaseSensitive(object, key);
}

/* A printable text shorter than `room`. */
static bool text_read(const cJSON *object, const char *key, char *out, size_t room) {
	const char *text = cJSON_GetStringValue(find(object, key));

	if (text == NULL || !cloud_words_is_token(text, room - 1))
		return false;
	memcpy(out, text, strlen(text) + 1);
	return true;
}

static bool number_read(const cJSON *object, const char *key, uint64_t max, uint64_t *out) {
	const cJSON *item = find(object, key);

	if (!cJSON_IsNumber(item) || !(item->valuedouble >= 0) ||
	    !(item->valuedouble <= (double)max))
		return false;
	*out = (uint64_t)item->valuedouble;
	return (double)*out == item->valuedouble;
}

static bool u32_read(const cJSON *object, const char *key, uint32_t *out) {
	uint64_t number;

	if (!number_read(object, key, UINT32_MAX, &number))
		return false;
	*out = (uint32_t)number;
	return true;
}

/* Texts for people: cut and made printable, never a reason to refuse. */
static void reasons_read(const cJSON *macsec, struct direct_link_macsec *out) {
	const cJSON *reason;

	cJSON_ArrayForEach(reason, find(macsec, "status_reasons")) {
		const char *code = cJSON_GetStringValue(find(reason, "code"));
		const char *message = cJSON_GetStringValue(find(reason, "message"));

		if (out->n_reasons == DIRECT_LINK_REASONS_MAX)
			return;
		struct direct_link_reason *to = &out->reasons[out->n_reasons++];
		cloud_words_quote(to->code, sizeof(to->code), code == NULL ? "" : code);
		cloud_words_quote(to->message, sizeof(to->message), message == NULL ? "" : message);
	}
}

static bool rekey_read(const cJSON *rekey, struct direct_link_macsec *out) {
	if (!text_read(rekey, "mode", out->rekey_mode, sizeof(out->rekey_mode)))
		return false;
	if (find(rekey, "interval") == NULL)
		return strcmp(out->rekey_mode, "timer") != 0;
	return u32_read(rekey, "interval", &out->rekey_interval_s);
}

/* Name of the first field that is not as it should be, or NULL. */
static const char *macsec_read(const cJSON *macsec, struct direct_link_macsec *out) {
	const cJSON *active = find(macsec, "active");

	*out = (struct direct_link_macsec){.is_active = cJSON_IsTrue(active)};
	if (!cJSON_IsBool(active))
		return "active";
	if (!text_read(macsec, "cipher_suite", out->cipher_suite, sizeof(out->cipher_suite)))
		return "cipher_suite";
	if (!u32_read(macsec, "confidentiality_offset", &out->confidentiality_offset))
		return "confidentiality_offset";
	if (!u32_read(macsec, "key_server_priority", &out->key_server_priority))
		return "key_server_priority";
	if (!rekey_read(find(macsec, "sak_rekey"), out))
		return "sak_rekey";
	if (!text_read(
		    macsec, "security_policy", out->security_policy, sizeof(out->security_policy)
	    ))
		return "security_policy";
	if (!number_read(macsec, "window_size", 1ull << 53, &out->window_size))
		return "window_size";
	if (!text_read(macsec, "status", out->status, sizeof(out->status)))
		return "status";
	reasons_read(macsec, out);
	return NULL;
}

/* Hexadecimal digits, as the API promises names to be. */
static bool name_read(const cJSON *object, char *out, size_t room) {
	return text_read(object, "name", out, room) &&
	       strspn(out, "0123456789abcdefABCDEF") == strlen(out);
}

static bool active_read(const cJSON *delta, struct direct_link_cak *out) {
	if (delta == NULL || cJSON_IsNull(delta))
		return true;
	out->has_active = true;
	return name_read(delta, out->active_name, sizeof(out->active_name)) &&
	       text_read(
		       find(delta, "key"), "crn", out->active_key_crn, sizeof(out->active_key_crn)
	       ) &&
	       text_read(delta, "status", out->active_status, sizeof(out->active_status));
}

static const char *cak_read(const cJSON *cak, struct direct_link_cak *out) {
	*out = (struct direct_link_cak){0};
	/* It goes into a path. */
	if (!text_read(cak, "id", out->id, sizeof(out->id)) ||
	    !cloud_words_is_id(out->id, sizeof(out->id) - 1))
		return "id of a CAK";
	if (!text_read(cak, "session", out->session, sizeof(out->session)))
		return "session of a CAK";
	if (!name_read(cak, out->name, sizeof(out->name)))
		return "name of a CAK";
	if (!text_read(find(cak, "key"), "crn", out->key_crn, sizeof(out->key_crn)))
		return "key.crn of a CAK";
	if (!text_read(cak, "status", out->status, sizeof(out->status)))
		return "status of a CAK";
	return active_read(find(cak, "active_delta"), out) ? NULL : "active_delta of a CAK";
}

int direct_link_read_macsec(
	const char *body, struct direct_link_macsec *out, struct cloud_error *error
) {
	cJSON *tree = fields_parse(body, strlen(body));
	const char *what = tree == NULL ? "no JSON" : macsec_read(tree, out);

	cJSON_Delete(tree);
	return what == NULL ? 0 : refuse(error, what);
}

int direct_link_read_cak(const char *body, struct direct_link_cak *out, struct cloud_error *error) {
	cJSON *tree = fields_parse(body, strlen(body));
	const char *what = tree == NULL ? "no JSON" : cak_read(tree, out);

	cJSON_Delete(tree);
	return what == NULL ? 0 : refuse(error, what);
}

static const char *caks_read(const cJSON *list, struct direct_link_cak *caks, uint32_t *n) {
	const char *what = cJSON_IsArray(list) ? NULL : "caks";
	const cJSON *cak;

	*n = 0;
	cJSON_ArrayForEach(cak, list) {
		if (what != NULL || *n == DIRECT_LINK_CAKS_MAX)
			break;
		what = cak_read(cak, &caks[(*n)++]);
	}
	return what;
}

int direct_link_read_caks(
	const char *body, struct direct_link_cak *caks, uint32_t *n, struct cloud_error *error
) {
	cJSON *tree = fields_parse(body, strlen(body));
	const char *what = tree == NULL ? "no JSON" : caks_read(find(tree, "caks"), caks, n);

	cJSON_Delete(tree);
	return what == NULL ? 0 : refuse(error, what);
}

/* What the API says about itself, where IBM's own clients look for it (facts/ibm.md 2.5). */
static const char *message_of(const cJSON *tree) {
	static const char *const names[] = {"error", "message", "errorMessage"};
	const char *message =
		cJSON_GetStringValue(find(cJSON_GetArrayItem(find(tree, "errors"), 0), "message"));

	for (size_t i = 0; message == NULL && i < sizeof(names) / sizeof(names[0]); i++)
		message = cJSON_GetStringValue(find(tree, names[i]));
	return message == NULL ? "no reason given" : message;
}

static const char *fix_of(uint16_t status) {
	switch (status) {
	case 401:
		return "the token was refused: check the credential of the direct-link service";
	case 403:
		return "give the credential's owner the role Viewer on Direct Link, Editor for "
		       "'rotate'";
	case 404:
		return "check 'gateway' of the link's 'direct-link', and that MACsec is configured "
		       "there";
	case 409:
	case 412:
		return "somebody else changes the gateway: look with 'direct-link show', then run "
		       "the command again";
	default:
		return "see what 'direct-link show' says of the gateway";
	}
}

static enum cloud_verdict verdict_of(uint16_t status) {
	if (status == 401)
		return CLOUD_TOKEN;
	if (cloud_is_transient(status))
		return CLOUD_TRANSIENT;
	return CLOUD_FINAL;
}

int direct_link_refused(
	const struct http_answer *answer, const char *what, struct cloud_error *error
) {
	const enum cloud_verdict verdict = verdict_of(answer->status);
	cJSON *tree = fields_parse(answer->body, strlen(answer->body));
	char words[CLOUD_WORDS_MAX];
	int ret;

	cloud_words_quote(words, sizeof(words), message_of(tree));
	cJSON_Delete(tree);
	if (verdict == CLOUD_TRANSIENT)
		ret = cloud_fail(
			error, verdict, answer->status,
			"%s: the Direct Link API is not available at present (HTTP %u: %s)", what,
			answer->status, words
		);
	else
		ret = cloud_fail(
			error, verdict, answer->status,
			"%s: the Direct Link API refuses (HTTP %u: %s); %s", what, answer->status,
			words, fix_of(answer->status)
		);
	error->retry_after_s = answer->retry_after_s;
	return ret;
}
