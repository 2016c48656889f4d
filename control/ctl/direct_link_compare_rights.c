/* SPDX-License-Identifier: BSD-3-Clause */
/* Whether Direct Link may read the keys; the contract is in direct_link_compare.h. */
#include "control/ctl/direct_link_compare.h"

#include <string.h>

/* What the status of the CAKs says about the right to read them. */
static void infer(struct verdicts *verdicts, const struct compare_theirs *theirs) {
	bool has_failed = false;

	for (uint32_t i = 0; i < theirs->n_caks; i++)
		has_failed = has_failed || strcmp(theirs->caks[i].status, "failed") == 0;
	if (theirs->n_caks > 0 && !has_failed)
		verdict_say(
			verdicts, VERDICT_PASS, "authorisation",
			"the gateway has read its keys (this credential may not list policies)"
		);
	else
		verdict_say(
			verdicts, VERDICT_WARN, "authorisation",
			"not known, since this credential may not list policies; see in IAM that "
			"Direct Link has the role Reader on the whole instance of the keys"
		);
}

void compare_authorisation(
	struct verdicts *verdicts, const struct direct_link_authorisation *authorisation,
	const struct compare_theirs *theirs, const char *instance
) {
	if (!authorisation->is_known)
		infer(verdicts, theirs);
	else if (!authorisation->exists)
		verdict_say(
			verdicts, VERDICT_FAIL, "authorisation",
			"Direct Link may not read keys of instance %s; authorise it in IAM: source "
			"Direct Link, target this instance, role Reader",
			instance
		);
	else if (!authorisation->is_instance_wide)
		verdict_say(
			verdicts, VERDICT_WARN, "authorisation",
			"%s, but not on the whole of instance %s, as Direct Link needs it; remove "
			"the narrower conditions in IAM",
			authorisation->role, instance
		);
	else
		verdict_say(
			verdicts, VERDICT_PASS, "authorisation", "%s on instance %s",
			authorisation->role, instance
		);
}
