/* SPDX-License-Identifier: BSD-3-Clause */
/* A rotation's own line, made and known again; the contract is in config_chain_line.h. */
#include "control/ctl/config_chain_line.h"

#include "control/ckn.h"
#include "control/config_time.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#define WORD "key-chain: ["

void config_chain_line_write(
	const char *ckn, const char *reference, int64_t accept_from_s, char *line
) {
	snprintf(
		line, CONFIG_CHAIN_LINE_MAX,
		WORD "{ckn: \"%s\", cak: \"%s\", start: \"%s\", accept-from: \"%s\"}]", ckn,
		reference, config_time_text(accept_from_s + CONFIG_CHAIN_LEAD_S).text,
		config_time_text(accept_from_s).text
	);
}

bool config_chain_line_find(
	const struct config_text *text, const struct config_link *link, struct config_span *content,
	size_t *before_octets
) {
	struct config_span line, before;
	size_t end_octets, blanks;

	if (link->n_chain == 0)
		return false;
	const uint32_t number = link->chain[0].cak.ckn_mark.line;

	if (number < 2 || !config_line_find(text, number, &line, &end_octets) ||
	    !config_line_find(text, number - 1, &before, before_octets))
		return false;
	*content = config_line_content(text, &line, &blanks);
	return content->octets > strlen(WORD) &&
	       memcmp(text->text + content->at, WORD, strlen(WORD)) == 0 &&
	       text->text[content->at + content->octets - 1] == ']';
}

bool config_chain_line_is_written(
	const struct config_text *text, const struct config_link *link, struct config_span *content
) {
	char line[CONFIG_CHAIN_LINE_MAX];
	size_t before_octets;

	if (link->n_chain != 1 || !config_chain_line_find(text, link, content, &before_octets))
		return false;
	const struct config_chain_cak *item = &link->chain[0];

	config_chain_line_write(
		ckn_text(item->cak.ckn, item->cak.ckn_octets).text, item->cak.cak_ref,
		item->accept_from_s, line
	);
	/* The name may have been given in lower case; the rest was read from this very text. */
	return content->octets == strlen(line) &&
	       strncasecmp(text->text + content->at, line, content->octets) == 0;
}
