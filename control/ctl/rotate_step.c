/* SPDX-License-Identifier: BSD-3-Clause */
/* The order of steps; the contract is in rotate_step.h. */
#include "control/ctl/rotate_step.h"

enum rotate_step rotate_next(const struct rotate_facts *facts) {
	const bool is_settled =
		facts->has_gateway_finished || facts->secured_for_s >= ROTATE_SETTLE_S;

	if (!facts->primary_is_new && !facts->chain_has_new)
		return ROTATE_ADD;
	if (!facts->daemon_has_new)
		return ROTATE_LOAD;
	if (!facts->gateway_is_new)
		return ROTATE_CHANGE;
	if (!facts->is_secured_with_new || !is_settled)
		return ROTATE_WAIT;
	if (!facts->primary_is_new)
		return ROTATE_PROMOTE;
	return facts->daemon_has_old ? ROTATE_UNLOAD : ROTATE_DONE;
}

const char *rotate_step_text(enum rotate_step step) {
	static const char *const texts[] = {
		[ROTATE_ADD] = "write the new CAK into the configuration file, beside the old one",
		[ROTATE_LOAD] = "let macsecd read it and fetch the key",
		[ROTATE_CHANGE] = "give the gateway's primary CAK the new name and key",
		[ROTATE_WAIT] = "wait until the link is secured with the new CAK",
		[ROTATE_PROMOTE] = "make it the primary CAK of the configuration file",
		[ROTATE_UNLOAD] = "let macsecd read it and forget the old CAK",
		[ROTATE_DONE] = "done",
	};

	return texts[step];
}

const char *rotate_step_delay(enum rotate_step step) {
	static const char *const texts[] = {
		[ROTATE_ADD] = "the configuration file does not show the new CAK",
		[ROTATE_LOAD] = "macsecd has not got the new CAK's key; its log says why",
		[ROTATE_CHANGE] = "the gateway does not take the new CAK",
		[ROTATE_WAIT] = "the new CAK does not secure the link, the old one stays in force; "
				"if its key is another one at the gateway, rotate to another name "
				"and key",
		[ROTATE_PROMOTE] = "the configuration file does not show the new primary CAK",
		[ROTATE_UNLOAD] = "macsecd still takes part with the old CAK; its log says why",
		[ROTATE_DONE] = "nothing",
	};

	return texts[step];
}
