/* SPDX-License-Identifier: BSD-3-Clause */
/* One question to the daemon, one answer. Blocks, for the time-out at most. */
#pragma once

#include "control/ctl/ctl.h"

#include <cjson/cJSON.h>

#define CLIENT_ANSWER_MAX_OCTETS ((16u << 20) + 4096u) // the daemon's own limit and its envelope

/* What is asked. */
struct client_request {
	const char *method;
	const char *link;           // parameter "link"; NULL: none
	uint32_t seconds;           // parameter "seconds"; 0: none
	uint32_t last;              // parameter "last"; 0: none
	const char *from;           // parameter "from", a number as text; NULL: none
	const char *level, *module; // parameters of these names; NULL: none
};

/* The line of a request, without its end: to be freed with cJSON_free; NULL without memory. */
char *client_request_line(const struct client_request *request);

/* Takes the result out of an answer: as client_call does. answer: a tree of exact_parse; NULL: what
 * came was not JSON. It stays the caller's. */
enum ctl_status client_answer_read(const struct ctl *ctl, cJSON *answer, cJSON **result);

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
