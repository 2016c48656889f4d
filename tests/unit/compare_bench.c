/* SPDX-License-Identifier: BSD-3-Clause */
/* The contract is in compare_bench.h. */
#include "tests/unit/compare_bench.h"

#include <criterion/criterion.h>

#include <stdio.h>
#include <string.h>

struct config_link our_link;
struct compare_ours ours;
struct compare_theirs theirs;
struct verdicts verdicts;

void own_set(uint32_t i, const char *role, const char *ckn, const char *crn) {
	struct compare_cak *cak = &ours.caks[i];

	*cak = (struct compare_cak){.role = role};
	snprintf(cak->ckn, sizeof(cak->ckn), "%s", ckn);
	snprintf(cak->crn, sizeof(cak->crn), "%s", crn);
}

void their_set(uint32_t i, const char *session, const char *name, const char *crn) {
	struct direct_link_cak *cak = &theirs.caks[i];

	*cak = (struct direct_link_cak){.id = "id"};
	snprintf(cak->session, sizeof(cak->session), "%s", session);
	snprintf(cak->name, sizeof(cak->name), "%s", name);
	snprintf(cak->key_crn, sizeof(cak->key_crn), "%s", crn);
	snprintf(cak->status, sizeof(cak->status), "%s", i == 0 ? "active" : "operational");
}

/* Two ends that agree in everything. */
void agree(void) {
	our_link = (struct config_link){
		.name = "dl0",
		.suite = SUITE_GCM_AES_XPN_256,
		.confidentiality = true,
		.policy = POLICY_MUST_SECURE,
		.replay_protect = true,
		.replay_window = 512,
		.key_server_priority = 16,
		.rekey_s = 3600,
	};
	ours = (struct compare_ours){
		.link = &our_link,
		.n_caks = 2,
		.live = {true, true, true, "secured", "aa01"},
	};
	own_set(0, "primary", "AA01", CRN("1"));
	own_set(1, "fallback", "BB02", CRN("2"));
	theirs = (struct compare_theirs){
		.n_caks = 2,
		.macsec =
			{
				.is_active = true,
				.cipher_suite = "gcm_aes_xpn_256",
				.key_server_priority = 255,
				.rekey_mode = "timer",
				.rekey_interval_s = 3600,
				.security_policy = "must_secure",
				.window_size = 512,
				.status = "secured",
			},
	};
	their_set(0, "primary", "aa01", CRN("1"));
	their_set(1, "fallback", "BB02", CRN("2"));
}

void compare(void) {
	verdicts = (struct verdicts){0};
	compare_macsec(&verdicts, &ours, &theirs);
	compare_caks(&verdicts, &ours, &theirs);
	compare_live(&verdicts, &ours, &theirs);
}

const struct verdict_line *line_of(const char *subject) {
	for (uint32_t i = 0; i < verdicts.n; i++)
		if (strcmp(verdicts.lines[i].subject, subject) == 0)
			return &verdicts.lines[i];
	return NULL;
}

/* Exactly one line is other than pass: this one, with a fix in it. */
void expect_one(const char *subject, enum verdict verdict, const char *part) {
	compare();
	const struct verdict_line *line = line_of(subject);

	cr_assert_not_null(line, "%s", subject);
	for (uint32_t i = 0; i < verdicts.n; i++)
		if (verdicts.lines[i].verdict != VERDICT_PASS)
			cr_assert_eq(
				&verdicts.lines[i], line, "%s: %s", verdicts.lines[i].subject,
				verdicts.lines[i].text
			);
	cr_assert_eq(line->verdict, verdict, "%s", line->text);
	cr_assert_not_null(strstr(line->text, part), "%s", line->text);
}
