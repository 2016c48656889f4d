/* SPDX-License-Identifier: BSD-3-Clause */
/* The handlers behind the method table, and what they share. Control thread only. */
#pragma once

#include "control/link.h"
#include "control/server/json.h"
#include "control/server/rpc.h"

#include <stdbool.h>
#include <stddef.h>

/* Handlers as struct rpc_method wants them; each is documented in docs/control-socket.md. */
int method_daemon_show(struct rpc_call *call);
int method_link_show(struct rpc_call *call);
int method_link_rekey(struct rpc_call *call);
int method_link_suspend(struct rpc_call *call);
int method_doctor_show(struct rpc_call *call);
int method_mka_show(struct rpc_call *call);
int method_sa_show(struct rpc_call *call);
int method_counters_show(struct rpc_call *call);
int method_keys_show(struct rpc_call *call);
int method_daemon_reload(struct rpc_call *call);
int method_path_show(struct rpc_call *call);
int method_events_show(struct rpc_call *call);
int method_events_subscribe(struct rpc_call *call);
int method_log_show(struct rpc_call *call);
int method_log_set(struct rpc_call *call);
int method_rpc_list(struct rpc_call *call);

/*
 * Builds {"links":[…]}: one object with the member "name" for each link, or for the one that the
 * call names, then `describe` adds what it knows.
 * Returns 0, or -1 after rpc_fail when there is no link of that name.
 */
int methods_each_link(
	struct rpc_call *call, void (*describe)(struct json link, const struct link_view *view)
);

/* The link that the call names. NULL after rpc_fail (the message lists the links). */
struct link *methods_find_link(struct rpc_call *call);

/* Adds "balance": the conservation equation of both lanes (dataplane/counters.h). */
void methods_add_balance(struct json link, const struct link_view *view);
