/* SPDX-License-Identifier: BSD-3-Clause */
#include "tests/unit/fake_key_agent.h"

#include <errno.h>
#include <string.h>

struct fake_key fake_key;

struct key_agent *fake_key_agent(void) {
	return (struct key_agent *)&fake_key;
}

int key_agent_want(struct key_agent *agent, const struct service_key *key, uint32_t poll_s) {
	(void)agent, (void)key, (void)poll_s;
	if (fake_key.wants_left != 0 && --fake_key.wants_left == 0)
		return -ENOSPC;
	fake_key.wants++;
	return 0;
}

void key_agent_drop(struct key_agent *agent, const struct service_key *key) {
	(void)agent, (void)key;
	fake_key.drops++;
}

int key_agent_cak(const struct key_agent *agent, const struct service_key *key, uint8_t *cak) {
	(void)agent, (void)key;
	if (!fake_key.is_had)
		return -EINPROGRESS;
	memset(cak, 0x5a, AGENT_CAK_OCTETS);
	return 0;
}

bool key_agent_view_of(
	const struct key_agent *agent, const struct service_key *key, struct key_agent_view *view
) {
	(void)agent, (void)key;
	*view = fake_key.view;
	view->is_had = fake_key.is_had;
	return true;
}
