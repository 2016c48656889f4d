/* SPDX-License-Identifier: BSD-3-Clause */
/* Are the ports there? Asked of the kernel only: nothing is opened. */

#include "control/check.h"
#include "drivers/port_facts.h"

static void check_port(
	struct check *check, const struct config_link *link, const char *role, const char *spec
) {
	if (port_facts_is_ready(spec))
		check_say(
			check, CHECK_PASS, link->name, "%s port %s is there and free", role, spec
		);
	else
		check_say(
			check, CHECK_FAIL, link->name, "%s port %s: see the line above", role, spec
		);
}

void check_ports(struct check *check) {
	for (size_t i = 0; i < check->config->n_links; i++) {
		const struct config_link *link = &check->config->links[i];
		check_port(check, link, "host", link->host);
		check_port(check, link, "line", link->line);
	}
}
