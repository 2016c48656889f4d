/* SPDX-License-Identifier: BSD-3-Clause */
/* The key chain of one CAK on one line, as a rotation writes it beside the primary CAK. Pure. */
#pragma once

#include "control/config.h"
#include "control/ctl/config_scalar.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CONFIG_CHAIN_LINE_MAX 800u
#define CONFIG_CHAIN_LEAD_S 60 // the new CAK is preferred from so long after the edit on

/* The line without indentation and end: acceptable from accept_from_s (seconds since 1970) on.
 * Name and reference are fit to stand between quotes. line: CONFIG_CHAIN_LINE_MAX. */
void config_chain_line_write(
	const char *ckn, const char *reference, int64_t accept_from_s, char *line
);

/* Where the link's key chain stands when it is one whole line; *before_octets: of the line end
 * before it. False for other shapes, and where the link has none. */
bool config_chain_line_find(
	const struct config_text *text, const struct config_link *link, struct config_span *content,
	size_t *before_octets
);

/* True when the link's key chain is letter for letter a line that config_chain_line_write made;
 * *content: where it stands. */
bool config_chain_line_is_written(
	const struct config_text *text, const struct config_link *link, struct config_span *content
);
