/* SPDX-License-Identifier: BSD-3-Clause */
/* A view and its diagnosis; the contract is in diagnosis_bench.h. */
#include "tests/unit/diagnosis_bench.h"

#include "tests/unit/fake_daemon.h"

#include <criterion/criterion.h>

#include <stdio.h>
#include <string.h>

struct link_view *view;
struct config_link *config;
static struct daemon *fake;

void diagnosis_begin(void) {
	fake = fake_daemon_create(1);
	view = fake_link_view(fake, 0);
	config = (struct config_link *)view->config;
	view->recent_ns = 45 * SECOND_NS;
}

void diagnosis_end(void) {
	fake_daemon_destroy(fake);
}

static void assert_has(const char *what, const char *text, const char *part) {
	cr_assert_not_null(strstr(text, part), "%s \"%s\" lacks \"%s\"", what, text, part);
}

void assert_found(const struct finding *expected) {
	struct diagnosis diagnosis;
	char sentence[DIAGNOSIS_SENTENCE_OCTETS];

	diagnosis_make(view, &diagnosis);
	assert_has("finding", diagnosis.finding, expected->finding);
	assert_has("evidence", diagnosis.evidence, expected->evidence);
	assert_has("fix", diagnosis.fix, expected->fix);
	cr_assert_eq(diagnosis.verdict, expected->verdict, "%s", diagnosis.finding);
	diagnosis_sentence(&diagnosis, sentence, sizeof(sentence));
	assert_has("sentence", sentence, diagnosis.verdict == DIAGNOSIS_OK ? "" : diagnosis.fix);
	cr_assert_eq(diagnosis.fix[0] == '\0', diagnosis.verdict == DIAGNOSIS_OK);
}

void assert_all(const struct finding *findings, size_t n) {
	for (size_t i = 0; i < n; i++) {
		findings[i].spoil();
		assert_found(&findings[i]);
	}
}

void assert_well(void (*spoil)(void)) {
	struct diagnosis diagnosis;

	spoil();
	diagnosis_make(view, &diagnosis);
	cr_assert_eq(diagnosis.verdict, DIAGNOSIS_OK, "%s", diagnosis.finding);
}

void refuse(enum mka_refusal why, const char *sentence) {
	view->mka.last_refusal_reason = why;
	view->mka.last_refusal_age_ns = 2 * SECOND_NS;
	view->mka.refused[why] = 14;
	snprintf(view->mka.last_refusal, sizeof(view->mka.last_refusal), "%s", sentence);
}

void forget_refusals(void) {
	view->mka.last_refusal_age_ns = MKA_LIFE_NS;
}

void nothing(void) {
}

void cable_is_out(void) {
	view->line_is_up = false;
}

void peer_wants_no_macsec(void) {
	view->mka.peers[0].desires_macsec = false;
	snprintf(
		view->mka.obstacle, sizeof(view->mka.obstacle),
		"peer 02000000000b0001: does not want MACsec"
	);
}

void chain_has_ended(void) {
	view->keys.next = NULL;
	view->keys.is_over = true;
}

void use_chain(void) {
	static struct config_chain_cak chain[] = {
		{.cak = {.is_set = true, .ckn = {0xcc, 1}, .ckn_octets = 2}},
		{.cak = {.is_set = true, .ckn = {0xcc, 2}, .ckn_octets = 2}},
	};
	struct mka_view *mka = &view->mka;

	config->chain = chain;
	config->n_chain = 2;
	view->keys.next = &chain[1].cak;
	view->keys.reached_s = 3600; // since the start of both
	mka->n_participants = 4;
	for (uint32_t i = 2; i < 4; i++) {
		mka->participants[i] = mka->participants[0];
		mka->participants[i].is_principal = i == 2;
		mka->participants[i].ckn_octets = 2;
		memcpy(mka->participants[i].ckn, chain[i - 2].cak.ckn, CONFIG_CKN_MAX_OCTETS);
	}
	mka->participants[0].is_principal = false;
	mka->participants[3].use = MKA_USE_ACCEPT;
	mka->principal = 2;
}

void a_cak_is_in_use(uint32_t i) {
	view->mka.participants[view->mka.principal].is_principal = false;
	view->mka.participants[i].is_principal = true;
	view->mka.principal = i;
}
