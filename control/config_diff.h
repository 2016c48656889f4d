/* SPDX-License-Identifier: BSD-3-Clause */
/* What differs between two configurations, by the words of the schema. Pure. */
#pragma once

#include "control/config.h"

#include <stddef.h>

/*
 * Looks for a difference that a running daemon cannot take over: anything but the CAKs and
 * `direct-link` of links, `keys`, and `log-level`. Returns true and a text such as
 * "'replay-window' of link dl0" for the first one.
 */
bool config_needs_restart(
	const struct config *from, const struct config *to, char *text, size_t octets
);
