/* SPDX-License-Identifier: BSD-3-Clause */
/* What the daemon itself tells as events. */
#include "control/daemon_parts.h"
#include "control/link_parts.h"
#include "control/monotonic.h"
#include "control/server/events.h"

struct events *daemon_events(struct daemon *daemon) {
	return daemon->events;
}

void daemon_tell_keys(struct daemon *daemon) {
	const uint64_t since_ns = daemon->keys_told_ns;
	struct key_agent_view view;

	daemon->keys_told_ns = monotonic_ns();
	for (uint32_t i = 0; key_agent_view(daemon->keys.agent, i, &view); i++) {
		if (!view.was_asked || view.changed_ns <= since_ns)
			continue;
		events_tell(
			daemon->events, EVENT_KEY, NULL, "%s:%s%s%s: %s",
			service_kind_word(view.key.service.kind), view.key.service.name,
			view.key.service.name[0] == '\0' ? "" : "/", view.key.id,
			view.verdict == AGENT_GOOD ? "all is well" : view.text
		);
	}
}
