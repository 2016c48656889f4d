/* SPDX-License-Identifier: BSD-3-Clause */
/* The link as it runs against the gateway's CAKs; the contract is in direct_link_compare.h. */
#include "control/ctl/direct_link_compare.h"

#include <string.h>

bool compare_is_dead(const struct compare_theirs *theirs) {
	const struct direct_link_cak *primary = compare_session(theirs, "primary");

	return primary != NULL && !primary->has_active && strcmp(primary->status, "failed") == 0;
}

/* The gateway's primary CAK by its name, or by that of the one it still has in force. */
static bool
is_primary(const struct config_link *link, const struct direct_link_cak *primary, const char *ckn) {
	return compare_is_ckn(link, primary->name, ckn) ||
	       (primary->has_active && compare_is_ckn(link, primary->active_name, ckn));
}

static void compare_live_secured(
	struct verdicts *verdicts, const struct compare_ours *ours,
	const struct direct_link_cak *primary
) {
	const struct compare_live *live = &ours->live;

	if (!live->is_key_server)
		verdict_say(
			verdicts, VERDICT_WARN, "live link",
			"secured, but the peer is key server: is it the gateway? see 'macsecctl "
			"show mka'"
		);
	else if (primary != NULL && !is_primary(ours->link, primary, live->ckn))
		verdict_compare(
			verdicts, VERDICT_WARN, "live link", live->ckn, primary->name,
			"secured with another CAK than the gateway's primary one: its key or name "
			"does not agree"
		);
	else
		verdict_say(
			verdicts, VERDICT_PASS, "live link",
			"secured with CAK %s, we are key server", live->ckn
		);
}

void compare_live(
	struct verdicts *verdicts, const struct compare_ours *ours,
	const struct compare_theirs *theirs
) {
	const struct compare_live *live = &ours->live;

	if (!live->is_known)
		verdict_say(
			verdicts, VERDICT_WARN, "live link",
			"no daemon answers for it: only configurations were compared; start "
			"macsecd"
		);
	else if (!live->is_secured)
		verdict_say(
			verdicts,
			ours->successor_crn != NULL && compare_is_dead(theirs) ? VERDICT_WARN
									       : VERDICT_FAIL,
			"live link", "%s; see 'macsecctl doctor %s'", live->state, ours->link->name
		);
	else
		compare_live_secured(verdicts, ours, compare_session(theirs, "primary"));
}
