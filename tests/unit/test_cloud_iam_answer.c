/* SPDX-License-Identifier: BSD-3-Clause */
/* What IAM answers and refuses, and what is sent to it. */
#include "control/cloud/iam_answer.h"
#include "control/cloud/iam_grants.h"
#include "control/secret.h"

#include <criterion/criterion.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TOKEN "eyJhbGciOiJub25lIn0.eyJpYXQiOjF9.c2ln"
#define ANSWER(members) "{\"access_token\":\"" TOKEN "\",\"expires_in\":3600" members "}"
#define CREDENTIAL "MADE-UP-KEY"

static struct cloud_error error;
static struct iam_token token;
static struct iam_account account = {.url = "https://iam.cloud.ibm.com"};

static void end(void) {
	struct secret_usage usage;

	secret_free(token.text);
	secret_usage(&usage);
	cr_assert_eq(usage.in_use_octets, 0);
	secret_shutdown();
}

TestSuite(cloud_iam_answer, .fini = end);

static int read_token(const char *json) {
	secret_free(token.text);
	memset(&error, 0xee, sizeof(error));
	return iam_answer_read(json, strlen(json), &token, &error);
}

Test(cloud_iam_answer, good_answers) {
	cr_assert_eq(
		read_token(ANSWER(",\"refresh_token\":\"not_supported\",\"ims_user_id\":118000090,"
				  "\"token_type\":\"Bearer\",\"expiration\":1767326645,\"scope\":"
				  "\"ibm openid\"")),
		0, "%s", error.text
	);
	cr_assert_str_eq(token.text, TOKEN);
	cr_assert_eq(token.life_s, 3600);
	cr_assert_eq(read_token(ANSWER(",\"token_type\":\"bearer\"")), 0);
	cr_assert_eq(read_token("{\"access_token\":\"a\",\"expires_in\":2000000000}"), 0);
	cr_assert_eq(token.life_s, IAM_LIFE_MAX_S);
}

Test(cloud_iam_answer, bad_answers) {
	static const char *const final[] = {
		"{}",
		"[]",
		"null",
		"{\"access_token\":\"" TOKEN "\"}",
		"{\"expires_in\":3600}",
		"{\"access_token\":\"\",\"expires_in\":3600}",
		"{\"access_token\":7,\"expires_in\":3600}",
		"{\"access_token\":\"a b\",\"expires_in\":3600}",
		"{\"access_token\":\"a\\r\\nX: y\",\"expires_in\":3600}",
		"{\"access_token\":\"a\\u0085\",\"expires_in\":3600}",
		"{\"access_token\":\"" TOKEN "\",\"expires_in\":\"3600\"}",
		"{\"access_token\":\"" TOKEN "\",\"expires_in\":0}",
		"{\"access_token\":\"" TOKEN "\",\"expires_in\":-1}",
		"{\"access_token\":\"" TOKEN "\",\"expires_in\":1.5}",
		"{\"access_token\":\"" TOKEN "\",\"expires_in\":1e99}",
		ANSWER(",\"expires_in\":3600"),
		ANSWER(",\"access_token\":\"" TOKEN "\""),
		ANSWER(",\"token_type\":\"mac\""),
		ANSWER(",\"token_type\":7"),
	};

	for (size_t i = 0; i < sizeof(final) / sizeof(final[0]); i++) {
		cr_assert_eq(read_token(final[i]), -EPROTO, "%s", final[i]);
		cr_assert(error.verdict == CLOUD_FINAL && token.text == NULL);
		cr_assert_null(strstr(error.text, "eyJ"), "%s", error.text);
	}
	cr_assert_eq(read_token("<html>"), -EAGAIN);
	cr_assert_eq(error.verdict, CLOUD_TRANSIENT);
	cr_assert_eq(read_token(""), -EAGAIN);
	cr_assert_eq(read_token("{\"access_token\":\"a\\u0000b\",\"expires_in\":1}"), -EAGAIN);
}

Test(cloud_iam_answer, a_token_has_a_limit) {
	static char json[IAM_TOKEN_OCTETS_MAX + 100];

	snprintf(
		json, sizeof(json), "{\"access_token\":\"%0*d\",\"expires_in\":1}",
		(int)IAM_TOKEN_OCTETS_MAX, 1
	);
	cr_assert_eq(read_token(json), 0);
	snprintf(
		json, sizeof(json), "{\"access_token\":\"%0*d\",\"expires_in\":1}",
		(int)IAM_TOKEN_OCTETS_MAX + 1, 1
	);
	cr_assert_eq(read_token(json), -EPROTO);
}

static int read_error(uint16_t status, const char *body) {
	struct http_answer answer = {
		.status = status,
		.retry_after_s = 3,
		.body = (char *)(uintptr_t)body,
		.body_octets = strlen(body),
	};

	memset(&error, 0xee, sizeof(error));
	return iam_error_read(&answer, &account, CREDENTIAL, &error);
}

/* facts/ibm.md 4.4 */
Test(cloud_iam_answer, every_error) {
	static const struct {
		uint16_t status;
		const char *code;
		enum cloud_verdict verdict;
		const char *fragment;
	} rows[] = {
		{400, "BXNIM0415E", CLOUD_FINAL, "create an API key"},
		{400, "BXNIM0109E", CLOUD_FINAL, "empty or incomplete"},
		{405, "BXNIM0060E", CLOUD_FINAL, "correct IAM's url"},
		{400, "BXNIM0401E", CLOUD_FINAL, "valid credential"},
		{400, "BXNIM0113E", CLOUD_FINAL, "trusted profile"},
		{403, "BXNIM0513E", CLOUD_FINAL, "trust this compute resource"},
		{400, "BXNIM0421E", CLOUD_FINAL, "check that the API key exists"},
		{401, "BXNIM9999E", CLOUD_FINAL, "check that the API key exists"},
		{404, "", CLOUD_FINAL, "check that the API key exists"},
		{501, "", CLOUD_FINAL, "check that the API key exists"},
		{408, "", CLOUD_TRANSIENT, "for the moment"},
		{429, "BXNIM0000E", CLOUD_TRANSIENT, "for the moment"},
		{500, "", CLOUD_TRANSIENT, "for the moment"},
		{503, "", CLOUD_TRANSIENT, "for the moment"},
		{504, "", CLOUD_TRANSIENT, "for the moment"},
	};
	char body[512];

	memcpy(account.credential, "/run/key", 9);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		snprintf(
			body, sizeof(body),
			"{\"errorCode\":\"%s\",\"errorMessage\":\"Some words.\",\"errorDetails\":"
			"\"d\",\"context\":{\"requestId\":\"r\"}}",
			rows[i].code
		);
		cr_assert_eq(
			read_error(rows[i].status, body),
			rows[i].verdict == CLOUD_FINAL ? -EPROTO : -EAGAIN
		);
		cr_assert_eq(error.verdict, rows[i].verdict, "%zu", i);
		cr_assert_str_eq(error.code, rows[i].code);
		cr_assert(error.http_status == rows[i].status && error.retry_after_s == 3);
		cr_assert_not_null(strstr(error.text, rows[i].fragment), "%s", error.text);
		cr_assert_not_null(strstr(error.text, "Some words."), "%s", error.text);
		if (rows[i].verdict == CLOUD_FINAL)
			cr_assert_not_null(strstr(error.text, "/run/key"), "%s", error.text);
	}
}

Test(cloud_iam_answer, errors_in_other_shapes) {
	static const char *const bodies[] = {
		"",
		"<html>",
		"[]",
		"7",
		"{\"errorCode\":7,\"errorMessage\":[]}",
		"{\"errorMessage\":\"you sent " CREDENTIAL "\"}",
	};

	for (size_t i = 0; i < sizeof(bodies) / sizeof(bodies[0]); i++) {
		cr_assert_eq(read_error(400, bodies[i]), -EPROTO);
		cr_assert_str_eq(error.code, "");
		cr_assert_null(strstr(error.text, CREDENTIAL), "%s", error.text);
		cr_assert_eq(read_error(503, bodies[i]), -EAGAIN);
		cr_assert_null(strstr(error.text, CREDENTIAL), "%s", error.text);
	}
}

static void expect_form(const char *credential, const char *wanted) {
	char *form = iam_grant_form(&account, credential);

	cr_assert_not_null(form);
	cr_assert_str_eq(form, wanted);
	secret_free(form);
}

#define GRANT "grant_type=urn%3Aibm%3Aparams%3Aoauth%3Agrant-type%3A"

Test(cloud_iam_answer, forms) {
	expect_form(
		"a+b/c=&d~.-_", GRANT "apikey&response_type=cloud_iam&apikey="
				      "a%2Bb%2Fc%3D%26d~.-_"
	);
	account.grant = IAM_COMPUTE_RESOURCE;
	memcpy(account.profile, "Profile-0", 10);
	expect_form("x.y.z", GRANT "cr-token&cr_token=x.y.z&profile_id=Profile-0");
	memcpy(account.profile, "my own", 7);
	expect_form("x", GRANT "cr-token&cr_token=x&profile_name=my%20own");
	memcpy(account.profile, "crn:v1:a", 9);
	expect_form("\xff\x01", GRANT "cr-token&cr_token=%FF%01&profile_crn=crn%3Av1%3Aa");
}

Test(cloud_iam_answer, metadata_bodies) {
	char body[IAM_PROFILE_BODY_MAX];

	cr_assert_eq(iam_grant_profile_body(&account, body, &error), 0);
	cr_assert_str_eq(body, "{}");
	memcpy(account.profile, "Profile-0", 10);
	cr_assert_eq(iam_grant_profile_body(&account, body, &error), 0);
	cr_assert_str_eq(body, "{\"trusted_profile\":{\"id\":\"Profile-0\"}}");
	memcpy(account.profile, "crn:v1", 7);
	cr_assert_eq(iam_grant_profile_body(&account, body, &error), 0);
	cr_assert_str_eq(body, "{\"trusted_profile\":{\"crn\":\"crn:v1\"}}");
	memcpy(account.profile, "by name", 8);
	cr_assert_eq(iam_grant_profile_body(&account, body, &error), -EPROTO);
	memcpy(account.profile, "Profile-\"", 10);
	cr_assert_eq(iam_grant_profile_body(&account, body, &error), -EPROTO);
}
