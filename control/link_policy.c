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

enum link_role link_policy_role(const struct link_view *view, uint32_t i) {
	const struct mka_participant_view *participant = &view->mka.participants[i];
	const struct config_cak *primary = &view->config->primary;

	if (participant->is_fallback)
		return LINK_ROLE_FALLBACK;
	if (primary->is_set && participant->ckn_octets == ckn_wire_octets(view->config, primary) &&
	    memcmp(participant->ckn, primary->ckn, participant->ckn_octets) == 0)
		return LINK_ROLE_PRIMARY;
	return LINK_ROLE_CHAIN;
}
