/* SPDX-License-Identifier: BSD-3-Clause */
/* Places in the text of a configuration file: lines, and the scalars that marks point at. Pure. */
#pragma once

#include "control/config.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct config_text {
	const char *text;
	size_t octets;
};

struct config_span {
	size_t at, octets;
};

/* How a value is compared with the file's text. */
enum config_scalar_kind { SCALAR_EXACT, SCALAR_HEX };

/* Line `number` (1 is the first) without its end; *end_octets: of its end, 0 for a last line that
 * has none. False when there is no such line. LF, CR LF and CR end lines, as in YAML. */
bool config_line_find(
	const struct config_text *text, uint32_t number, struct config_span *line,
	size_t *end_octets
);

/* What stands on a line behind its indentation; *blanks: how many spaces that is. A tab is no
 * indentation. */
struct config_span
config_line_content(const struct config_text *text, const struct config_span *line, size_t *blanks);

/*
 * The scalar at a mark, its quotes included, when it stands there letter for letter as `value`
 * (SCALAR_HEX: upper or lower case) on one line: plain, or in quotes without an escape. False for
 * whatever else means the same to YAML.
 */
bool config_scalar_find(
	const struct config_text *text, const struct config_mark *mark, const char *value,
	enum config_scalar_kind kind, struct config_span *scalar
);
