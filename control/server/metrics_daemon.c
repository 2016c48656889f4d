/* SPDX-License-Identifier: BSD-3-Clause */
/* The metrics of the daemon and of its key agent. */
#include "control/server/metrics.h"
#include "control/server/metrics_text.h"

static unsigned state_of(const struct key_agent_view *view) {
	return view->was_asked ? (unsigned)view->verdict + 1 : 0;
}

/* Keys are told apart by all that names them: an id may stand in several key rings. Services of one
 * configuration have different names. */
static void add_key(struct metrics *metrics, const struct key_agent_view *view) {
	static const char *const words[] = {
		"asked",
		[AGENT_GOOD + 1] = "good",
		[AGENT_WAITING + 1] = "waiting",
		[AGENT_WARNING + 1] = "warning",
		[AGENT_REFUSED + 1] = "refused",
	};
	struct metrics_labels labels = {.octets = 0};

	metrics_label(&labels, "service", view->key.service.name);
	metrics_label(&labels, "key", view->key.id);
	metrics_label(&labels, "key_ring", view->key.ring);
	metrics_label(&labels, "crn", view->key.crn);
	metrics_sample(metrics, M_KEY_HAD, &labels, view->is_had);
	metrics_one_hot(
		metrics, M_KEY_STATE, &labels, "state", words, sizeof(words) / sizeof(words[0]),
		state_of(view)
	);
	if (view->expires_s != 0)
		metrics_sample_signed(metrics, M_KEY_EXPIRY, &labels, view->expires_s);
}

bool metrics_add_key(struct metrics *metrics, const struct daemon *daemon, uint32_t index) {
	struct key_agent_view view;

	if (!daemon_key(daemon, index, &view))
		return false;
	add_key(metrics, &view);
	return true;
}

static void add_agent(struct metrics *metrics, const struct daemon *daemon) {
	const struct metrics_labels none = {.octets = 0};
	struct key_agent_status status;

	if (!daemon_keys(daemon, &status))
		return;
	metrics_sample(metrics, M_AGENT_UP, &none, status.is_alive);
	metrics_sample(metrics, M_AGENT_RESTARTS, &none, status.restarts);
}

void metrics_add_daemon(struct metrics *metrics, const struct daemon *daemon) {
	const struct metrics_labels none = {.octets = 0};
	struct metrics_labels build = {.octets = 0};

	metrics_label(&build, "version", daemon_version());
	metrics_label(&build, "engine", daemon_engine(daemon));
	metrics_sample(metrics, M_BUILD, &build, 1);
	metrics_sample_seconds(metrics, M_UPTIME, &none, daemon_uptime_ns(daemon));
	metrics_sample(metrics, M_LINKS, &none, daemon_link_count(daemon));
	metrics_sample(metrics, M_HUGEPAGES, &none, daemon_uses_hugepages(daemon));
	add_agent(metrics, daemon);
}
