/* SPDX-License-Identifier: BSD-3-Clause */
/* Keys and secrets in JSON: read as the facts have them, and refused in any other shape. */
#include "control/cloud/kms_read.h"
#include "control/secret.h"

#include <criterion/criterion.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ID "66666666-7777-4888-9999-aaaaaaaaaaaa"
#define KEY_HEAD                                                                  \
	"{\"metadata\":{\"collectionType\":\"application/vnd.ibm.kms.key+json\"," \
	"\"collectionTotal\":1},\"resources\":[{"
#define MUST "\"id\":\"" ID "\",\"state\":1,\"extractable\":true"
#define KEY(members) KEY_HEAD MUST members "}]}"
#define SECRET_MUST "\"id\":\"" ID "\",\"state\":1,\"secret_type\":\"arbitrary\""
#define SECRET(members) "{" SECRET_MUST members "}"
#define THE_KEY "MDAxMTIyMzM0NDU1NjY3Nzg4OTlhYWJiY2NkZGVlZmYw"

typedef int
reader(const char *json, size_t octets, const struct kms_expect *expect, struct kms_key *out,
       char **payload, struct cloud_error *error);

static struct kms_key key;
static struct cloud_error error;
static char *payload;

static int read_as(reader *read, const char *json, const char *id) {
	struct kms_expect expect = {.id = id};

	secret_free(payload);
	memset(&key, 0xee, sizeof(key));
	memset(&error, 0xee, sizeof(error));
	return read(json, strlen(json), &expect, &key, &payload, &error);
}

static void refuse_as(reader *read, const char *json, int result, const char *fragment) {
	static const struct kms_key empty;

	cr_assert_eq(read_as(read, json, ID), result, "%s: %s", json, error.text);
	cr_assert_not_null(strstr(error.text, fragment), "%s: %s", json, error.text);
	cr_assert_null(strstr(error.text, "MDAxMTIy"), "%s", error.text);
	cr_assert_arr_eq(&key, &empty, sizeof(key));
	cr_assert_null(payload);
}

static void end(void) {
	struct secret_usage usage;

	secret_free(payload);
	secret_usage(&usage);
	cr_assert_eq(usage.in_use_octets, 0);
	secret_shutdown();
}

TestSuite(cloud_kms_read, .fini = end);

Test(cloud_kms_read, a_whole_key) {
	const char *json = KEY(
		",\"type\":\"application/vnd.ibm.kms.key+json\",\"name\":\"dl-macsec-primary\","
		"\"aliases\":[\"dl-primary\"],\"description\":\"d\",\"tags\":[],"
		"\"imported\":true,\"crn\":\"crn:v1:bluemix:public:hs-crypto:us-south:a/0:1:key:" ID
		"\",\"keyRingID\":\"default\",\"creationDate\":\"2026-01-02T03:04:05Z\","
		"\"lastUpdateDate\":\"2026-01-02T03:04:05Z\","
		"\"expirationDate\":\"2027-01-01T00:00:00.123Z\",\"algorithmType\":\"Deprecated\","
		"\"algorithmMetadata\":{\"bitLength\":\"256\",\"mode\":\"CBC_PAD\"},"
		"\"dualAuthDelete\":{\"enabled\":false},\"deleted\":false,\"payload\":\"" THE_KEY
		"\""
	);

	cr_assert_eq(read_as(kms_read_key, json, ID), 0, "%s", error.text);
	cr_assert_str_eq(key.id, ID);
	cr_assert_str_eq(key.version, "");
	cr_assert_eq(strncmp(key.crn, "crn:v1:", 7), 0);
	cr_assert(key.state == KMS_ACTIVE && key.is_extractable && !key.is_deleted);
	cr_assert_eq(key.expires_s, 1798761600);
	cr_assert_not(key.is_set_for_deletion);
	cr_assert_str_eq(payload, THE_KEY);
}

Test(cloud_kms_read, the_least) {
	cr_assert_eq(read_as(kms_read_key, KEY(""), ID), 0, "%s", error.text);
	cr_assert(payload == NULL && key.expires_s == 0);
	cr_assert_eq(read_as(kms_read_key, KEY(",\"payload\":\"\""), ID), 0);
	cr_assert(payload == NULL);
	cr_assert_eq(read_as(kms_read_key, KEY(",\"name\":null,\"payload\":null"), ID), 0);
	cr_assert_eq(read_as(kms_read_key, " \r\n" KEY("") "\n", ID), 0);
}

Test(cloud_kms_read, an_alias_may_lead_anywhere) {
	cr_assert_eq(read_as(kms_read_key, KEY(""), "dl-primary"), 0);
	cr_assert_str_eq(key.id, ID);
	cr_assert_eq(read_as(kms_read_key, KEY(""), "66666666-7777-4888-9999-AAAAAAAAAAAA"), 0);
	cr_assert_eq(
		read_as(kms_read_key, KEY(""), "76666666-7777-4888-9999-aaaaaaaaaaaa"), -EPROTO
	);
	cr_assert_not_null(strstr(error.text, "the answer is about"));
}

Test(cloud_kms_read, not_json) {
	static const char *const texts[] = {
		"",
		"<html>gateway</html>",
		"{",
		KEY_HEAD MUST "}]",
		KEY("") "x",
		KEY("") KEY(""),
		KEY(",\"name\":\"\xff\""),
		KEY(",\"name\":\"\xc3\""),
		KEY(",\"name\":\"a\\u0000b\""),
		KEY(",\"name\":\"a\nb\""),
		KEY(",\"name\":'a'"),
	};

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		refuse_as(kms_read_key, texts[i], -EAGAIN, "not JSON");
		cr_assert_eq(error.verdict, CLOUD_TRANSIENT);
	}
}

Test(cloud_kms_read, octets_behind_a_terminator) {
	char json[] = KEY("") "\0" KEY("");
	struct kms_expect expect = {.id = ID};

	cr_assert_eq(
		kms_read_key(json, sizeof(json) - 1, &expect, &key, &payload, &error), -EAGAIN
	);
}

Test(cloud_kms_read, other_shapes) {
	static const char *const texts[] = {
		"[]",
		"{}",
		"1",
		"\"x\"",
		"null",
		"{\"resources\":null}",
		"{\"resources\":{}}",
		"{\"resources\":[]}",
		"{\"resources\":[1]}",
		"{\"resources\":[null]}",
		KEY_HEAD MUST "},{" MUST "}]}",
		"{\"resources\":[{" MUST "}],\"resources\":[{" MUST "}]}",
		"{\"metadata\":{\"collectionTotal\":0}}",
	};

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		refuse_as(kms_read_key, texts[i], -EPROTO, "\"resources\"");
		cr_assert_eq(error.verdict, CLOUD_FINAL);
	}
}

/* A member, what is wrong with it, and that it is named. */
Test(cloud_kms_read, wrong_members) {
	static const char *const rows[][2] = {
		{KEY_HEAD "\"state\":1,\"extractable\":true}]}", "\"id\""},
		{KEY_HEAD "\"id\":7,\"state\":1,\"extractable\":true}]}", "\"id\""},
		{KEY_HEAD "\"id\":\"a/b\",\"state\":1,\"extractable\":true}]}", "\"id\""},
		{KEY_HEAD "\"id\":\"\",\"state\":1,\"extractable\":true}]}", "\"id\""},
		{KEY_HEAD "\"id\":\"" ID "\",\"extractable\":true}]}", "\"state\""},
		{KEY_HEAD "\"id\":\"" ID "\",\"state\":\"1\",\"extractable\":true}]}", "\"state\""},
		{KEY_HEAD "\"id\":\"" ID "\",\"state\":1.5,\"extractable\":true}]}", "\"state\""},
		{KEY_HEAD "\"id\":\"" ID "\",\"state\":-1,\"extractable\":true}]}", "\"state\""},
		{KEY_HEAD "\"id\":\"" ID "\",\"state\":6,\"extractable\":true}]}", "\"state\""},
		{KEY_HEAD "\"id\":\"" ID "\",\"state\":1e300,\"extractable\":true}]}", "\"state\""},
		{KEY_HEAD "\"id\":\"" ID "\",\"state\":1}]}", "\"extractable\""},
		{KEY_HEAD "\"id\":\"" ID "\",\"state\":1,\"extractable\":\"true\"}]}",
		 "\"extractable\""},
		{KEY_HEAD "\"id\":\"" ID "\",\"state\":1,\"extractable\":1}]}", "\"extractable\""},
		{KEY(",\"id\":\"" ID "\""), "\"id\""},
		{KEY(",\"extractable\":false"), "\"extractable\""},
		{KEY(",\"crn\":[]"), "\"crn\""},
		{KEY(",\"crn\":\"a\\nb\""), "\"crn\""},
		{KEY(",\"crn\":\"a\\u007fb\""), "\"crn\""},
		{KEY(",\"crn\":1"), "\"crn\""},
		{KEY(",\"deleted\":\"no\""), "\"deleted\""},
		{KEY(",\"deleted\":0"), "\"deleted\""},
		{KEY(",\"expirationDate\":1767323045"), "\"expirationDate\""},
		{KEY(",\"expirationDate\":\"tomorrow\""), "\"expirationDate\""},
		{KEY(",\"expirationDate\":\"2026-02-30T00:00:00Z\""), "\"expirationDate\""},
		{KEY(",\"expirationDate\":\"2026-01-01T00:00:00.Z\""), "\"expirationDate\""},
		{KEY(",\"expirationDate\":\"2026-01-01T00:00:00.5\""), "\"expirationDate\""},
		{KEY(",\"payload\":7"), "\"payload\""},
		{KEY(",\"payload\":[\"" THE_KEY "\"]"), "\"payload\""},
		{KEY(",\"payload\":\"" THE_KEY "\",\"payload\":\"" THE_KEY "\""), "\"payload\""},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		refuse_as(kms_read_key, rows[i][0], -EPROTO, rows[i][1]);
}

Test(cloud_kms_read, too_long_members) {
	static const char *const names[] = {"crn", "expirationDate"};
	char json[4096];

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		snprintf(json, sizeof(json), KEY_HEAD MUST ",\"%s\":\"%0600d\"}]}", names[i], 1);
		refuse_as(kms_read_key, json, -EPROTO, names[i]);
	}
}

/* A thousand levels, a hundred thousand members: refused or read, soon, and never on the stack. */
Test(cloud_kms_read, deep_and_wide, .timeout = 20) {
	const size_t room = 1024 * 1024;
	char *json = malloc(room), *at = json;

	cr_assert_not_null(json);
	memset(json, '[', room - 1);
	json[room - 1] = '\0';
	refuse_as(kms_read_key, json, -EAGAIN, "not JSON");
	at += sprintf(at, KEY_HEAD MUST);
	while (at < json + room - 32)
		at += sprintf(at, ",\"x\":1");
	strcpy(at, "}]}");
	cr_assert_eq(read_as(kms_read_key, json, ID), 0, "%s", error.text);
	free(json);
}

Test(cloud_kms_read, a_new_key_may_say_little) {
	struct kms_expect expect = {.id = "", .is_minimal = true};
	const char *json = KEY_HEAD "\"id\":\"" ID "\"}]}";

	cr_assert_eq(kms_read_key(json, strlen(json), &expect, &key, NULL, &error), 0);
	cr_assert(key.state == KMS_ACTIVE && key.is_extractable);
	json = "{\"id\":\"" ID "\"}";
	cr_assert_eq(kms_read_secret(json, strlen(json), &expect, &key, NULL, &error), 0);
	json = KEY_HEAD "\"state\":1}]}";
	cr_assert_eq(kms_read_key(json, strlen(json), &expect, &key, NULL, &error), -EPROTO);
}

Test(cloud_kms_read, the_payload_may_not_be_wanted) {
	struct kms_expect expect = {.id = ID};
	const char *json = KEY(",\"payload\":\"" THE_KEY "\"");

	cr_assert_eq(kms_read_key(json, strlen(json), &expect, &key, NULL, &error), 0);
}

/* What nobody needs makes no key unusable, whatever it is like. */
Test(cloud_kms_read, members_of_no_use) {
	static const char *const members[] = {
		"name", "keyRingID", "secret_group_id", "description"};
	char json[4096];

	for (size_t i = 0; i < sizeof(members) / sizeof(members[0]); i++) {
		snprintf(json, sizeof(json), KEY(",\"%s\":\"%0600d\""), members[i], 1);
		cr_assert_eq(read_as(kms_read_key, json, ID), 0, "%s", error.text);
		snprintf(json, sizeof(json), KEY(",\"%s\":[7]"), members[i]);
		cr_assert_eq(read_as(kms_read_key, json, ID), 0, "%s", error.text);
		snprintf(json, sizeof(json), SECRET(",\"%s\":\"%0600d\""), members[i], 1);
		cr_assert_eq(read_as(kms_read_secret, json, ID), 0, "%s", error.text);
	}
}

Test(cloud_kms_read, a_day_that_never_comes) {
	static const char *const never[] = {
		"9999-12-31T23:59:59Z", "9999-12-31T00:00:00.000Z", "2200-01-01T00:00:00Z",
		"2400-02-29T00:00:00Z"};
	static const char *const wrong[] = {
		"9999-13-31T00:00:00Z", "9999-12-31", "1969-12-31T00:00:00Z",
		"99999-12-31T00:00:00Z", "9999-12-31T24:00:00Z"};
	char json[4096];

	for (size_t i = 0; i < sizeof(never) / sizeof(never[0]); i++) {
		snprintf(json, sizeof(json), KEY(",\"expirationDate\":\"%s\""), never[i]);
		cr_assert_eq(read_as(kms_read_key, json, ID), 0, "%s", error.text);
		cr_assert_eq(key.expires_s, 0);
		snprintf(json, sizeof(json), SECRET(",\"expiration_date\":\"%s\""), never[i]);
		cr_assert_eq(read_as(kms_read_secret, json, ID), 0, "%s", error.text);
		cr_assert_eq(key.expires_s, 0);
	}
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		snprintf(json, sizeof(json), KEY(",\"expirationDate\":\"%s\""), wrong[i]);
		refuse_as(kms_read_key, json, -EPROTO, "expirationDate");
	}
	cr_assert_eq(
		read_as(kms_read_key, KEY(",\"expirationDate\":\"2199-12-31T23:59:59Z\""), ID), 0
	);
	cr_assert_eq(key.expires_s, 7258118399);
}

Test(cloud_kms_read, a_key_that_is_set_for_deletion) {
	static const char *const unclear[] = {"7", "[]", "{\"keySetForDeletion\":1}", "null"};
	char json[1024];

	cr_assert_eq(
		read_as(kms_read_key,
			KEY(",\"dualAuthDelete\":{\"enabled\":true,\"keySetForDeletion\":true,"
			    "\"authExpiration\":\"2027-01-01T00:00:00.5Z\"}"),
			ID),
		0, "%s", error.text
	);
	cr_assert(key.is_set_for_deletion);
	cr_assert_eq(key.deletion_ends_s, 1798761600);
	cr_assert_eq(
		read_as(kms_read_key,
			KEY(",\"dualAuthDelete\":{\"keySetForDeletion\":true,"
			    "\"authExpiration\":\"soon\"}"),
			ID),
		0, "%s", error.text
	);
	cr_assert(key.is_set_for_deletion && key.deletion_ends_s == 0);
	for (size_t i = 0; i < sizeof(unclear) / sizeof(unclear[0]); i++) {
		snprintf(json, sizeof(json), KEY(",\"dualAuthDelete\":%s"), unclear[i]);
		cr_assert_eq(read_as(kms_read_key, json, ID), 0, "%s", error.text);
		cr_assert_not(key.is_set_for_deletion);
	}
}

Test(cloud_kms_read, a_whole_secret) {
	const char *json = SECRET(
		",\"name\":\"dl\",\"crn\":\"crn:x\",\"secret_group_id\":\"default\","
		"\"state_description\":\"active\",\"created_at\":\"2026-01-02T03:04:05Z\","
		"\"updated_at\":\"2026-01-02T03:04:05.5Z\",\"versions_total\":3,"
		"\"labels\":[],\"expiration_date\":\"2027-01-01T00:00:00Z\",\"payload\":\"" THE_KEY
		"\""
	);

	cr_assert_eq(read_as(kms_read_secret, json, ID), 0, "%s", error.text);
	cr_assert_str_eq(key.version, "3");
	cr_assert(key.is_extractable && key.state == KMS_ACTIVE);
	cr_assert_eq(key.expires_s, 1798761600);
	cr_assert_str_eq(payload, THE_KEY);
}

Test(cloud_kms_read, wrong_secrets) {
	refuse_as(kms_read_secret, "[]", -EPROTO, "\"id\"");
	refuse_as(
		kms_read_secret, "{\"id\":\"" ID "\",\"state\":1,\"secret_type\":\"kv\"}", -EPROTO,
		"\"secret_type\""
	);
	refuse_as(kms_read_secret, "{\"id\":\"" ID "\",\"state\":1}", -EPROTO, "\"secret_type\"");
	refuse_as(kms_read_secret, SECRET(",\"payload\":{\"a\":1}"), -EPROTO, "\"payload\"");
	refuse_as(kms_read_secret, SECRET(",\"versions_total\":\"3\""), -EPROTO, "versions_total");
	refuse_as(kms_read_secret, SECRET(",\"versions_total\":-1"), -EPROTO, "versions_total");
	refuse_as(kms_read_secret, "", -EAGAIN, "not JSON");
	cr_assert_eq(
		read_as(kms_read_secret,
			"{\"id\":\"" ID "\",\"state\":5,\"secret_type\":\"arbitrary\"}", ID),
		0
	);
	cr_assert(key.is_deleted);
}

static void judge(struct kms_key judged, const char *fragment) {
	memcpy(judged.id, ID, sizeof(ID));
	if (fragment == NULL) {
		cr_assert_eq(kms_judge(&judged, 1000, &error), 0);
		return;
	}
	cr_assert_eq(kms_judge(&judged, 1000, &error), -EPROTO, "%s", fragment);
	cr_assert_eq(error.verdict, CLOUD_FINAL);
	cr_assert_not_null(strstr(error.text, fragment), "%s", error.text);
	cr_assert_not_null(strstr(error.text, ID));
}

Test(cloud_kms_read, judgement) {
	judge((struct kms_key){.state = KMS_ACTIVE, .is_extractable = true}, NULL);
	judge((struct kms_key){.state = KMS_ACTIVE, .is_extractable = true, .expires_s = 1001},
	      NULL);
	judge((struct kms_key){.state = KMS_ACTIVE, .is_extractable = true, .expires_s = 1000},
	      "expired at 1970-01-01T00:16:40Z");
	judge((struct kms_key){.state = KMS_ACTIVE}, "root key");
	judge((struct kms_key){.state = KMS_ACTIVE, .is_extractable = true, .is_deleted = true},
	      "deleted");
	judge((struct kms_key){.state = KMS_PRE_ACTIVE, .is_extractable = true}, "not active yet");
	judge((struct kms_key){.state = KMS_SUSPENDED, .is_extractable = true}, "suspended");
	judge((struct kms_key){.state = KMS_DEACTIVATED, .is_extractable = true}, "deactivated");
	judge((struct kms_key){.state = (enum kms_state)4, .is_extractable = true}, "state 4");
	judge((struct kms_key){.state = KMS_DESTROYED, .is_extractable = true}, "deleted");
}
