/* SPDX-License-Identifier: BSD-3-Clause */
/* Tokens: how long one is used, and what becomes of all keys of an account when IAM fails. */
#include "control/cloud/iam_store.h"
#include "control/cloud/retry.h"
#include "control/secret.h"

#include <criterion/criterion.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static struct cloud_error error;
static struct iam *iam;
static struct iam_account account = {.url = "https://iam.cloud.ibm.com"};

/* The source of tokens: what the next ones are, and how often it was asked. */
static struct {
	uint32_t n_asked, life_s;
	enum cloud_verdict verdict; // OK: tokens
	uint32_t retry_after_s;
	uint64_t clock_ms, takes_ms; // its clock, and what a request takes by it
	struct credential_stamp stamp;
} source;

static uint64_t clock_ms(void) {
	return source.clock_ms;
}

static int
fetch(const struct iam_account *asked, const char *ca_file, struct iam_token *out,
      struct credential_stamp *stamp, struct cloud_error *failure) {
	cr_assert_str_eq(asked->url, "https://iam.cloud.ibm.com");
	cr_assert_str_eq(ca_file, "ca");
	source.n_asked++;
	*stamp = source.stamp;
	source.clock_ms += source.takes_ms;
	if (source.verdict != CLOUD_OK) {
		int result = cloud_fail(failure, source.verdict, 503, "failed %u", source.n_asked);

		failure->retry_after_s = source.retry_after_s;
		return result;
	}
	out->text = secret_alloc(32);
	cr_assert_not_null(out->text);
	snprintf(out->text, 32, "token-%u", source.n_asked);
	out->life_s = source.life_s;
	return 0;
}

static void begin(void) {
	source.life_s = 3600;
	iam = iam_create_with(fetch, clock_ms);
	cr_assert_not_null(iam);
}

static void end(void) {
	struct secret_usage usage;

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
	iam_forget(iam, &account);
	source.verdict = CLOUD_TRANSIENT;
	expect_token(3, 0);
	iam_forget(iam, &account);
	source.verdict = CLOUD_OK;
	expect_token(3 + IAM_FAILURE_PAUSE_MS, 4);
}

/* One key has lost its role: what is refused to it is good for the others of the account. */
Test(cloud_iam, a_token_refused_to_one_key_stays_for_the_others) {
	expect_token(0, 1);
	source.verdict = CLOUD_TRANSIENT;
	for (uint32_t i = 1; i <= 5; i++) {
		iam_forget(iam, &account);
		expect_token(i * 10000, 0);
		cr_assert_eq(error.verdict, CLOUD_TRANSIENT);
		expect_token(i * 10000, 1);
		expect_token(i * 10000 + 9999, 1);
		cr_assert_eq(source.n_asked, 1 + i, "the others do not ask for it");
	}
	/* All of them have lost it, while IAM is not there: they do not all wait for it. */
	for (uint32_t i = 0; i < 10; i++) {
		iam_forget(iam, &account);
		expect_token(60000 + i, 0);
	}
	cr_assert_eq(source.n_asked, 7);
	cr_assert_str_eq(error.text, "failed 7");
	source.verdict = CLOUD_OK;
	iam_forget(iam, &account);
	expect_token(70000, 8);
	expect_token(70000, 8);
}

Test(cloud_iam, a_token_that_is_to_be_renewed_goes_on_if_that_fails) {
	iam_renew(iam, &account);
	expect_token(0, 1);
	iam_renew(iam, &account);
	expect_token(1, 2);
	iam_renew(iam, &account);
	source.verdict = CLOUD_FINAL;
	expect_token(2, 2);
	cr_assert_eq(source.n_asked, 3);
	expect_token(3, 2);
	cr_assert_eq(source.n_asked, 3);
}

/* A request may take longer than the pause behind it. */
Test(cloud_iam, a_pause_begins_with_the_end_of_the_request) {
	source.verdict = CLOUD_TRANSIENT;
	source.takes_ms = 30000;
	expect_token(5000, 0);
	expect_token(35000 + IAM_FAILURE_PAUSE_MS - 1, 0);
	cr_assert_eq(source.n_asked, 1);
	expect_token(35000 + IAM_FAILURE_PAUSE_MS, 0);
	cr_assert_eq(source.n_asked, 2);
}

Test(cloud_iam, what_iam_asks_for_binds_all_keys_of_the_account) {
	source.verdict = CLOUD_TRANSIENT;
	source.retry_after_s = 120;
	expect_token(5000, 0);
	iam_renew(iam, &account);
	iam_forget(iam, &account);
	source.verdict = CLOUD_OK;
	expect_token(124999, 0);
	cr_assert_eq(error.retry_after_s, 120);
	cr_assert_eq(source.n_asked, 1);
	expect_token(125000, 2);
	/* Not for ever, and not at the cost of a good token. */
	source.verdict = CLOUD_TRANSIENT;
	source.retry_after_s = UINT32_MAX;
	iam_renew(iam, &account);
	expect_token(130000, 2);
	iam_forget(iam, &account);
	expect_token(130000 + RETRY_AFTER_MAX_MS - 1, 0);
	expect_token(130000 + RETRY_AFTER_MAX_MS - 1, 2);
	cr_assert_eq(source.n_asked, 3);
	iam_forget(iam, &account);
	source.verdict = CLOUD_OK;
	expect_token(130000 + RETRY_AFTER_MAX_MS, 4);
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
