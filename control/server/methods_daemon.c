/* SPDX-License-Identifier: BSD-3-Clause */
/* daemon.show: which program runs, since when and on what. daemon.reload. */
#include "control/server/methods.h"

#include <unistd.h>

static size_t links_secured(const struct daemon *daemon) {
	struct link_view view;
	size_t n = 0;

	for (size_t i = 0; i < daemon_link_count(daemon); i++) {
		link_view(daemon_link(daemon, i), &view);
		n += view.state == LINK_SECURED;
	}
	return n;
}

int method_daemon_show(struct rpc_call *call) {
	const struct daemon *daemon = call->daemon;

	json_text(call->result, "version", daemon_version());
	json_text(call->result, "engine", daemon_engine(daemon));
	json_text(call->result, "config", daemon_config(daemon)->path);
	json_u64(call->result, "pid", (uint64_t)getpid());
	json_seconds(call->result, "uptime-s", daemon_uptime_ns(daemon));
	json_bool(call->result, "hugepages", daemon_uses_hugepages(daemon));
	json_u64(call->result, "links", daemon_link_count(daemon));
	json_u64(call->result, "links-secured", links_secured(daemon));
	return 0;
}

int method_daemon_reload(struct rpc_call *call) {
	char problem[160];
	const int ret = daemon_reload(call->daemon, problem, sizeof(problem));

	if (ret < 0)
		return rpc_fail(call->error, RPC_REFUSED, "%s", problem);
	json_text(call->result, "config", daemon_config(call->daemon)->path);
	return 0;
}
