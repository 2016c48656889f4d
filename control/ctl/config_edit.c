/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Edits by the marks of the parser; the contract is in config_edit.h. A place is taken only when
 * the text there is letter for letter what the parser read from it.
 */
#include "control/ctl/config_edit.h"

#include "control/ckn.h"
#include "control/ctl/config_chain_line.h"
#include "control/ctl/config_proof.h"
#include "control/ctl/config_splice.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

__attribute__((format(printf, 2, 3))) static int
refuse(struct config_edit *edit, const char *format, ...) {
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(edit->refusal, sizeof(edit->refusal), format, arguments);
	va_end(arguments);
	return -EINVAL;
}

static void chain_write(const struct config_edit *edit, int64_t now_s, char *line) {
	config_chain_line_write(edit->ckn, edit->reference, now_s, line);
}

static int refuse_add(struct config_edit *edit, int64_t now_s, const char *why) {
	char line[CONFIG_CHAIN_LINE_MAX];

	chain_write(edit, now_s, line);
	return refuse(
		edit,
		"%s: link %s %s; write this into its 'mka' yourself, then run the command "
		"again:\n  %s",
		edit->config->path, edit->link->name, why, line
	);
}

static int refuse_replacement(struct config_edit *edit, int64_t now_s, const char *why) {
	char line[CONFIG_CHAIN_LINE_MAX];

	chain_write(edit, now_s, line);
	return refuse(
		edit,
		"%s: link %s %s; put this in the place of its 'key-chain' yourself, then run the "
		"command again:\n  %s",
		edit->config->path, edit->link->name, why, line
	);
}

static int refuse_promote(struct config_edit *edit, const char *why) {
	return refuse(
		edit,
		"%s: link %s: %s; remove its 'key-chain' and make this its primary CAK yourself, "
		"then run the command again:\n  primary: {ckn: \"%s\", cak: \"%s\"}",
		edit->config->path, edit->link->name, why, edit->ckn, edit->reference
	);
}

/* Fit to stand between double quotes as it is. */
static bool is_quotable(const char *value) {
	for (const char *c = value; *c != '\0'; c++)
		if (*c < ' ' || *c > '~' || *c == '"' || *c == '\\')
			return false;
	return *value != '\0';
}

static bool are_quotable(const struct config_edit *edit) {
	return is_quotable(edit->ckn) && is_quotable(edit->reference) &&
	       strlen(edit->ckn) <= 2u * CONFIG_CKN_MAX_OCTETS &&
	       strlen(edit->reference) < CONFIG_KEY_REF_MAX;
}

static bool
cak_find(const struct config_edit *edit, struct config_span *ckn, struct config_span *reference) {
	const struct config_cak *cak = &edit->link->primary;
	const struct ckn_text name = ckn_text(cak->ckn, cak->ckn_octets);

	return config_scalar_find(&edit->text, &cak->ckn_mark, name.text, SCALAR_HEX, ckn) &&
	       config_scalar_find(
		       &edit->text, &cak->cak_mark, cak->cak_ref, SCALAR_EXACT, reference
	       );
}

static bool starts_with(const struct config_text *text, struct config_span part, const char *word) {
	const size_t octets = strlen(word);

	return part.octets >= octets && memcmp(text->text + part.at, word, octets) == 0;
}

static bool is_empty(const struct config_text *text, struct config_span content) {
	return content.octets == 0 || text->text[content.at] == '#';
}

/*
 * Indentation of the line on which the word 'primary' stands first: at or above the upper one of
 * its two scalars, with nothing but comments between.
 */
static bool primary_blanks(const struct config_edit *edit, size_t *blanks) {
	const struct config_cak *cak = &edit->link->primary;
	const bool is_name_first = cak->ckn_mark.line < cak->cak_mark.line;
	uint32_t number = is_name_first ? cak->ckn_mark.line : cak->cak_mark.line;
	bool may_be_scalar = true;

	for (; number > 0; number--) {
		struct config_span line, content;
		size_t end_octets;

		if (!config_line_find(&edit->text, number, &line, &end_octets))
			return false;
		content = config_line_content(&edit->text, &line, blanks);
		if (starts_with(&edit->text, content, "primary:"))
			return true;
		if (!may_be_scalar && !is_empty(&edit->text, content))
			return false;
		may_be_scalar = false;
	}
	return false;
}

/* The new line as it goes in behind a line's text: with that line's end before it. */
static char *line_make(
	const struct config_edit *edit, const struct config_span *after, size_t end_octets,
	size_t blanks, int64_t now_s
) {
	const char *end = edit->text.text + after->at + after->octets;
	char line[CONFIG_CHAIN_LINE_MAX];
	char *made = NULL;

	chain_write(edit, now_s, line);
	if (asprintf(
		    &made, "%.*s%*s%s", end_octets == 0 ? 1 : (int)end_octets,
		    end_octets == 0 ? "\n" : end, (int)blanks, "", line
	    ) < 0)
		return NULL;
	return made;
}

/* Puts the new key chain in, and proves that it reads back. */
static int put(struct config_edit *edit, struct config_splice *splice, int64_t now_s) {
	struct config_text made = {0};

	edit->result = config_splice_apply(&edit->text, splice, 1, &made.octets);
	if (edit->result == NULL)
		return -ENOMEM;
	made.text = edit->result;
	edit->result_octets = made.octets;
	if (config_proof_added(edit, &made, now_s + CONFIG_CHAIN_LEAD_S, now_s))
		return 0;
	config_edit_clear(edit);
	return refuse_add(edit, now_s, "is written in a way that a program cannot add to");
}

static int insert(struct config_edit *edit, uint32_t behind, size_t blanks, int64_t now_s) {
	struct config_span after;
	size_t end_octets;

	config_line_find(&edit->text, behind, &after, &end_octets);
	char *line = line_make(edit, &after, end_octets, blanks, now_s);
	struct config_splice splice = {{after.at + after.octets, 0}, line};
	const int ret = line == NULL ? -ENOMEM : put(edit, &splice, now_s);

	free(line);
	return ret;
}

/* In the place of what a rotation wrote that did not come to its end. */
static int replace(struct config_edit *edit, int64_t now_s) {
	char line[CONFIG_CHAIN_LINE_MAX];
	struct config_splice splice = {.text = line};
	struct config_span ckn, reference;

	if (!config_chain_line_is_written(&edit->text, edit->link, &splice.span))
		return refuse_replacement(
			edit, now_s, "has a key chain that this command did not write"
		);
	if (!cak_find(edit, &ckn, &reference))
		return refuse_replacement(
			edit, now_s, "writes its primary CAK in a way that a program cannot edit"
		);
	chain_write(edit, now_s, line);
	return put(edit, &splice, now_s);
}

int config_edit_add(struct config_edit *edit, int64_t now_s) {
	const struct config_cak *cak = &edit->link->primary;
	struct config_span ckn, reference;
	size_t blanks;

	if (!are_quotable(edit))
		return refuse(
			edit, "the key reference cannot be written between quotes; use another"
		);
	if (!cak->is_set)
		return refuse_add(edit, now_s, "has no primary CAK");
	if (edit->link->n_chain > 0)
		return replace(edit, now_s);
	if (!cak_find(edit, &ckn, &reference) || !primary_blanks(edit, &blanks))
		return refuse_add(
			edit, now_s, "writes its primary CAK in a way that a program cannot add to"
		);
	return insert(
		edit,
		cak->ckn_mark.line > cak->cak_mark.line ? cak->ckn_mark.line : cak->cak_mark.line,
		blanks, now_s
	);
}

/* The key chain's line, with the line end before it. */
static bool chain_find(const struct config_edit *edit, struct config_span *span) {
	struct config_span content;
	size_t before_octets;

	if (!config_chain_line_find(&edit->text, edit->link, &content, &before_octets))
		return false;
	while (content.at > 0 && edit->text.text[content.at - 1] == ' ') {
		content.at--;
		content.octets++;
	}
	*span = (struct config_span){content.at - before_octets, content.octets + before_octets};
	return true;
}

/* True when the link's key chain is the new CAK and nothing else. */
static bool is_ours(const struct config_edit *edit) {
	const struct config_chain_cak *item = edit->link->chain;

	return edit->link->primary.is_set && edit->link->n_chain == 1 &&
	       strcasecmp(ckn_text(item->cak.ckn, item->cak.ckn_octets).text, edit->ckn) == 0 &&
	       strcmp(item->cak.cak_ref, edit->reference) == 0;
}

static int
promote(struct config_edit *edit, struct config_span ckn, struct config_span reference,
	struct config_span chain) {
	char quoted_ckn[2 * CONFIG_CKN_MAX_OCTETS + 3], quoted_reference[CONFIG_KEY_REF_MAX + 2];
	struct config_splice splices[] = {
		{ckn, quoted_ckn}, {reference, quoted_reference}, {chain, ""}};
	struct config_text made = {0};

	snprintf(quoted_ckn, sizeof(quoted_ckn), "\"%s\"", edit->ckn);
	snprintf(quoted_reference, sizeof(quoted_reference), "\"%s\"", edit->reference);
	edit->result = config_splice_apply(&edit->text, splices, 3, &made.octets);
	if (edit->result == NULL)
		return -ENOMEM;
	made.text = edit->result;
	edit->result_octets = made.octets;
	if (config_proof_promoted(edit, &made))
		return 0;
	config_edit_clear(edit);
	return refuse_promote(edit, "it is written in a way that a program cannot edit");
}

int config_edit_promote(struct config_edit *edit) {
	struct config_span ckn, reference, chain;

	if (!are_quotable(edit))
		return refuse(
			edit, "the key reference cannot be written between quotes; use another"
		);
	if (!is_ours(edit))
		return refuse_promote(edit, "its key chain holds other CAKs than the new one");
	if (!cak_find(edit, &ckn, &reference))
		return refuse_promote(
			edit, "its primary CAK is written in a way that a program cannot edit"
		);
	if (!chain_find(edit, &chain))
		return refuse_promote(edit, "its key chain is not the one line of this command");
	return promote(edit, ckn, reference, chain);
}

void config_edit_clear(struct config_edit *edit) {
	free(edit->result);
	edit->result = NULL;
	edit->result_octets = 0;
}
