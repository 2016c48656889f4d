/* SPDX-License-Identifier: BSD-3-Clause */
/* Refusals: from an answer to a verdict and what to do; the contract is in kms_errors.h. */
#include "control/cloud/kms_errors.h"

#include "control/cloud/kms_error_words.h"

#include <stdio.h>
#include <string.h>

#define ADVICE_MAX 256u

struct row {
	uint16_t status;
	const char *code; // "": any
	enum cloud_verdict verdict;
	const char *advice;
};

/* The first row that fits counts. */
static const struct row rows[] = {
	{400, "BEARER_SUB_EXTRACTION_ERR", CLOUD_TOKEN, ""},
	{400, "KEY_ROOT_REQ_ERR", CLOUD_FINAL, "only root keys can do this; nothing to be done"},
	{400, "KEY_EXPIRED_ERR", CLOUD_FINAL, "the key expired; import a new one and rotate to it"},
	{400, "KEY_RESTORE_EXPIRED", CLOUD_FINAL, "too late to restore it; import a new key"},
	{400, "KEY_IMPT_REQ_ERR", CLOUD_FINAL, "the key was generated; import one instead"},
	{400, "KEY_PAYLOAD_REQ_ERR", CLOUD_FINAL, "the key has no material; import it again"},
	{400, "", CLOUD_FINAL,
	 "the service does not understand the request; check id, instance, "
	 "key ring and url"},
	{401, "", CLOUD_TOKEN, ""},
	{403, "CONFIG_RULE_CONFLICT_ERR", CLOUD_FINAL,
	 "a Security and Compliance rule of the account forbids it; have it changed"},
	{403, "FEATURE_RESTRICTED_ERR", CLOUD_FINAL,
	 "the instance's plan does not allow it; use another instance"},
	{403, "", CLOUD_FINAL,
	 "the credential's owner may not do this; give it the role ReaderPlus (Secrets Manager: "
	 "SecretsReader; import: Writer) on the instance"},
	{404, "", CLOUD_FINAL,
	 "there is no such key here; check id or alias, instance, key ring and url: it may have "
	 "been purged"},
	{405, "", CLOUD_FINAL, "something else than the service answers there; check the url"},
	{409, "REQ_TOO_EARLY_ERR", CLOUD_LATER, "tried again later"},
	{409, "KEY_CREATE_IMPORT_ACCESS_ERR", CLOUD_FINAL,
	 "the instance's policy keyCreateImportAccess forbids importing standard keys; change it"},
	{409, "AUTHORIZATIONS_NOT_MET", CLOUD_FINAL,
	 "a second manager must agree first (dual authorisation)"},
	{409, "IMPORT_TOKEN_EXPIRED_ERR", CLOUD_FINAL, "make a new import token"},
	{409, "", CLOUD_FINAL, "the key's state does not allow it; look at the key in the service"},
	{410, "", CLOUD_FINAL,
	 "the key was deleted; restore it within 30 days, or import a new one and rotate to it"},
	{422, "", CLOUD_FINAL, "the key's state does not allow it; look at the key in the service"},
	{429, "", CLOUD_TRANSIENT, "too many requests; tried again more slowly"},
	{500, "INCOMPLETE_METADATA_ERR", CLOUD_FINAL,
	 "the key is damaged in the service; import a new one and rotate to it"},
	{501, "", CLOUD_FINAL, "something else than the service answers there; check the url"},
};

static const struct row other_row = {
	0, "", CLOUD_FINAL, "this is no answer that the service gives; check the url"};
static const struct row down_row = {0, "", CLOUD_TRANSIENT, "the service is not well; tried again"};
static const struct row expired_row = {400, "", CLOUD_TOKEN, ""};
static const struct row master_row = {
	0, "", CLOUD_FINAL,
	"the instance has no master key; load and commit it with the TKE CLI first"};

static const struct row *
find_row(const struct http_answer *answer, const struct kms_error_words *words) {
	if (words->is_token_expired && answer->status == 400)
		return &expired_row;
	if (words->is_master_key_missing)
		return &master_row;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (rows[i].status == answer->status &&
		    (rows[i].code[0] == '\0' || strcmp(rows[i].code, words->code) == 0))
			return &rows[i];
	return cloud_is_transient(answer->status) ? &down_row : &other_row;
}

/* A fresh token was refused: it is not the token then. */
static void advise_on_refusal(
	const struct http_answer *answer, const struct kms_question *question, char *advice
) {
	const struct service *service = &question->key->service;
	bool is_secret = service->kind == SERVICE_SECRETS_MANAGER;

	if (answer->status == 400)
		snprintf(
			advice, ADVICE_MAX,
			"a fresh token too; check that IAM at %.80s is of the same cloud as the "
			"service",
			service->account.url
		);
	else
		snprintf(
			advice, ADVICE_MAX,
			"with a fresh token too; check that the credential's owner has the role "
			"%s, that %s%.40s is right, and that its network policy allows this "
			"address",
			is_secret ? "SecretsReader" : "ReaderPlus",
			is_secret ? "the url" : "instance ", is_secret ? "" : service->instance
		);
}

int kms_error_read(
	const struct http_answer *answer, const struct kms_question *question,
	struct cloud_error *error
) {
	struct kms_error_words words;
	enum cloud_verdict verdict;
	char advice[ADVICE_MAX];
	const struct row *row;
	int result;

	kms_error_words_read(answer, &words);
	row = find_row(answer, &words);
	verdict = row->verdict;
	snprintf(
		advice, sizeof(advice), "%s",
		verdict == CLOUD_TOKEN ? "the token was refused; one more try with a fresh one"
				       : row->advice
	);
	if (verdict == CLOUD_TOKEN && question->is_token_fresh) {
		advise_on_refusal(answer, question, advice);
		verdict = CLOUD_FINAL;
	}
	result = cloud_fail(
		error, verdict, answer->status, "key %.96s: %u%s%s%s%s%s; %s",
		question->key->id[0] == '\0' ? "(new)" : question->key->id, answer->status,
		words.code[0] == '\0' ? "" : " ", words.code,
		words.sentence[0] == '\0' ? "" : " \"", words.sentence,
		words.sentence[0] == '\0' ? "" : "\"", advice
	);
	snprintf(error->correlation, sizeof(error->correlation), "%s", question->correlation);
	memcpy(error->code, words.code, sizeof(error->code));
	error->retry_after_s = answer->retry_after_s;
	return result;
}
