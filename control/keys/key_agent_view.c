/* SPDX-License-Identifier: BSD-3-Clause */
/* Where the keys stand, for the control socket. */
#include "control/keys/key_agent_parts.h"

static void fill(const struct key_entry *entry, struct key_agent_view *view) {
	*view = entry->view;
	view->key = entry->key;
}

void key_agent_status(const struct key_agent *agent, struct key_agent_status *status) {
	*status = (struct key_agent_status){
		.is_alive = agent->is_alive,
		.pid = agent->is_alive ? agent->pid : 0,
		.restarts = agent->n_ready > 0 ? agent->n_ready - 1 : 0,
		.n_keys = agent->n_keys,
	};
}

bool key_agent_view(const struct key_agent *agent, uint32_t index, struct key_agent_view *view) {
	for (uint32_t i = 0; i < AGENT_KEYS_MAX; i++) {
		const struct key_entry *entry = agent->entries[i];

		if (entry == NULL || entry->n_wants == 0 || index-- > 0)
			continue;
		fill(entry, view);
		return true;
	}
	return false;
}

bool key_agent_view_of(
	const struct key_agent *agent, const struct service_key *key, struct key_agent_view *view
) {
	const struct key_entry *entry = key_agent_find(agent, key);

	if (entry != NULL)
		fill(entry, view);
	return entry != NULL;
}
