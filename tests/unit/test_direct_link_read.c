/* SPDX-License-Identifier: BSD-3-Clause */
/* Answers of the Direct Link API and of IAM's policies: what is read, and what is refused. */
#include "control/cloud/direct_link_read.h"

#include <criterion/criterion.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CRN "crn:v1:bluemix:public:hs-crypto:us-south:a/acct:inst:key:id"
#define MACSEC                                                                                \
	"{\"active\":true,\"cipher_suite\":\"gcm_aes_xpn_256\",\"confidentiality_offset\":0," \
	"\"key_server_priority\":255,\"sak_rekey\":{\"mode\":\"timer\",\"interval\":3600},"   \
	"\"security_policy\":\"must_secure\",\"status\":\"failed\",\"status_reasons\":[{"     \
	"\"code\":\"macsec_cak_failed\",\"message\":\"The primary\\u001b CAK\"}],"            \
	"\"window_size\":4503599627370497,\"new_field\":[1]}"
#define CAK                                                                            \
	"{\"id\":\"ef4dcb1a-0000\",\"session\":\"primary\",\"name\":\"AA02\",\"key\":" \
	"{\"crn\":\"" CRN "\"},\"status\":\"rotating\",\"active_delta\":{\"name\":"    \
	"\"AA01\",\"key\":{\"crn\":\"" CRN "2\"},\"status\":\"active\"}}"

static struct cloud_error error;

/* `text` with the first `from` in it replaced. The caller frees it. */
static char *with(const char *text, const char *from, const char *to) {
	const char *at = strstr(text, from);
	char *made;

	cr_assert_not_null(at, "%s", from);
	cr_assert_gt(asprintf(&made, "%.*s%s%s", (int)(at - text), text, to, at + strlen(from)), 0);
	return made;
}

Test(direct_link_read, takes_every_field_of_macsec) {
	struct direct_link_macsec macsec;

	cr_assert_eq(direct_link_read_macsec(MACSEC, &macsec, &error), 0, "%s", error.text);
	cr_assert(macsec.is_active);
	cr_assert_str_eq(macsec.cipher_suite, "gcm_aes_xpn_256");
	cr_assert_eq(macsec.key_server_priority, 255);
	cr_assert_str_eq(macsec.rekey_mode, "timer");
	cr_assert_eq(macsec.rekey_interval_s, 3600);
	cr_assert_str_eq(macsec.security_policy, "must_secure");
	cr_assert_str_eq(macsec.status, "failed");
	cr_assert_eq(macsec.window_size, 4503599627370497u, "%lu", macsec.window_size);
	cr_assert_eq(macsec.n_reasons, 1);
	cr_assert_str_eq(macsec.reasons[0].code, "macsec_cak_failed");
	cr_assert_null(strchr(macsec.reasons[0].message, 0x1b));
}

struct change {
	const char *from, *to, *names; // part of the complaint
};

Test(direct_link_read, refuses_macsec_that_lacks_or_bends_a_field) {
	static const struct change changes[] = {
		{"true", "1", "active"},
		{"\"active\"", "\"other\"", "active"},
		{"\"gcm_aes_xpn_256\"", "\"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\"", "cipher_suite"},
		{"\"gcm_aes_xpn_256\"", "\"\"", "cipher_suite"},
		{"\"gcm_aes_xpn_256\"", "\"a\\u001bb\"", "cipher_suite"},
		{"\"gcm_aes_xpn_256\"", "\"a b\"", "cipher_suite"},
		{":0,", ":-1,", "confidentiality_offset"},
		{":0,", ":0.5,", "confidentiality_offset"},
		{":255", ":4294967296", "key_server_priority"},
		{":255", ":\"255\"", "key_server_priority"},
		{",\"interval\":3600", "", "sak_rekey"},
		{"3600", "-1", "sak_rekey"},
		{"{\"mode\":\"timer\",\"interval\":3600}", "[]", "sak_rekey"},
		{"\"must_secure\"", "null", "security_policy"},
		{"4503599627370497", "1e300", "window_size"},
		{"4503599627370497", "18014398509481984", "window_size"},
		{"\"failed\"", "7", "status"},
		{"{\"active\"", "[{\"active\"", "JSON"},
	};

	for (size_t i = 0; i < sizeof(changes) / sizeof(changes[0]); i++) {
		struct direct_link_macsec macsec;
		char *text = with(MACSEC, changes[i].from, changes[i].to);

		cr_assert_eq(direct_link_read_macsec(text, &macsec, &error), -EPROTO, "%s", text);
		cr_assert_eq(error.verdict, CLOUD_FINAL);
		cr_assert_not_null(strstr(error.text, changes[i].names), "%s", error.text);
		free(text);
	}
}

Test(direct_link_read, takes_words_that_are_new_and_rekeys_without_an_interval) {
	struct direct_link_macsec macsec;
	char *text =
		with(MACSEC, "{\"mode\":\"timer\",\"interval\":3600}", "{\"mode\":\"by_moon\"}");

	cr_assert_eq(direct_link_read_macsec(text, &macsec, &error), 0);
	cr_assert_str_eq(macsec.rekey_mode, "by_moon");
	cr_assert_eq(macsec.rekey_interval_s, 0);
	free(text);
}

Test(direct_link_read, keeps_four_reasons_of_many_and_cuts_their_words) {
	struct direct_link_macsec macsec;
	char many[4096] = "\"status_reasons\":[";

	for (int i = 0; i < 9; i++)
		snprintf(
			many + strlen(many), sizeof(many) - strlen(many),
			"%s{\"code\":7,\"message\":\"%0300d\"}", i == 0 ? "" : ",", 0
		);
	strncat(many, ",7],", sizeof(many) - strlen(many) - 1);
	char *text =
		with(MACSEC,
		     "\"status_reasons\":[{\"code\":\"macsec_cak_failed\",\"message\":\"The "
		     "primary\\u001b CAK\"}],",
		     many);

	cr_assert_eq(direct_link_read_macsec(text, &macsec, &error), 0, "%s", error.text);
	cr_assert_eq(macsec.n_reasons, DIRECT_LINK_REASONS_MAX);
	cr_assert_str_eq(macsec.reasons[0].code, "");
	free(text);
}

Test(direct_link_read, takes_a_cak_and_what_is_in_force_while_it_rotates) {
	struct direct_link_cak cak;

	cr_assert_eq(direct_link_read_cak(CAK, &cak, &error), 0, "%s", error.text);
	cr_assert_str_eq(cak.id, "ef4dcb1a-0000");
	cr_assert_str_eq(cak.session, "primary");
	cr_assert_str_eq(cak.name, "AA02");
	cr_assert_str_eq(cak.key_crn, CRN);
	cr_assert_str_eq(cak.status, "rotating");
	cr_assert(cak.has_active);
	cr_assert_str_eq(cak.active_name, "AA01");
	cr_assert_str_eq(cak.active_key_crn, CRN "2");
	cr_assert_str_eq(cak.active_status, "active");
}

Test(direct_link_read, refuses_caks_that_would_be_misread) {
	static const struct change changes[] = {
		{"ef4dcb1a-0000", "../../x", "id"},
		{"ef4dcb1a-0000", "a?b", "id"},
		{"\"ef4dcb1a-0000\"", "5", "id"},
		{"\"primary\"", "\"aaaaaaaaaaaaaaaa\"", "session"},
		{"\"AA02\"", "\"AA0g\"", "name"},
		{"\"AA02\"", "\"\"", "name"},
		{"\"AA02\"",
		 "\"00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff00\"", "name"},
		{"{\"crn\":\"" CRN "\"}", "\"" CRN "\"", "key.crn"},
		{"\"rotating\"", "{}", "status"},
		{"\"AA01\"", "\"zz\"", "active_delta"},
		{"{\"name\":\"AA01\"", "{\"nome\":\"AA01\"", "active_delta"},
	};

	for (size_t i = 0; i < sizeof(changes) / sizeof(changes[0]); i++) {
		struct direct_link_cak cak;
		char *text = with(CAK, changes[i].from, changes[i].to);

		cr_assert_eq(direct_link_read_cak(text, &cak, &error), -EPROTO, "%s", text);
		cr_assert_not_null(strstr(error.text, changes[i].names), "%s", error.text);
		free(text);
	}
}

Test(direct_link_read, takes_at_most_four_caks_of_a_list) {
	struct direct_link_cak caks[DIRECT_LINK_CAKS_MAX + 1];
	uint32_t n;

	memset(caks, 0xee, sizeof(caks));
	cr_assert_eq(direct_link_read_caks("{\"caks\":[]}", caks, &n, &error), 0);
	cr_assert_eq(n, 0);
	cr_assert_eq(
		direct_link_read_caks(
			"{\"caks\":[" CAK "," CAK "," CAK "," CAK "," CAK "]}", caks, &n, &error
		),
		0
	);
	cr_assert_eq(n, DIRECT_LINK_CAKS_MAX);
	cr_assert_eq(((uint8_t *)&caks[DIRECT_LINK_CAKS_MAX])[0], 0xee);
	cr_assert_eq(direct_link_read_caks("{\"caks\":[" CAK ",7]}", caks, &n, &error), -EPROTO);
	cr_assert_eq(direct_link_read_caks("{\"caks\":{}}", caks, &n, &error), -EPROTO);
	cr_assert_eq(direct_link_read_caks("{}", caks, &n, &error), -EPROTO);
	cr_assert_eq(direct_link_read_caks("", caks, &n, &error), -EPROTO);
}

static enum cloud_verdict refused(uint16_t status, const char *body) {
	struct http_answer answer = {
		.status = status,
		.retry_after_s = 7,
		.body = strdup(body),
		.body_octets = strlen(body)};
	const int ret = direct_link_refused(&answer, "the gateway's CAKs", &error);

	free(answer.body);
	cr_assert_lt(ret, 0);
	cr_assert_eq(error.http_status, status);
	cr_assert_eq(error.retry_after_s, 7);
	return error.verdict;
}

Test(direct_link_read, judges_refusals_by_their_status_and_quotes_the_message) {
	static const uint16_t transient[] = {408, 425, 429, 500, 502, 503, 504, 599};
	static const uint16_t final[] = {301, 400, 403, 404, 409, 410, 412, 422, 501};

	for (size_t i = 0; i < sizeof(transient) / sizeof(transient[0]); i++)
		cr_assert_eq(refused(transient[i], "<html>"), CLOUD_TRANSIENT);
	for (size_t i = 0; i < sizeof(final) / sizeof(final[0]); i++)
		cr_assert_eq(refused(final[i], ""), CLOUD_FINAL);
	cr_assert_eq(refused(401, "{}"), CLOUD_TOKEN);
	refused(404, "{\"errors\":[{\"message\":\"Cannot find\\u001b[2J Gateway\"}]}");
	cr_assert_not_null(strstr(error.text, "Cannot find"));
	cr_assert_null(strchr(error.text, 0x1b));
	cr_assert_not_null(strstr(error.text, "check 'gateway'"));
	refused(400, "{\"error\":\"words 1\",\"message\":\"words 2\"}");
	cr_assert_not_null(strstr(error.text, "words 1"), "%s", error.text);
	refused(400, "{\"error\":{},\"message\":\"words 2\",\"errorMessage\":\"words 3\"}");
	cr_assert_not_null(strstr(error.text, "words 2"), "%s", error.text);
	refused(400, "{\"errors\":[],\"errorMessage\":\"words 3\"}");
	cr_assert_not_null(strstr(error.text, "words 3"), "%s", error.text);
	refused(403, "{\"errors\":[7]}");
	cr_assert_not_null(strstr(error.text, "no reason given"));
}

#define POLICY(subject, service, extra)                                                   \
	"{\"state\":\"active\",\"subjects\":[{\"attributes\":[{\"name\":\"serviceName\"," \
	"\"value\":\"" subject "\"}]}],\"roles\":[{\"display_name\":\"Reader\"}],"        \
	"\"resources\":[{\"attributes\":[{\"name\":\"serviceName\",\"value\":\"" service  \
	"\"},{\"name\":\"accountId\",\"value\":\"a\"}" extra "]}]}"
#define INSTANCE(id) ",{\"name\":\"serviceInstance\",\"value\":\"" id "\"}"
#define RING ",{\"name\":\"keyRing\",\"value\":\"default\"}"

/* 0: none, 1: there, 2: there and instance-wide. */
static int authorised(const char *policies) {
	const struct service_key key = {.service = {.kind = SERVICE_HPCS, .instance = "inst"}};
	struct direct_link_authorisation out;
	char text[4096];

	snprintf(text, sizeof(text), "{\"policies\":[%s]}", policies);
	cr_assert_eq(direct_link_read_authorisation(text, &key, &out, &error), 0);
	cr_assert(out.is_known);
	cr_assert(out.exists || !out.is_instance_wide);
	return out.exists + out.is_instance_wide;
}

Test(direct_link_read, finds_the_policy_for_this_instance) {
	static const char mine[] = POLICY("directlink", "hs-crypto", INSTANCE("inst"));

	cr_assert_eq(authorised(""), 0);
	cr_assert_eq(authorised(mine), 2);
	cr_assert_eq(authorised(POLICY("directlink", "hs-crypto", "")), 2);
	cr_assert_eq(authorised(POLICY("directlink", "hs-crypto", INSTANCE("other"))), 0);
	cr_assert_eq(authorised(POLICY("toolchain", "hs-crypto", INSTANCE("inst"))), 0);
	cr_assert_eq(authorised(POLICY("directlink", "kms", INSTANCE("inst"))), 0);
	cr_assert_eq(authorised(POLICY("directlink", "hs-crypto", INSTANCE("inst") RING)), 1);
	// a narrow one beside a wide one, in either order
	cr_assert_eq(
		authorised(POLICY("directlink", "hs-crypto", INSTANCE("inst") RING) "," POLICY(
			"directlink", "hs-crypto", INSTANCE("inst")
		)),
		2
	);
	cr_assert_eq(
		authorised(POLICY("directlink", "hs-crypto", INSTANCE("inst")) "," POLICY(
			"directlink", "hs-crypto", INSTANCE("inst") RING
		)),
		2
	);
	char *inactive = with(mine, "\"active\"", "\"deleted\"");
	cr_assert_eq(authorised(inactive), 0);
	free(inactive);
	cr_assert_eq(authorised("7,null,{},[],{\"subjects\":7},{\"resources\":[7]}"), 0);
}

Test(direct_link_read, refuses_lists_of_policies_that_are_none) {
	static const char *const texts[] = {"", "[]", "{}", "{\"policies\":{}}", "null"};
	const struct service_key key = {.service = {.kind = SERVICE_HPCS}};
	struct direct_link_authorisation out;

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		cr_assert_eq(direct_link_read_authorisation(texts[i], &key, &out, &error), -EPROTO);
		cr_assert_not(out.is_known);
	}
}
