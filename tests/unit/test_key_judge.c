/* SPDX-License-Identifier: BSD-3-Clause */
/* What is said about a stored key. */
#include "control/ctl/key_judge.h"
#include "control/secret.h"

#include <criterion/criterion.h>

#include <string.h>

#define WALL 1800000000

static const struct key_subject plain = {""};
static struct service_key key;
static struct kms_key stored;
static struct verdicts verdicts;

static void good(void) {
	key = (struct service_key){.id = "id", .service.kind = SERVICE_HPCS};
	stored = (struct kms_key){.id = "id", .state = KMS_ACTIVE, .is_extractable = true};
	verdicts = (struct verdicts){0};
}

TestSuite(key_judge, .init = good);

static void expect(const char *subject, enum verdict verdict, const char *part) {
	uint32_t n = 0;

	verdicts = (struct verdicts){0};
	key_judge_stored(&verdicts, &plain, &key, &stored, WALL);
	for (uint32_t i = 0; i < verdicts.n; i++) {
		const struct verdict_line *line = &verdicts.lines[i];

		if (strcmp(line->subject, subject) != 0) {
			cr_assert_eq(
				line->verdict, VERDICT_PASS, "%s: %s", line->subject, line->text
			);
			continue;
		}
		n++;
		cr_assert_eq(line->verdict, verdict, "%s", line->text);
		cr_assert_not_null(strstr(line->text, part), "%s", line->text);
	}
	cr_assert_eq(n, 1);
}

Test(key_judge, passes_a_good_key) {
	expect("state", VERDICT_PASS, "active");
	cr_assert_eq(verdicts.n, 4);
}

Test(key_judge, knows_every_state) {
	static const enum kms_state states[] = {
		KMS_PRE_ACTIVE, KMS_SUSPENDED, KMS_DEACTIVATED, KMS_DESTROYED, (enum kms_state)4};
	static const char *const parts[] = {
		"not active yet", "suspended", "deactivated", "deleted", "4"};

	for (size_t i = 0; i < sizeof(states) / sizeof(states[0]); i++) {
		stored.state = states[i];
		expect("state", VERDICT_FAIL, parts[i]);
	}
	stored.state = KMS_ACTIVE;
	stored.is_deleted = true;
	expect("state", VERDICT_FAIL, "restore it");
}

Test(key_judge, warns_of_an_expiry_thirty_days_before) {
	stored.expires_s = WALL + KEY_JUDGE_SOON_S;
	expect("expiry", VERDICT_PASS, "2027-02-14T08:00:00Z");
	stored.expires_s--;
	expect("expiry", VERDICT_WARN, "in 29 days");
	stored.expires_s = WALL + 1;
	expect("expiry", VERDICT_WARN, "in 0 days");
	stored.expires_s = WALL;
	expect("expiry", VERDICT_FAIL, "expired at 2027-01-15T08:00:00Z");
}

Test(key_judge, finds_root_keys_aliases_and_the_service_that_direct_link_does_not_read) {
	stored.is_extractable = false;
	expect("extractable", VERDICT_FAIL, "key import");
	good();
	memcpy(key.id, "alias", sizeof("alias"));
	expect("key", VERDICT_WARN, "alias is an alias of id");
	good();
	key.service.kind = SERVICE_KEY_PROTECT;
	expect("service", VERDICT_WARN, "not from Key Protect");
}

Test(key_judge, explains_payloads_and_warns_of_padding) {
	uint8_t *cak = secret_alloc(PAYLOAD_CAK_OCTETS);

	for (enum payload_fault fault = PAYLOAD_MISSING; fault <= PAYLOAD_ALL_ZERO; fault++) {
		good();
		key_judge_payload(&verdicts, &plain, &key, fault, cak);
		cr_assert_eq(verdicts.n, 1);
		cr_assert_eq(verdicts.lines[0].verdict, VERDICT_FAIL);
		cr_assert_str_eq(verdicts.lines[0].text, payload_fault_text(fault));
	}
	memset(cak, 0x11, PAYLOAD_CAK_OCTETS / 2);
	good();
	key_judge_payload(&verdicts, &plain, &key, PAYLOAD_GOOD, cak);
	cr_assert_eq(verdicts.n, 2);
	cr_assert_eq(verdicts.lines[1].verdict, VERDICT_WARN);
	cak[PAYLOAD_CAK_OCTETS - 1] = 1; // one octet makes it a key of 256 bits
	good();
	key_judge_payload(&verdicts, &plain, &key, PAYLOAD_GOOD, cak);
	cr_assert_eq(verdicts.n, 1);
	cr_assert_eq(verdicts.lines[0].verdict, VERDICT_PASS);
	secret_free(cak);
	secret_shutdown();
}

Test(key_judge, sorts_failures_by_who_is_to_act) {
	static const struct {
		struct cloud_error error;
		const char *subject;
	} cases[] = {
		{{.verdict = CLOUD_TRANSIENT, .http_status = 503}, "primary reachable"},
		{{.verdict = CLOUD_LATER, .http_status = 409}, "primary reachable"},
		{{.verdict = CLOUD_FINAL, .http_status = 401}, "primary role"},
		{{.verdict = CLOUD_FINAL, .http_status = 403}, "primary role"},
		{{.verdict = CLOUD_FINAL, .http_status = 404}, "primary key"},
		{{.verdict = CLOUD_FINAL}, "primary connection"},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		good();
		key_judge_failure(&verdicts, &(struct key_subject){"primary "}, &cases[i].error);
		cr_assert_str_eq(verdicts.lines[0].subject, cases[i].subject);
		cr_assert_eq(verdicts.lines[0].verdict, VERDICT_FAIL);
	}
}
