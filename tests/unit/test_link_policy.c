/* SPDX-License-Identifier: BSD-3-Clause */
/* What policy and on-failure make of each state of the agreement. */
#include "control/link_policy.h"

#include <criterion/criterion.h>

#include <string.h>

struct policy {
	enum config_policy policy;
	enum config_failure on_failure;
	bool was_secured;
	enum link_state without_sak; // in INIT, PENDING and FAILED
};

static const struct policy policies[] = {
	{POLICY_MUST_SECURE, FAILURE_DROP, false, LINK_NEGOTIATING},
	{POLICY_MUST_SECURE, FAILURE_DROP, true, LINK_NEGOTIATING},
	{POLICY_MUST_SECURE, FAILURE_KEEP_LAST_SAK, false, LINK_NEGOTIATING},
	{POLICY_MUST_SECURE, FAILURE_KEEP_LAST_SAK, true, LINK_NEGOTIATING},
	// refused by the configuration, and harmless all the same
	{POLICY_MUST_SECURE, FAILURE_ALLOW, false, LINK_NEGOTIATING},
	{POLICY_MUST_SECURE, FAILURE_ALLOW, true, LINK_NEGOTIATING},
	{POLICY_SHOULD_SECURE, FAILURE_ALLOW, false, LINK_CLEAR},
	{POLICY_SHOULD_SECURE, FAILURE_ALLOW, true, LINK_CLEAR},
	{POLICY_SHOULD_SECURE, FAILURE_DROP, false, LINK_CLEAR},
	{POLICY_SHOULD_SECURE, FAILURE_DROP, true, LINK_NEGOTIATING},
	{POLICY_SHOULD_SECURE, FAILURE_KEEP_LAST_SAK, false, LINK_CLEAR},
	{POLICY_SHOULD_SECURE, FAILURE_KEEP_LAST_SAK, true, LINK_NEGOTIATING},
};

Test(link_policy, clear_only_where_the_operator_allows_it) {
	for (size_t i = 0; i < sizeof(policies) / sizeof(policies[0]); i++) {
		const struct policy *at = &policies[i];
		const struct config_link config = {
			.policy = at->policy, .on_failure = at->on_failure};
		static const enum mka_state without_sak[] = {MKA_INIT, MKA_PENDING, MKA_FAILED};

		for (size_t j = 0; j < 3; j++)
			cr_assert_eq(
				link_policy_state(&config, without_sak[j], at->was_secured),
				at->without_sak, "policy %zu, state %zu", i, j
			);
		cr_assert_eq(
			link_policy_state(&config, MKA_SECURED, at->was_secured), LINK_SECURED
		);
		cr_assert_eq(link_policy_state(&config, MKA_KEEPING, at->was_secured), LINK_KEPT);
	}
}

static struct link_view view;
static struct config_link config;

static enum link_role role_of(const char *ckn, uint8_t octets, bool is_fallback) {
	struct mka_participant_view *participant = &view.mka.participants[3];

	memset(participant, 0, sizeof(*participant));
	memcpy(participant->ckn, ckn, strlen(ckn));
	participant->ckn_octets = octets;
	participant->is_fallback = is_fallback;
	return link_policy_role(&view, 3);
}

Test(link_policy, roles_follow_names) {
	static struct config_chain_cak chain[] = {{.cak = {.ckn = "ad", .ckn_octets = 2}}};

	view.config = &config;
	config.primary = (struct config_cak){.is_set = true, .ckn = "ab", .ckn_octets = 2};
	config.fallback = (struct config_cak){.is_set = true, .ckn = "fb", .ckn_octets = 2};
	config.chain = chain;
	config.n_chain = 1;
	cr_assert_eq(role_of("ab", 2, false), LINK_ROLE_PRIMARY);
	cr_assert_eq(role_of("ad", 2, false), LINK_ROLE_CHAIN);
	cr_assert_eq(role_of("ac", 2, false), LINK_ROLE_FORMER, "in the configuration no more");
	cr_assert_eq(role_of("ab", 3, false), LINK_ROLE_FORMER);
	cr_assert_eq(role_of("ad", 32, false), LINK_ROLE_FORMER);
	cr_assert_eq(role_of("fb", 2, true), LINK_ROLE_FALLBACK);
	cr_assert_eq(role_of("fa", 2, true), LINK_ROLE_FORMER);
	config.pad_ckn = true;
	cr_assert_eq(role_of("ab", 32, false), LINK_ROLE_PRIMARY);
	cr_assert_eq(role_of("ab", 2, false), LINK_ROLE_FORMER);
	cr_assert_eq(role_of("ad", 32, false), LINK_ROLE_CHAIN);
	config.primary.is_set = false;
	cr_assert_eq(role_of("ab", 32, false), LINK_ROLE_FORMER);
}

Test(link_policy, every_state_and_role_has_a_word) {
	cr_assert_str_eq(link_state_word(LINK_NEGOTIATING), "negotiating");
	cr_assert_str_eq(link_state_word(LINK_SECURED), "secured");
	cr_assert_str_eq(link_state_word(LINK_KEPT), "kept");
	cr_assert_str_eq(link_state_word(LINK_CLEAR), "clear");
	cr_assert_str_eq(link_role_word(LINK_ROLE_PRIMARY), "primary");
	cr_assert_str_eq(link_role_word(LINK_ROLE_FALLBACK), "fallback");
	cr_assert_str_eq(link_role_word(LINK_ROLE_CHAIN), "chain");
	cr_assert_str_eq(link_role_word(LINK_ROLE_FORMER), "former");
}
