/* SPDX-License-Identifier: BSD-3-Clause */
/* Each row of the services' errors (facts/ibm.md 3.7): the verdict and what the operator reads. */
#include "control/cloud/kms_errors.h"

#include <criterion/criterion.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define UUID "0f0f0f0f-1111-4222-8333-444444444444"
#define SECRET_TEXT "abcdef0123456789abcdef0123456789abcdef0123456789abcdef0123456789"
#define API_KEY "abcdef0123456789abcdef0123456789abcdef012345"

static struct service_key key = {
	.id = "dl-primary",
	.service =
		{.kind = SERVICE_HPCS,
		 .instance = "11111111-2222",
		 .account = {.url = "https://iam.cloud.ibm.com"}},
};
static struct cloud_error error;

static int read_answer(uint16_t status, const char *body, bool is_fresh) {
	struct http_answer answer = {
		.status = status,
		.retry_after_s = 17,
		.body = (char *)(uintptr_t)body,
		.body_octets = strlen(body),
	};
	struct kms_question question = {&key, UUID, is_fresh};

	memset(&error, 0xee, sizeof(error));
	return kms_error_read(&answer, &question, &error);
}

static const char *envelope(uint16_t status, const char *code) {
	static char body[1024];
	const char *reasons = ",\"reasons\":[{\"code\":\"%s\",\"message\":\"m\",\"status\":%u,"
			      "\"moreInfo\":\"https://cloud.ibm.com/apidocs/key-protect\"}]";
	char reason[256] = "";

	if (code[0] != '\0')
		snprintf(reason, sizeof(reason), reasons, code, status);
	snprintf(
		body, sizeof(body),
		"{\"metadata\":{\"collectionType\":\"application/vnd.ibm.kms.error+json\","
		"\"collectionTotal\":1},\"resources\":[{\"errorMsg\":\"Reason: some words\"%s}]}",
		reason
	);
	return body;
}

struct row {
	uint16_t status;
	const char *code;
	enum cloud_verdict verdict;
	const char *fragment;
};

static const struct row rows[] = {
	{400, "BAD_BODY_ERR", CLOUD_FINAL, "does not understand"},
	{400, "COLLECTION_TOTAL_MISMATCH_ERR", CLOUD_FINAL, "does not understand"},
	{400, "INVALID_FIELD_ERR", CLOUD_FINAL, "does not understand"},
	{400, "NO_BODY_ERR", CLOUD_FINAL, "does not understand"},
	{400, "KEY_ROOT_REQ_ERR", CLOUD_FINAL, "only root keys"},
	{400, "KEY_EXPIRED_ERR", CLOUD_FINAL, "expired; import a new one"},
	{400, "KEY_RESTORE_EXPIRED", CLOUD_FINAL, "too late"},
	{400, "KEY_IMPT_REQ_ERR", CLOUD_FINAL, "generated"},
	{400, "KEY_PAYLOAD_REQ_ERR", CLOUD_FINAL, "no material"},
	{400, "INCORRECT_NONCE_ERR", CLOUD_FINAL, "check id, instance"},
	{400, "KEY_SEARCH_TOO_BROAD", CLOUD_FINAL, "check id, instance"},
	{400, "BEARER_SUB_EXTRACTION_ERR", CLOUD_TOKEN, "fresh one"},
	{401, "UNAUTHORIZED_ERR", CLOUD_TOKEN, "fresh one"},
	{401, "", CLOUD_TOKEN, "fresh one"},
	{403, "RESOURCE_OWNER_ERR", CLOUD_FINAL, "role ReaderPlus"},
	{403, "SERVICE_ONLY_ERR", CLOUD_FINAL, "role ReaderPlus"},
	{403, "FEATURE_RESTRICTED_ERR", CLOUD_FINAL, "plan"},
	{403, "CONFIG_RULE_CONFLICT_ERR", CLOUD_FINAL, "rule"},
	{403, "", CLOUD_FINAL, "role ReaderPlus"},
	{404, "KEY_NOT_FOUND_ERR", CLOUD_FINAL, "no such key"},
	{404, "", CLOUD_FINAL, "no such key"},
	{405, "", CLOUD_FINAL, "check the url"},
	{408, "", CLOUD_TRANSIENT, "tried again"},
	{409, "AUTHORIZATIONS_NOT_MET", CLOUD_FINAL, "second manager"},
	{409, "PROTECTED_RESOURCE_ERR", CLOUD_FINAL, "state"},
	{409, "PREV_KEY_DEL_ERR", CLOUD_FINAL, "state"},
	{409, "KEY_ACTION_INVALID_STATE_ERR", CLOUD_FINAL, "state"},
	{409, "REQ_TOO_EARLY_ERR", CLOUD_LATER, "later"},
	{409, "KEY_CREATE_IMPORT_ACCESS_ERR", CLOUD_FINAL, "keyCreateImportAccess"},
	{409, "NOT_DUAL_AUTH_ERR", CLOUD_FINAL, "state"},
	{409, "IMPORT_TOKEN_EXPIRED_ERR", CLOUD_FINAL, "import token"},
	{409, "KEY_ROTATION_NOT_PERMITTED", CLOUD_FINAL, "state"},
	{410, "KEY_DELETED_ERR", CLOUD_FINAL, "was deleted"},
	{422, "KEY_INVALID_STATE_ERR", CLOUD_FINAL, "state"},
	{422, "UNPROCESSABLE_CIPHERTEXT_ERR", CLOUD_FINAL, "state"},
	{425, "", CLOUD_TRANSIENT, "tried again"},
	{429, "", CLOUD_TRANSIENT, "more slowly"},
	{500, "", CLOUD_TRANSIENT, "not well"},
	{500, "INCOMPLETE_METADATA_ERR", CLOUD_FINAL, "damaged"},
	{501, "", CLOUD_FINAL, "check the url"},
	{502, "", CLOUD_TRANSIENT, "not well"},
	{503, "", CLOUD_TRANSIENT, "not well"},
	{504, "", CLOUD_TRANSIENT, "not well"},
	{599, "", CLOUD_TRANSIENT, "not well"},
	{418, "", CLOUD_FINAL, "check the url"},
	{100, "", CLOUD_FINAL, "check the url"},
};

static int errno_of(enum cloud_verdict verdict) {
	switch (verdict) {
	case CLOUD_TOKEN:
		return -EACCES;
	case CLOUD_FINAL:
		return -EPROTO;
	default:
		return -EAGAIN;
	}
}

Test(cloud_kms_errors, every_row) {
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct row *row = &rows[i];
		int result = read_answer(row->status, envelope(row->status, row->code), false);

		cr_assert_eq(error.verdict, row->verdict, "%u %s", row->status, row->code);
		cr_assert_eq(result, errno_of(row->verdict));
		cr_assert_eq(error.http_status, row->status);
		cr_assert_eq(error.retry_after_s, 17);
		cr_assert_str_eq(error.code, row->code);
		cr_assert_not_null(strstr(error.text, row->fragment), "%s", error.text);
		cr_assert_not_null(strstr(error.text, "key dl-primary: "));
		cr_assert_not_null(strstr(error.text, "\"Reason: some words\""), "%s", error.text);
		cr_assert_str_eq(error.correlation, UUID);
		cr_assert_null(strstr(error.text, UUID), "it is another one each time");
	}
}

/* A body of any kind never changes what a status means, and is never needed. */
Test(cloud_kms_errors, rows_without_an_envelope) {
	static const char *const bodies[] = {
		"",
		"{",
		"<html>",
		"[]",
		"{}",
		"null",
		"7",
		"{\"resources\":[]}",
		"{\"resources\":[{}]}",
		"{\"resources\":[7]}",
		"{\"resources\":{\"errorMsg\":1}}",
		"{\"resources\":[{\"errorMsg\":7,\"reasons\":{}}]}",
		"{\"resources\":[{\"errorMsg\":\"x\",\"reasons\":[]}]}",
		"{\"resources\":[{\"errorMsg\":\"x\",\"reasons\":[7]}]}",
		"{\"resources\":[{\"errorMsg\":\"x\",\"reasons\":[{\"code\":7}]}]}",
		"{\"resources\":[{\"errorMsg\":\"x\",\"reasons\":[{\"code\":\"a b\"}]}]}",
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		for (size_t j = 0; rows[i].code[0] == '\0' && j < 16; j++) {
			read_answer(rows[i].status, bodies[j], false);
			cr_assert_eq(error.verdict, rows[i].verdict, "%s", bodies[j]);
			cr_assert_str_eq(error.code, "");
			cr_assert_not_null(strstr(error.text, rows[i].fragment));
		}
}

Test(cloud_kms_errors, a_fresh_token_refused_is_final) {
	cr_assert_eq(read_answer(401, envelope(401, ""), true), -EPROTO);
	cr_assert_eq(error.verdict, CLOUD_FINAL);
	cr_assert_not_null(strstr(error.text, "role ReaderPlus"), "%s", error.text);
	cr_assert_not_null(strstr(error.text, "instance 11111111-2222"), "%s", error.text);
	cr_assert_not_null(strstr(error.text, "network policy"), "%s", error.text);
	cr_assert_eq(read_answer(400, envelope(400, "BEARER_SUB_EXTRACTION_ERR"), true), -EPROTO);
	cr_assert_not_null(strstr(error.text, "iam.cloud.ibm.com"), "%s", error.text);
	cr_assert_eq(read_answer(404, envelope(404, ""), true), -EPROTO);
	cr_assert_eq(read_answer(503, envelope(503, ""), true), -EAGAIN);
}

Test(cloud_kms_errors, an_expired_token_in_words) {
	cr_assert_eq(read_answer(400, "Bad Request: Token is expired", false), -EACCES);
	cr_assert_eq(
		read_answer(
			400, "{\"resources\":[{\"errorMsg\":\"Bad Request: Token is expired\"}]}",
			false
		),
		-EACCES
	);
	cr_assert_eq(read_answer(404, "Token is expired", false), -EPROTO);
}

Test(cloud_kms_errors, no_master_key) {
	read_answer(
		400, "{\"resources\":[{\"errorMsg\":\"Bad: CKR_IBM_WK_NOT_INITIALIZED\"}]}", false
	);
	cr_assert_eq(error.verdict, CLOUD_FINAL);
	cr_assert_not_null(strstr(error.text, "master key"), "%s", error.text);
}

Test(cloud_kms_errors, other_envelopes) {
	read_answer(
		404,
		"{\"errors\":[{\"code\":\"not_found\",\"message\":\"no secret\"}],\"trace\":"
		"\"t\"}",
		false
	);
	cr_assert_str_eq(error.code, "not_found");
	cr_assert_not_null(strstr(error.text, "\"no secret\""), "%s", error.text);
	read_answer(400, "{\"errorCode\":\"BXNIM0415E\",\"errorMessage\":\"Provided key\"}", false);
	cr_assert_str_eq(error.code, "BXNIM0415E");
	cr_assert_not_null(strstr(error.text, "\"Provided key\""));
	read_answer(503, "upstream connect error", false);
	cr_assert_not_null(strstr(error.text, "\"upstream connect error\""));
}

/* A key in an error's words, in a plain text, in a body that is no error at all. */
Test(cloud_kms_errors, never_a_key) {
	static const char *const bodies[] = {
		SECRET_TEXT,
		"\"" SECRET_TEXT "\"",
		"value " SECRET_TEXT " is bad",
		"{\"resources\":[{\"errorMsg\":\"value " SECRET_TEXT " is bad\"}]}",
		"{\"resources\":[{\"errorMsg\":\"x\",\"reasons\":[{\"code\":\"" SECRET_TEXT
		"\"}]}]}",
		"{\"resources\":[{\"errorMsg\":\"x\",\"reasons\":[{\"code\":\"" API_KEY "\"}]}]}",
		"{\"resources\":[{\"payload\":\"" SECRET_TEXT "\"}]}",
		"{\"payload\":\"" SECRET_TEXT "\"}",
		"{\"payload\":\"" SECRET_TEXT,
		"{\"errors\":[{\"message\":\"" SECRET_TEXT "\"}]}",
	};

	for (uint16_t status = 400; status < 600; status = (uint16_t)(status + 7))
		for (size_t i = 0; i < sizeof(bodies) / sizeof(bodies[0]); i++) {
			read_answer(status, bodies[i], false);
			cr_assert_null(strstr(error.text, "abcdef"), "%s", error.text);
			cr_assert_null(strstr(error.code, "abcdef"));
		}
}

Test(cloud_kms_errors, everything_at_its_longest) {
	static char body[2048];

	memset(key.id, 'k', sizeof(key.id) - 1);
	memset(key.service.account.url, 'u', sizeof(key.service.account.url) - 1);
	memset(key.service.instance, 'i', sizeof(key.service.instance) - 1);
	snprintf(
		body, sizeof(body),
		"{\"resources\":[{\"errorMsg\":\"%0*d %0*d %0*d %0*d %0*d %0*d\",\"reasons\":[{"
		"\"code\":\"%039d\"}]}]}",
		39, 1, 39, 1, 39, 1, 39, 1, 39, 1, 39, 1, 1
	);
	read_answer(401, body, true);
	cr_assert_not_null(strstr(error.text, "allows this address"), "%s", error.text);
	cr_assert_eq(strlen(error.code), 39);
}

Test(cloud_kms_errors, secrets_manager_has_other_roles) {
	key.service.kind = SERVICE_SECRETS_MANAGER;
	read_answer(401, "", true);
	cr_assert_not_null(strstr(error.text, "role SecretsReader"), "%s", error.text);
	cr_assert_null(strstr(error.text, "instance"), "%s", error.text);
}
