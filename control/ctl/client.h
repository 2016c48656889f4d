/* SPDX-License-Identifier: BSD-3-Clause */
/* One question to the daemon, one answer. Blocks, for the time-out at most. */
#pragma once

#include "control/ctl/ctl.h"

#include <cjson/cJSON.h>

#define CLIENT_ANSWER_MAX_OCTETS ((16u << 20) + 4096u) // the daemon's own limit and its envelope

/* What is asked. */
struct client_request {
	const char *method;
	const char *link; // parameter "link"; NULL: none
	uint32_t seconds; // parameter "seconds"; 0: none
};

/*
 * Calls a method.
 *
 * On CTL_OK *result is the tree of the result, made by exact_parse, to be ended with cJSON_Delete.
 * Unless ctl->json is set, its text is fit for a terminal. Else a line on standard error said
 * what is wrong: CTL_WRONG when the daemon refused, CTL_USAGE when the question or the link's name
 * was wrong, no daemon answers in time or it answers something else than JSON-RPC.
 */
enum ctl_status
client_call(const struct ctl *ctl, const struct client_request *request, cJSON **result);
