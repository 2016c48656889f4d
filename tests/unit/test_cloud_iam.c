/* SPDX-License-Identifier: BSD-3-Clause */
/* Tokens: what IAM answers and refuses, what is sent to it, and how long a token is used. */
#include "control/cloud/iam_store.h"
#include "control/secret.h"

#include <criterion/criterion.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define TOKEN "eyJhbGciOiJub25lIn0.eyJpYXQiOjF9.c2ln"
#define ANSWER(members) "{\"access_token\":\"" TOKEN "\",\"expires_in\":3600" members "}"
#define CREDENTIAL "MADE-UP-KEY"

static struct cloud_error error;
static struct iam_token token;
static struct iam *iam;
static struct iam_account account = {.url = "https://iam.cloud.ibm.com"};

/* The source of tokens: what the next ones are, and how often it was asked. */
static struct {
	uint32_t n_asked, life_s;
	enum cloud_verdict verdict; // OK: tokens
	struct credential_stamp stamp;
} source;

static int
fetch(const struct iam_account *asked, const char *ca_file, struct iam_token *out,
      struct credential_stamp *stamp, struct cloud_error *failure) {
	cr_assert_str_eq(asked->url, "https://iam.cloud.ibm.com");
	cr_assert_str_eq(ca_file, "ca");
	source.n_asked++;
	*stamp = source.stamp;
	if (source.verdict != CLOUD_OK)
		return cloud_fail(failure, source.verdict, 503, "failed %u", source.n_asked);
	out->text = secret_alloc(32);
	cr_assert_not_null(out->text);
	snprintf(out->text, 32, "token-%u", source.n_asked);
	out->life_s = source.life_s;
	return 0;
}

static void begin(void) {
	source.life_s = 3600;
	iam = iam_create_with(fetch);
	cr_assert_not_null(iam);
}

static void end(void) {
	struct secret_usage usage;

	secret_free(token.text);
	iam_destroy(iam);
	secret_usage(&usage);
	cr_assert_eq(usage.in_use_octets, 0);
	secret_shutdown();
}

TestSuite(cloud_iam, .init = begin, .fini = end);

/* Asks at a time and expects this token; 0: none. */
static void expect_token(uint64_t now_ms, uint32_t number) {
	const char *header = "x";
	char wanted[64];
	int result = iam_header(iam, &account, "ca", now_ms, &header, &error);

	if (number == 0) {
		cr_assert_lt(result, 0, "at %lu", now_ms);
		cr_assert_null(header);
		return;
	}
	snprintf(wanted, sizeof(wanted), "Authorization: Bearer token-%u", number);
	cr_assert_eq(result, 0, "%s", error.text);
	cr_assert_str_eq(header, wanted);
}

Test(cloud_iam, used_for_four_fifths_of_its_life) {
	expect_token(1000, 1);
	expect_token(1000, 1);
	expect_token(1000 + 2880000 - 1, 1);
	expect_token(1000 + 2880000, 2);
	expect_token(1000 + 2880000 + 2880000 - 1, 2);
	cr_assert_eq(source.n_asked, 2);
}

Test(cloud_iam, the_old_one_goes_on_until_ten_seconds_before_its_end) {
	expect_token(0, 1);
	source.verdict = CLOUD_TRANSIENT;
	expect_token(2880000, 1);
	cr_assert_eq(source.n_asked, 2);
	expect_token(2880000 + IAM_REFRESH_PAUSE_MS - 1, 1);
	cr_assert_eq(source.n_asked, 2, "asked again within the pause");
	expect_token(2880000 + IAM_REFRESH_PAUSE_MS, 1);
	cr_assert_eq(source.n_asked, 3);
	expect_token(3600000 - IAM_MARGIN_MS - 1, 1);
	expect_token(3600000 - IAM_MARGIN_MS, 0);
	cr_assert_eq(error.verdict, CLOUD_TRANSIENT);
	source.verdict = CLOUD_OK;
	expect_token(3600000 - IAM_MARGIN_MS + IAM_FAILURE_PAUSE_MS, source.n_asked + 1);
}

Test(cloud_iam, a_pause_ends_with_the_old_token) {
	source.life_s = 60;
	expect_token(0, 1);
	source.verdict = CLOUD_TRANSIENT;
	expect_token(48000, 1);
	source.verdict = CLOUD_OK;
	expect_token(49999, 1);
	expect_token(50000, 3);
}

Test(cloud_iam, short_lives) {
	source.life_s = 20;
	expect_token(0, 1);
	expect_token(9999, 1);
	expect_token(10000, 2); // the margin comes before four fifths
	source.life_s = 5;
	expect_token(20000, 3);
	expect_token(20000, 4); // good for one call each
	source.life_s = 1;
	expect_token(20001, 5);
}

/* Many keys that have no token ask together at most once a second. */
Test(cloud_iam, failures_are_shared) {
	source.verdict = CLOUD_FINAL;
	expect_token(5000, 0);
	for (uint32_t i = 0; i < 100; i++) {
		memset(&error, 0, sizeof(error));
		expect_token(5000 + 9 * i, 0);
		cr_assert(error.verdict == CLOUD_FINAL && error.http_status == 503);
		cr_assert_str_eq(error.text, "failed 1");
	}
	cr_assert_eq(source.n_asked, 1);
	expect_token(6000, 0);
	cr_assert_str_eq(error.text, "failed 2");
}

Test(cloud_iam, a_refused_token_is_replaced) {
	expect_token(0, 1);
	iam_forget(iam, &account);
	expect_token(1, 2);
	expect_token(2, 2);
	/* Whatever was the matter a moment ago: after a refusal IAM is asked. */
	iam_forget(iam, &account);
	source.verdict = CLOUD_TRANSIENT;
	expect_token(3, 0);
	iam_forget(iam, &account);
	source.verdict = CLOUD_OK;
	expect_token(4, 4);
}

Test(cloud_iam, one_token_for_each_account) {
	struct iam_account other = account;

	expect_token(0, 1);
	memcpy(account.credential, "/b", 3);
	expect_token(0, 2);
	memcpy(account.profile, "p", 2);
	expect_token(0, 3);
	account.grant = IAM_VPC_INSTANCE;
	expect_token(0, 4);
	memcpy(account.metadata_url, "m", 2);
	expect_token(0, 5);
	account = other;
	expect_token(0, 1);
	cr_assert_eq(source.n_asked, 5);
}

Test(cloud_iam, accounts_are_bounded) {
	for (uint32_t i = 0; i <= IAM_ACCOUNTS_MAX; i++) {
		snprintf(account.credential, sizeof(account.credential), "/%u", i);
		expect_token(0, i + 1);
	}
	expect_token(0, IAM_ACCOUNTS_MAX + 1);
	memcpy(account.credential, "/1", 3);
	expect_token(0, 2);
	memcpy(account.credential, "/0", 3); // used longest ago: forgotten
	expect_token(0, IAM_ACCOUNTS_MAX + 2);
}

Test(cloud_iam, a_changed_credential_is_noticed) {
	char path[] = "/tmp/macsecd-iam-XXXXXX";
	int fd = mkstemp(path);

	cr_assert_geq(fd, 0);
	snprintf(account.credential, sizeof(account.credential), "%s", path);
	cr_assert_not(iam_credential_changed(iam, &account), "never read");
	credential_stamp(&account, &source.stamp);
	expect_token(0, 1);
	cr_assert_not(iam_credential_changed(iam, &account));
	cr_assert_eq(write(fd, "x", 1), 1);
	cr_assert(iam_credential_changed(iam, &account));
	source.verdict = CLOUD_FINAL;
	credential_stamp(&account, &source.stamp);
	iam_forget(iam, &account);
	expect_token(1, 0);
	cr_assert_not(iam_credential_changed(iam, &account));
	close(fd);
	unlink(path);
	cr_assert(iam_credential_changed(iam, &account));
}

static int read_token(const char *json) {
	secret_free(token.text);
	memset(&error, 0xee, sizeof(error));
	return iam_answer_read(json, strlen(json), &token, &error);
}

Test(cloud_iam, good_answers) {
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

Test(cloud_iam, bad_answers) {
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

Test(cloud_iam, a_token_has_a_limit) {
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
Test(cloud_iam, every_error) {
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

Test(cloud_iam, errors_in_other_shapes) {
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

Test(cloud_iam, forms) {
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

Test(cloud_iam, metadata_bodies) {
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
