/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Any text that is a configuration gets a new CAK for each of its links, which is then promoted. An
 * edit is refused with words, or gives a text that parses, holds the new CAK where it belongs, and
 * is the old one before and behind the edit. What was added can always be promoted.
 */
#include "control/config.h"
#include "control/ctl/config_edit.h"
#include "control/log.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define NOW 1800000000
#define CKN "C0FFEE03"
#define REFERENCE "file:/new"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t octets);
const char *__lsan_default_suppressions(void);

/* As in fuzz_config.c: libfyaml forgets 2 KiB of its own after some broken documents. */
const char *__lsan_default_suppressions(void) {
	return "leak:libfyaml\n";
}

static void require(bool holds) {
	if (!holds)
		abort();
}

/* Stands in for control/log.c: complaints about inputs are of no interest here. */
int log_error(int errno_value, const char *module, const char *format, ...) {
	(void)module;
	(void)format;
	return -errno_value;
}

static struct config *parse(const char *text, size_t octets) {
	struct config *config = NULL;

	return config_parse("m.yaml", text, octets, &config) == 0 ? config : NULL;
}

static size_t same_before(const struct config_edit *edit) {
	size_t n = 0;

	while (n < edit->text.octets && n < edit->result_octets &&
	       edit->text.text[n] == edit->result[n])
		n++;
	return n;
}

static size_t same_behind(const struct config_edit *edit) {
	size_t n = 0;

	while (n < edit->text.octets && n < edit->result_octets &&
	       edit->text.text[edit->text.octets - n - 1] ==
		       edit->result[edit->result_octets - n - 1])
		n++;
	return n;
}

/* What is gone from the text stood on one line. */
static bool is_within_a_line(const struct config_edit *edit) {
	const size_t before = same_before(edit), behind = same_behind(edit);

	for (size_t i = before; i + behind < edit->text.octets; i++)
		if (edit->text.text[i] == '\n' || edit->text.text[i] == '\r')
			return false;
	return true;
}

static struct config_edit
edit_of(const char *text, size_t octets, const struct config *config, size_t i) {
	return (struct config_edit){
		.text = {text, octets},
		.config = config,
		.link = &config->links[i],
		.ckn = CKN,
		.reference = REFERENCE,
	};
}

static void promote(const char *text, size_t octets, size_t i) {
	struct config *config = parse(text, octets), *made;

	require(config != NULL && config->links[i].n_chain == 1);
	struct config_edit edit = edit_of(text, octets, config, i);
	require(config_edit_promote(&edit) == 0);
	made = parse(edit.result, edit.result_octets);
	require(made != NULL && made->n_links == config->n_links);
	require(made->links[i].n_chain == 0 && made->links[i].primary.ckn_octets == 4);
	require(strcmp(made->links[i].primary.cak_ref, REFERENCE) == 0);
	config_free(made);
	config_edit_clear(&edit);
	config_free(config);
}

static void rotate(const char *text, size_t octets, const struct config *config, size_t i) {
	struct config_edit edit = edit_of(text, octets, config, i);
	const int ret = config_edit_add(&edit, NOW);

	if (ret < 0) {
		require(ret == -EINVAL && edit.result == NULL && edit.refusal[0] != '\0');
		return;
	}
	// one line more, or another one in the place of a rotation's, and no octet else
	if (config->links[i].n_chain == 0)
		require(same_before(&edit) + same_behind(&edit) >= octets);
	require(is_within_a_line(&edit));
	promote(edit.result, edit.result_octets, i);
	config_edit_clear(&edit);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t octets) {
	char *text = malloc(octets == 0 ? 1 : octets);
	struct config *config;

	if (text == NULL)
		return 0;
	memcpy(text, data, octets);
	config = octets == 0 ? NULL : parse(text, octets);
	for (size_t i = 0; config != NULL && i < config->n_links && i < 4; i++)
		rotate(text, octets, config, i);
	config_free(config);
	free(text);
	return 0;
}
