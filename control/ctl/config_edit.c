/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Edits by the marks of the parser; the contract is in config_edit.h. A place is taken only when
 * the text there is letter for letter what the parser read from it.
 */
#include "control/ctl/config_edit.h"

#include "control/ckn.h"
#include "control/config_time.h"
#include "control/ctl/config_proof.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* One replacement; the text grows or shrinks. */
struct splice {
	struct config_span span;
	const char *text;
};

__attribute__((format(printf, 2, 3))) static int
refuse(struct config_edit *edit, const char *format, ...) {
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(edit->refusal, sizeof(edit->refusal), format, arguments);
	va_end(arguments);
	return -EINVAL;
}

/* The key chain of one CAK, as YAML on one line. */
static void chain_write(const struct config_edit *edit, int64_t now_s, char *line) {
	snprintf(
		line, CONFIG_EDIT_LINE_MAX,
		"key-chain: [{ckn: \"%s\", cak: \"%s\", start: \"%s\", accept-from: \"%s\"}]",
		edit->ckn, edit->reference, config_time_text(now_s + CONFIG_EDIT_LEAD_S).text,
		config_time_text(now_s).text
	);
}

static int refuse_add(struct config_edit *edit, int64_t now_s, const char *why) {
	char line[CONFIG_EDIT_LINE_MAX];

	chain_write(edit, now_s, line);
	return refuse(
		edit,
		"%s: link %s %s; write this into its 'mka' yourself, then run the command "
		"again:\n  %s",
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

/* Applies splices that stand in ascending order and do not touch. NULL without memory. */
static char *
splice_all(const struct config_text *text, const struct splice *splices, size_t n, size_t *octets) {
	size_t at = 0, made = 0, room = text->octets;
	char *result;

	for (size_t i = 0; i < n; i++)
		room += strlen(splices[i].text);
	result = malloc(room + 1);
	for (size_t i = 0; i < n && result != NULL; i++) {
		const size_t before = splices[i].span.at - at;
		const size_t put = strlen(splices[i].text);

		memcpy(result + made, text->text + at, before);
		memcpy(result + made + before, splices[i].text, put);
		made += before + put;
		at = splices[i].span.at + splices[i].span.octets;
	}
	if (result == NULL)
		return NULL;
	memcpy(result + made, text->text + at, text->octets - at);
	*octets = made + text->octets - at;
	return result;
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
	char line[CONFIG_EDIT_LINE_MAX];
	char *made = NULL;

	chain_write(edit, now_s, line);
	if (asprintf(
		    &made, "%.*s%*s%s", end_octets == 0 ? 1 : (int)end_octets,
		    end_octets == 0 ? "\n" : end, (int)blanks, "", line
	    ) < 0)
		return NULL;
	return made;
}

static int
insert(struct config_edit *edit, const struct config_span *after, size_t end_octets, size_t blanks,
       int64_t now_s) {
	struct config_text made = {0};
	char *line = line_make(edit, after, end_octets, blanks, now_s);
	const struct splice splice = {{after->at + after->octets, 0}, line};

	if (line == NULL)
		return -ENOMEM;
	edit->result = splice_all(&edit->text, &splice, 1, &made.octets);
	free(line);
	if (edit->result == NULL)
		return -ENOMEM;
	made.text = edit->result;
	edit->result_octets = made.octets;
	if (config_proof_added(edit, &made, now_s + CONFIG_EDIT_LEAD_S, now_s))
		return 0;
	config_edit_clear(edit);
	return refuse_add(edit, now_s, "is written in a way that a program cannot add to");
}

int config_edit_add(struct config_edit *edit, int64_t now_s) {
	const struct config_cak *cak = &edit->link->primary;
	struct config_span ckn, reference, last;
	size_t blanks, end_octets;

	if (!are_quotable(edit))
		return refuse(
			edit, "the key reference cannot be written between quotes; use another"
		);
	if (!cak->is_set)
		return refuse_add(edit, now_s, "has no primary CAK");
	if (edit->link->n_chain > 0)
		return refuse_add(edit, now_s, "has a key chain of its own");
	if (!cak_find(edit, &ckn, &reference) || !primary_blanks(edit, &blanks))
		return refuse_add(
			edit, now_s, "writes its primary CAK in a way that a program cannot add to"
		);
	const uint32_t line =
		cak->ckn_mark.line > cak->cak_mark.line ? cak->ckn_mark.line : cak->cak_mark.line;

	config_line_find(&edit->text, line, &last, &end_octets);
	return insert(edit, &last, end_octets, blanks, now_s);
}

/* The line that config_edit_add wrote, with the line end before it. */
static bool chain_find(const struct config_edit *edit, struct config_span *span) {
	const struct config_cak *cak = &edit->link->chain[0].cak;
	struct config_span line, before, content;
	size_t end_octets, before_end_octets, blanks;

	if (cak->ckn_mark.line < 2 ||
	    !config_line_find(&edit->text, cak->ckn_mark.line, &line, &end_octets) ||
	    !config_line_find(&edit->text, cak->ckn_mark.line - 1, &before, &before_end_octets))
		return false;
	content = config_line_content(&edit->text, &line, &blanks);
	if (!starts_with(&edit->text, content, "key-chain: [") ||
	    edit->text.text[content.at + content.octets - 1] != ']')
		return false;
	*span = (struct config_span){line.at - before_end_octets, line.octets + before_end_octets};
	return true;
}

/* True when the link's key chain is the new CAK and nothing else. */
static bool is_ours(const struct config_edit *edit) {
	const struct config_chain_cak *item = edit->link->chain;

	return edit->link->primary.is_set && edit->link->n_chain == 1 &&
	       strcasecmp(ckn_text(item->cak.ckn, item->cak.ckn_octets).text, edit->ckn) == 0 &&
	       strcmp(item->cak.cak_ref, edit->reference) == 0;
}

static int by_place(const void *a, const void *b) {
	const struct splice *left = a, *right = b;

	return left->span.at < right->span.at ? -1 : left->span.at > right->span.at;
}

static int
promote(struct config_edit *edit, struct config_span ckn, struct config_span reference,
	struct config_span chain) {
	char quoted_ckn[2 * CONFIG_CKN_MAX_OCTETS + 3], quoted_reference[CONFIG_KEY_REF_MAX + 2];
	struct splice splices[] = {{ckn, quoted_ckn}, {reference, quoted_reference}, {chain, ""}};
	struct config_text made = {0};

	snprintf(quoted_ckn, sizeof(quoted_ckn), "\"%s\"", edit->ckn);
	snprintf(quoted_reference, sizeof(quoted_reference), "\"%s\"", edit->reference);
	qsort(splices, 3, sizeof(splices[0]), by_place);
	edit->result = splice_all(&edit->text, splices, 3, &made.octets);
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
