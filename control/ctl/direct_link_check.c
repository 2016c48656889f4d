/* SPDX-License-Identifier: BSD-3-Clause */
/* macsecctl direct-link check: do both ends agree? */
#include "control/ctl/desk.h"

#include <stdlib.h>

/* Everything of one comparison: too large for the stack. */
struct comparison {
	struct compare_ours ours;
	struct compare_theirs theirs;
	struct verdicts verdicts;
};

static enum ctl_status
check(struct desk *desk, const struct config_link *link, const struct direct_link *gateway) {
	struct comparison *all = calloc(1, sizeof(*all));
	enum ctl_status status;

	if (all == NULL)
		return ctl_error("out of memory");
	status = desk_ask(gateway, &all->theirs);
	if (status == CTL_OK) {
		desk_look(desk, link, &all->ours);
		desk_compare(desk, gateway, &all->ours, &all->theirs, &all->verdicts);
		status = verdicts_print(&desk->ctl, &all->verdicts);
	}
	free(all);
	return status;
}

enum ctl_status ctl_direct_link_check(const struct ctl *ctl, const char *name) {
	return desk_at_gateway(ctl, name, check);
}
