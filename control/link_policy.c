/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/link_policy.h"

#include "control/ckn.h"

#include <string.h>

static bool allows_clear(const struct config_link *config, bool was_secured) {
	return config->policy == POLICY_SHOULD_SECURE &&
	       (!was_secured || config->on_failure == FAILURE_ALLOW);
}

enum link_state
link_policy_state(const struct config_link *config, enum mka_state mka, bool was_secured) {
	if (mka == MKA_SECURED)
		return LINK_SECURED;
	if (mka == MKA_KEEPING)
		return LINK_KEPT;
	return allows_clear(config, was_secured) ? LINK_CLEAR : LINK_NEGOTIATING;
}

static bool
is_of(const struct link_view *view, const struct config_cak *cak,
      const struct mka_participant_view *participant) {
	return participant->ckn_octets == ckn_wire_octets(view->config, cak) &&
	       memcmp(participant->ckn, cak->ckn, participant->ckn_octets) == 0;
}

enum link_role link_policy_role(const struct link_view *view, uint32_t i) {
	const struct mka_participant_view *participant = &view->mka.participants[i];
	const struct config_link *config = view->config;

	if (participant->is_fallback)
		return is_of(view, &config->fallback, participant) ? LINK_ROLE_FALLBACK
								   : LINK_ROLE_FORMER;
	if (config->primary.is_set && is_of(view, &config->primary, participant))
		return LINK_ROLE_PRIMARY;
	for (uint32_t j = 0; j < config->n_chain; j++)
		if (is_of(view, &config->chain[j].cak, participant))
			return LINK_ROLE_CHAIN;
	return LINK_ROLE_FORMER;
}
