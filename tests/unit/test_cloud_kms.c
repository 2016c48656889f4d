/* SPDX-License-Identifier: BSD-3-Clause */
/* Whole calls against a scripted server that is IAM and the KMS at once: what is asked in which
 * order, and what becomes of the answers. */
#include "control/cloud/http.h"
#include "control/cloud/kms.h"
#include "control/cloud/payload.h"
#include "control/secret.h"
#include "tests/unit/cloud_server.h"

#include <criterion/criterion.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define ID "66666666-7777-4888-9999-aaaaaaaaaaaa"
#define INSTANCE "11111111-2222-4333-8444-555555555555"
#define ANSWER(status, body) "HTTP/1.1 " status "\r\nConnection: close\r\n\r\n" body
#define TOKEN(name) ANSWER("200 OK", "{\"access_token\":\"" name "\",\"expires_in\":3600}")
#define KEY_BODY(members) \
	"{\"resources\":[{\"id\":\"" ID "\",\"state\":1,\"extractable\":true" members "}]}"
#define THE_KEY \
	"YWJjZGVmMDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWYwMTIzNDU2Nzg5YWJjZGVmMDEyMzQ1Njc4OQ=="
#define UNAUTHORIZED                                                                             \
	ANSWER("401 Unauthorized",                                                               \
	       "{\"resources\":[{\"errorMsg\":\"Unauthorized: The user does not have access to " \
	       "the specified resource\"}]}")

static struct cloud_server server;
static struct service_key key;
static struct kms_key out;
static struct cloud_error error;
static struct kms kms;
static uint8_t *cak;
static char path[] = "/tmp/macsecd-kms-XXXXXX";

static uint64_t no_time(void) {
	return 0;
}

static void begin(void) {
	int fd = mkstemp(path);

	cr_assert_eq(write(fd, "API-KEY+1", 9), 9);
	close(fd);
	cr_assert_eq(http_init(), 0);
	kms = (struct kms){.iam = iam_create(), .now_ms = no_time};
	cak = secret_alloc(PAYLOAD_CAK_OCTETS);
	cr_assert(kms.iam != NULL && cak != NULL);
}

static void end(void) {
	struct secret_usage usage;

	secret_free(cak);
	iam_destroy(kms.iam);
	http_end();
	secret_usage(&usage);
	cr_assert_eq(usage.in_use_octets, 0);
	secret_shutdown();
	unlink(path);
}

TestSuite(cloud_kms, .init = begin, .fini = end, .timeout = 30);

static void serve(const struct cloud_script *script) {
	cloud_server_start(&server, script);
	key = (struct service_key){.id = ID, .service = {.name = "s", .instance = INSTANCE}};
	snprintf(key.service.url, sizeof(key.service.url), "%s/", server.url);
	snprintf(key.service.account.url, sizeof(key.service.account.url), "%s", server.url);
	snprintf(
		key.service.account.credential, sizeof(key.service.account.credential), "%s", path
	);
}

static bool saw(uint32_t i, const char *text) {
	return cloud_server_saw(&server, i, text);
}

Test(cloud_kms, fetching) {
	static const struct cloud_script script[] = {
		{TOKEN("t.1"), CLOUD_CLOSE},
		{ANSWER("200 OK", KEY_BODY(",\"payload\":\"" THE_KEY "\"")), CLOUD_CLOSE},
		{ANSWER("200 OK", KEY_BODY("")), CLOUD_CLOSE},
		{NULL, CLOUD_CLOSE},
	};

	serve(script);
	strcpy(key.ring, "my-ring");
	cr_assert_eq(kms_fetch_cak(&kms, &key, &out, cak, &error), 0, "%s", error.text);
	cr_assert_arr_eq(cak, "\xab\xcd\xef\x01\x23\x45\x67\x89", 8);
	cr_assert_str_eq(out.id, ID);
	cr_assert(saw(0, "POST /identity/token HTTP/1.1\r\n"));
	cr_assert(saw(0, "&apikey=API-KEY%2B1"));
	cr_assert(saw(1, "GET /api/v2/keys/" ID " HTTP/1.1\r\n"));
	cr_assert(saw(1, "\r\nAuthorization: Bearer t.1\r\n"));
	cr_assert(saw(1, "\r\nBluemix-Instance: " INSTANCE "\r\n"));
	cr_assert(saw(1, "\r\nX-Kms-Key-Ring: my-ring\r\n"));
	cr_assert(saw(1, "\r\nAccept: application/json\r\n"));
	/* The token is had already; metadata come without the key. */
	key.ring[0] = '\0';
	cr_assert_eq(kms_look(&kms, &key, &out, &error), 0, "%s", error.text);
	cr_assert(saw(2, "GET /api/v2/keys/" ID "/metadata HTTP/1.1\r\n"));
	cr_assert_not(saw(2, "X-Kms-Key-Ring"));
	cr_assert_eq(server.seen->n, 3);
	cloud_server_stop(&server);
}

Test(cloud_kms, correlation_ids) {
	static const struct cloud_script script[] = {
		{TOKEN("t.1"), CLOUD_CLOSE},
		{ANSWER("404 Not Found", ""), CLOUD_CLOSE},
		{ANSWER("404 Not Found", ""), CLOUD_CLOSE},
		{NULL, CLOUD_CLOSE},
	};
	struct cloud_error first;
	const char *at;

	serve(script);
	cr_assert_eq(kms_look(&kms, &key, &out, &error), -EPROTO);
	at = strstr(server.seen->requests[1], "\r\nCorrelation-Id: ");
	cr_assert_not_null(at);
	cr_assert_eq(strlen(error.correlation), 36);
	cr_assert_eq(strncmp(at + 18, error.correlation, 36), 0, "%s", error.correlation);
	first = error;
	cr_assert(at[18 + 14] == '4' && strchr("89ab", at[18 + 19]) != NULL && at[54] == '\r');
	cr_assert_eq(kms_look(&kms, &key, &out, &error), -EPROTO);
	cr_assert_neq(
		strncmp(at + 18, strstr(server.seen->requests[2], "Correlation-Id: ") + 16, 36), 0
	);
	cr_assert_str_neq(error.correlation, first.correlation);
	cr_assert_str_eq(error.text, first.text);
	cloud_server_stop(&server);
}

Test(cloud_kms, one_fresh_token_and_one_more_try) {
	static const struct cloud_script script[] = {
		{TOKEN("t.1"), CLOUD_CLOSE}, {UNAUTHORIZED, CLOUD_CLOSE},
		{TOKEN("t.2"), CLOUD_CLOSE}, {ANSWER("200 OK", KEY_BODY("")), CLOUD_CLOSE},
		{NULL, CLOUD_CLOSE},
	};

	serve(script);
	cr_assert_eq(kms_look(&kms, &key, &out, &error), 0, "%s", error.text);
	cr_assert(saw(1, "Bearer t.1\r\n") && saw(3, "Bearer t.2\r\n"));
	cr_assert_eq(server.seen->n, 4);
	cloud_server_stop(&server);
}

Test(cloud_kms, refused_for_good) {
	static const struct cloud_script script[] = {
		{TOKEN("t.1"), CLOUD_CLOSE}, {UNAUTHORIZED, CLOUD_CLOSE},
		{TOKEN("t.2"), CLOUD_CLOSE}, {UNAUTHORIZED, CLOUD_CLOSE},
		{TOKEN("t.3"), CLOUD_CLOSE}, {NULL, CLOUD_CLOSE},
	};

	serve(script);
	cr_assert_eq(kms_fetch_cak(&kms, &key, &out, cak, &error), -EPROTO);
	cr_assert(error.verdict == CLOUD_FINAL && error.http_status == 401);
	cr_assert_not_null(strstr(error.text, "ReaderPlus"), "%s", error.text);
	cr_assert_eq(server.seen->n, 4);
	cloud_server_stop(&server);
}

Test(cloud_kms, an_expired_token_said_as_400) {
	static const struct cloud_script script[] = {
		{TOKEN("t.1"), CLOUD_CLOSE},
		{ANSWER("400 Bad Request", "Bad Request: Token is expired"), CLOUD_CLOSE},
		{TOKEN("t.2"), CLOUD_CLOSE},
		{ANSWER("200 OK", KEY_BODY("")), CLOUD_CLOSE},
		{NULL, CLOUD_CLOSE},
	};

	serve(script);
	cr_assert_eq(kms_look(&kms, &key, &out, &error), 0, "%s", error.text);
	cloud_server_stop(&server);
}

Test(cloud_kms, one_request_when_it_fails_otherwise) {
	static const struct cloud_script script[] = {
		{TOKEN("t.1"), CLOUD_CLOSE},
		{ANSWER("503 Down\r\nRetry-After: 9", ""), CLOUD_CLOSE},
		{"", CLOUD_RESET},
		{NULL, CLOUD_CLOSE},
	};

	serve(script);
	cr_assert_eq(kms_look(&kms, &key, &out, &error), -EAGAIN);
	cr_assert(error.verdict == CLOUD_TRANSIENT && error.retry_after_s == 9);
	cr_assert_eq(server.seen->n, 2);
	cr_assert_eq(kms_look(&kms, &key, &out, &error), -EAGAIN);
	cr_assert(error.verdict == CLOUD_TRANSIENT && error.http_status == 0);
	cr_assert_eq(server.seen->n, 3);
	cloud_server_stop(&server);
}

Test(cloud_kms, iam_refuses) {
	static const struct cloud_script script[] = {
		{ANSWER("400 Bad Request", "{\"errorCode\":\"BXNIM0415E\",\"errorMessage\":"
					   "\"Provided API key could not be found.\"}"),
		 CLOUD_CLOSE},
		{NULL, CLOUD_CLOSE},
	};

	serve(script);
	cr_assert_eq(kms_look(&kms, &key, &out, &error), -EPROTO);
	cr_assert_str_eq(error.code, "BXNIM0415E");
	cr_assert_not_null(strstr(error.text, path), "%s", error.text);
	cloud_server_stop(&server);
}

static void fetch_fails(const char *answer, const char *fragment) {
	static const uint8_t zeroes[PAYLOAD_CAK_OCTETS];
	const struct cloud_script script[] = {
		{TOKEN("t.1"), CLOUD_CLOSE}, {answer, CLOUD_CLOSE}, {NULL, CLOUD_CLOSE}};

	serve(script);
	memset(cak, 0xee, PAYLOAD_CAK_OCTETS);
	cr_assert_eq(kms_fetch_cak(&kms, &key, &out, cak, &error), -EPROTO);
	cr_assert_not_null(strstr(error.text, fragment), "%s", error.text);
	cr_assert_null(strstr(error.text, "YWJj"));
	cr_assert_arr_eq(cak, zeroes, sizeof(zeroes));
	cloud_server_stop(&server);
}

Test(cloud_kms, keys_that_are_no_caks) {
	fetch_fails(ANSWER("200 OK", KEY_BODY("")), "without its material");
	fetch_fails(ANSWER("200 OK", KEY_BODY(",\"payload\":\"YWJj\"")), "another length");
	fetch_fails(
		ANSWER("200 OK", KEY_BODY(",\"deleted\":true,\"payload\":\"" THE_KEY "\"")),
		"deleted"
	);
	fetch_fails(
		ANSWER("200 OK",
		       KEY_BODY(
			       ",\"expirationDate\":\"2020-01-01T00:00:00Z\",\"payload\":\"" THE_KEY
			       "\""
		       )),
		"expired at 2020"
	);
}

Test(cloud_kms, secrets) {
	static const struct cloud_script script[] = {
		{TOKEN("t.1"), CLOUD_CLOSE},
		{ANSWER("200 OK",
			"{\"id\":\"" ID "\",\"state\":1,\"secret_type\":\"arbitrary\",\"payload\":"
			"\"abcdef0123456789abcdef0123456789abcdef0123456789abcdef0123456789\"}"),
		 CLOUD_CLOSE},
		{ANSWER("200 OK", "{\"id\":\"" ID "\",\"state\":1,\"secret_type\":\"arbitrary\"}"),
		 CLOUD_CLOSE},
		{NULL, CLOUD_CLOSE},
	};

	serve(script);
	key.service.kind = SERVICE_SECRETS_MANAGER;
	cr_assert_eq(kms_fetch_cak(&kms, &key, &out, cak, &error), 0, "%s", error.text);
	cr_assert(saw(1, "GET /api/v2/secrets/" ID " HTTP/1.1\r\n"));
	cr_assert_not(saw(1, "Bluemix-Instance"));
	cr_assert_eq(kms_look(&kms, &key, &out, &error), 0, "%s", error.text);
	cr_assert(saw(2, "GET /api/v2/secrets/" ID "/metadata HTTP/1.1\r\n"));
	cloud_server_stop(&server);
}

Test(cloud_kms, importing) {
	static const struct cloud_script script[] = {
		{TOKEN("t.1"), CLOUD_CLOSE},
		{ANSWER("201 Created", "{\"resources\":[{\"id\":\"" ID "\"}]}"), CLOUD_CLOSE},
		{ANSWER("201 Created", "{\"id\":\"" ID "\"}"), CLOUD_CLOSE},
		{NULL, CLOUD_CLOSE},
	};

	serve(script);
	cr_assert_eq(
		kms_import(&kms, &key, "dl \"1\"", THE_KEY, &out, &error), 0, "%s", error.text
	);
	cr_assert_str_eq(out.id, ID);
	cr_assert(saw(1, "POST /api/v2/keys HTTP/1.1\r\n"));
	cr_assert(saw(1, "\r\nContent-Type: application/vnd.ibm.kms.key+json\r\n"));
	cr_assert(saw(1, "\r\nPrefer: return=minimal\r\n"));
	cr_assert(saw(
		1, "\"name\":\"dl \\\"1\\\"\",\"extractable\":true,\"payload\":\"" THE_KEY "\"}]}"
	));
	key.service.kind = SERVICE_SECRETS_MANAGER;
	cr_assert_eq(kms_import(&kms, &key, "dl", THE_KEY, &out, &error), 0, "%s", error.text);
	cr_assert(saw(2, "POST /api/v2/secrets HTTP/1.1\r\n"));
	cr_assert(saw(2, "{\"secret_type\":\"arbitrary\",\"name\":\"dl\",\"payload\":\"" THE_KEY));
	cloud_server_stop(&server);
}

/* Nothing goes out with a text in it that could lead elsewhere. */
Test(cloud_kms, hostile_references) {
	static const struct cloud_script script[] = {
		{TOKEN("t.1"), CLOUD_CLOSE}, {NULL, CLOUD_CLOSE}};
	static const char *const ids[] = {"",      "../keys", "a/b",    "a?b",
					  "a%2fb", "a b",     "a\r\nb", "."};

	serve(script);
	for (size_t i = 0; i < sizeof(ids) / sizeof(ids[0]); i++) {
		strcpy(key.id, ids[i]);
		cr_assert_eq(kms_look(&kms, &key, &out, &error), -EPROTO, "%s", ids[i]);
		strcpy(key.id, ID);
		strcpy(key.service.instance, ids[i]);
		cr_assert_eq(kms_look(&kms, &key, &out, &error), -EPROTO, "%s", ids[i]);
		strcpy(key.service.instance, INSTANCE);
		strcpy(key.ring, i == 0 ? "/" : ids[i]);
		cr_assert_eq(kms_look(&kms, &key, &out, &error), -EPROTO, "%s", ids[i]);
		key.ring[0] = '\0';
	}
	key.service.url[0] = '\0';
	cr_assert_eq(kms_look(&kms, &key, &out, &error), -EPROTO);
	cr_assert_eq(kms_import(&kms, &key, "x", THE_KEY, &out, &error), -EPROTO);
	cr_assert_eq(kms_import(&kms, &key, "x\ny", THE_KEY, &out, &error), -EPROTO);
	cr_assert_eq(server.seen->n, 0);
	cloud_server_stop(&server);
}

Test(cloud_kms, vpc_instance) {
	static const struct cloud_script script[] = {
		{TOKEN("identity.1"), CLOUD_CLOSE},
		{TOKEN("t.1"), CLOUD_CLOSE},
		{ANSWER("200 OK", KEY_BODY("")), CLOUD_CLOSE},
		{NULL, CLOUD_CLOSE},
	};

	serve(script);
	key.service.account.grant = IAM_VPC_INSTANCE;
	strcpy(key.service.account.profile, "Profile-0");
	strcpy(key.service.account.metadata_url, server.url);
	cr_assert_eq(kms_look(&kms, &key, &out, &error), 0, "%s", error.text);
	cr_assert(saw(0, "PUT /instance_identity/v1/token?version=2022-03-01 HTTP/1.1\r\n"));
	cr_assert(saw(0, "\r\nMetadata-Flavor: ibm\r\n"));
	cr_assert(saw(0, "{\"expires_in\":300}"));
	cr_assert(saw(1, "POST /instance_identity/v1/iam_token?version=2022-03-01 HTTP/1.1\r\n"));
	cr_assert(saw(1, "\r\nAuthorization: Bearer identity.1\r\n"));
	cr_assert(saw(1, "{\"trusted_profile\":{\"id\":\"Profile-0\"}}"));
	cr_assert(saw(2, "Bearer t.1\r\n"));
	cloud_server_stop(&server);
}
