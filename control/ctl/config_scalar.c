/* SPDX-License-Identifier: BSD-3-Clause */
/* Lines and scalars; the contract is in config_scalar.h. */
#include "control/ctl/config_scalar.h"

#include <string.h>
#include <strings.h>

static size_t content_octets(const char *text, size_t left) {
	size_t n = 0;

	while (n < left && text[n] != '\n' && text[n] != '\r')
		n++;
	return n;
}

static size_t end_octets_of(const char *text, size_t left) {
	if (left >= 2 && text[0] == '\r' && text[1] == '\n')
		return 2;
	return left > 0;
}

bool config_line_find(
	const struct config_text *text, uint32_t number, struct config_span *line,
	size_t *end_octets
) {
	size_t at = 0;

	for (uint32_t i = 1; at < text->octets; i++) {
		const size_t octets = content_octets(text->text + at, text->octets - at);
		const size_t behind = at + octets;

		*end_octets = end_octets_of(text->text + behind, text->octets - behind);
		if (i == number) {
			*line = (struct config_span){at, octets};
			return true;
		}
		at = behind + *end_octets;
	}
	return false;
}

struct config_span config_line_content(
	const struct config_text *text, const struct config_span *line, size_t *blanks
) {
	size_t n = 0;

	while (n < line->octets && text->text[line->at + n] == ' ')
		n++;
	*blanks = n;
	return (struct config_span){line->at + n, line->octets - n};
}

static bool
is_value(const char *text, const char *value, size_t octets, enum config_scalar_kind kind) {
	if (kind == SCALAR_HEX)
		return strncasecmp(text, value, octets) == 0;
	return memcmp(text, value, octets) == 0;
}

/* A plain scalar ends where a blank, the line or a flow collection goes on. */
static bool ends_plain(const struct config_text *text, size_t at, size_t line_end) {
	return at == line_end || strchr(" \t,}]", text->text[at]) != NULL;
}

bool config_scalar_find(
	const struct config_text *text, const struct config_mark *mark, const char *value,
	enum config_scalar_kind kind, struct config_span *scalar
) {
	const size_t octets = strlen(value);
	struct config_span line;
	size_t end_octets;

	if (!config_line_find(text, mark->line, &line, &end_octets) || mark->column == 0 ||
	    mark->column > line.octets)
		return false;
	const size_t at = line.at + mark->column - 1, line_end = line.at + line.octets;
	const char first = text->text[at];
	const size_t quote = first == '"' || first == '\'';
	const size_t behind = at + quote + octets;

	if (octets == 0 || behind + quote > line_end ||
	    !is_value(text->text + at + quote, value, octets, kind))
		return false;
	if (quote != 0 ? text->text[behind] != first : !ends_plain(text, behind, line_end))
		return false;
	*scalar = (struct config_span){at, octets + 2 * quote};
	return true;
}
