/* SPDX-License-Identifier: BSD-3-Clause */
/* Lines that the daemon sends as things happen. Every failure is reported on standard error. */
#pragma once

#include "control/ctl/client.h"

/*
 * Sends a request, then gives each line that comes to `take`: first the answer's result, then the
 * notifications (whole trees, of exact_parse; borrowed). Goes on until `take` returns something
 * else than CTL_OK, the daemon hangs up, or a line is none of its own. Returns what take did, or
 * CTL_USAGE.
 */
enum ctl_status
follow(const struct ctl *ctl, const struct client_request *request,
       enum ctl_status (*take)(const struct ctl *ctl, const cJSON *tree));
