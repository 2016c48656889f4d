/* SPDX-License-Identifier: BSD-3-Clause */
/* Cloud resource names: what is read out of them, what is refused, and where they lead to. */
#include "control/cloud/crn.h"

#include <criterion/criterion.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define ACCOUNT "a/00000000000000000000000000000000"
#define INSTANCE "11111111-2222-4333-8444-555555555555"
#define ID "66666666-7777-4888-9999-aaaaaaaaaaaa"
#define HEAD "crn:v1:bluemix:public:"
#define TAIL ":us-south:" ACCOUNT ":" INSTANCE

Test(cloud_crn, hpcs) {
	struct crn crn;

	cr_assert_eq(crn_read(HEAD "hs-crypto" TAIL ":key:" ID, &crn), 0);
	cr_assert_eq(crn.kind, SERVICE_HPCS);
	cr_assert_str_eq(crn.region, "us-south");
	cr_assert_str_eq(crn.account, "00000000000000000000000000000000");
	cr_assert_str_eq(crn.instance, INSTANCE);
	cr_assert_str_eq(crn.id, ID);
}

Test(cloud_crn, kinds) {
	struct crn crn;

	cr_assert_eq(crn_read(HEAD "kms" TAIL ":key:" ID, &crn), 0);
	cr_assert_eq(crn.kind, SERVICE_KEY_PROTECT);
	cr_assert_eq(crn_read(HEAD "secrets-manager" TAIL ":secret:" ID, &crn), 0);
	cr_assert_eq(crn.kind, SERVICE_SECRETS_MANAGER);
	cr_assert_eq(crn_read(HEAD "databases" TAIL ":key:" ID, &crn), -EPROTONOSUPPORT);
	cr_assert_eq(crn_read(HEAD "directlink" TAIL ":key:" ID, &crn), -EPROTONOSUPPORT);
}

Test(cloud_crn, refused) {
	static const char *const texts[] = {
		"",
		"crn",
		":::::::::",
		HEAD "hs-crypto" TAIL ":key",
		HEAD "hs-crypto" TAIL ":key:",
		HEAD "hs-crypto" TAIL ":key:" ID ":",
		HEAD "hs-crypto" TAIL ":key:" ID ":more",
		HEAD "hs-crypto" TAIL ":secret:" ID,
		HEAD "secrets-manager" TAIL ":key:" ID,
		"crn:v2:bluemix:public:hs-crypto" TAIL ":key:" ID,
		"crn:v1:staging:public:hs-crypto" TAIL ":key:" ID,
		"crn:v1:bluemix:local:hs-crypto" TAIL ":key:" ID,
		" " HEAD "hs-crypto" TAIL ":key:" ID,
		HEAD "hs-crypto" TAIL ":key:" ID " ",
		HEAD "hs-crypto" TAIL ":key:" ID "\n",
		HEAD "hs-crypto" TAIL ":key:../keys",
		HEAD "hs-crypto" TAIL ":key:a%2Fb",
		HEAD "hs-crypto" TAIL ":key:a?b",
		HEAD "hs-crypto:us-south.evil.example:" ACCOUNT ":" INSTANCE ":key:" ID,
		HEAD "hs-crypto:evil/:" ACCOUNT ":" INSTANCE ":key:" ID,
		HEAD "hs-crypto:us_south:" ACCOUNT ":" INSTANCE ":key:" ID,
		HEAD "hs-crypto:-us:" ACCOUNT ":" INSTANCE ":key:" ID,
		HEAD "hs-crypto:us-:" ACCOUNT ":" INSTANCE ":key:" ID,
		HEAD "hs-crypto::" ACCOUNT ":" INSTANCE ":key:" ID,
		HEAD "hs-crypto:us-south:00:" INSTANCE ":key:" ID,
		HEAD "hs-crypto:us-south:a/:" INSTANCE ":key:" ID,
		HEAD "hs-crypto:us-south:a/x y:" INSTANCE ":key:" ID,
		HEAD "hs-crypto:us-south:" ACCOUNT ":ev.il:key:" ID,
		HEAD "hs-crypto:us-south:" ACCOUNT ":x@y:key:" ID,
		HEAD "hs-crypto:abcdefghijabcdefghijabcdefghijab:" ACCOUNT ":" INSTANCE ":key:" ID,
	};
	static const struct crn empty;
	struct crn crn;

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		cr_assert_eq(crn_read(texts[i], &crn), -EINVAL, "%s", texts[i]);
		cr_assert_arr_eq(&crn, &empty, sizeof(crn));
	}
}

/* Every part at its limit and one beyond; a text of any length. */
Test(cloud_crn, lengths) {
	char text[2048];
	struct crn crn;

	for (int length = 1; length < 120; length++) {
		snprintf(text, sizeof(text), HEAD "hs-crypto" TAIL ":key:%0*d", length, 1);
		cr_assert_eq(crn_read(text, &crn), length < (int)SERVICE_ID_MAX ? 0 : -EINVAL);
	}
	for (int length = 1; length < 1500; length += 7) {
		snprintf(text, sizeof(text), HEAD "hs-crypto:%0*d" TAIL ":key:1", length, 1);
		cr_assert_eq(crn_read(text, &crn), -EINVAL);
	}
}

static void expect_url(const char *service, const char *type, bool is_private, const char *url) {
	char text[SERVICE_CRN_MAX], out[SERVICE_URL_MAX];
	struct crn crn;

	snprintf(text, sizeof(text), HEAD "%s" TAIL ":%s:" ID, service, type);
	cr_assert_eq(crn_read(text, &crn), 0);
	cr_assert_eq(crn_url(&crn, is_private, out, sizeof(out)), 0);
	cr_assert_str_eq(out, url);
	cr_assert_eq(crn_url(&crn, is_private, out, strlen(url)), -ENOSPC);
	cr_assert_eq(crn_url(&crn, is_private, out, strlen(url) + 1), 0);
}

Test(cloud_crn, urls) {
	expect_url(
		"hs-crypto", "key", false,
		"https://" INSTANCE ".api.us-south.hs-crypto.appdomain.cloud"
	);
	expect_url(
		"hs-crypto", "key", true,
		"https://" INSTANCE ".api.private.us-south.hs-crypto.appdomain.cloud"
	);
	expect_url("kms", "key", false, "https://us-south.kms.cloud.ibm.com");
	expect_url("kms", "key", true, "https://private.us-south.kms.cloud.ibm.com");
	expect_url(
		"secrets-manager", "secret", false,
		"https://" INSTANCE ".us-south.secrets-manager.appdomain.cloud"
	);
	expect_url(
		"secrets-manager", "secret", true,
		"https://" INSTANCE ".private.us-south.secrets-manager.appdomain.cloud"
	);
}
