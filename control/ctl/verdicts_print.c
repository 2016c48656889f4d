/* SPDX-License-Identifier: BSD-3-Clause */
/* Verdicts for people and as JSON; the contract is in verdicts.h. */
#include "control/ctl/exact.h"
#include "control/ctl/verdicts.h"

#include <stdio.h>

static void line_print(const struct verdict_line *line) {
	const bool is_compared = line->ours[0] != '\0' || line->theirs[0] != '\0';

	printf("%s  %s: ", verdict_word(line->verdict), line->subject);
	if (is_compared)
		printf("ours %s, theirs %s", line->ours, line->theirs);
	printf("%s%s\n", is_compared && line->text[0] != '\0' ? "; " : "", line->text);
}

static void texts_print(const struct verdicts *verdicts) {
	for (uint32_t i = 0; i < verdicts->n; i++)
		line_print(&verdicts->lines[i]);
	printf("%u pass, %u warn, %u fail\n", verdicts->count[VERDICT_PASS],
	       verdicts->count[VERDICT_WARN], verdicts->count[VERDICT_FAIL]);
}

/* A text, or null for none. */
static void text_add(cJSON *object, const char *key, const char *text) {
	if (text[0] == '\0')
		cJSON_AddNullToObject(object, key);
	else
		cJSON_AddStringToObject(object, key, text);
}

static cJSON *line_tree(const struct verdict_line *line) {
	cJSON *object = cJSON_CreateObject();

	cJSON_AddStringToObject(object, "verdict", verdict_word(line->verdict));
	cJSON_AddStringToObject(object, "subject", line->subject);
	text_add(object, "ours", line->ours);
	text_add(object, "theirs", line->theirs);
	text_add(object, "text", line->text);
	return object;
}

static int json_print(const struct verdicts *verdicts) {
	cJSON *tree = cJSON_CreateObject();
	cJSON *lines = cJSON_AddArrayToObject(tree, "lines");

	for (uint32_t i = 0; i < verdicts->n; i++)
		cJSON_AddItemToArray(lines, line_tree(&verdicts->lines[i]));
	for (enum verdict v = VERDICT_PASS; v <= VERDICT_FAIL; v++)
		cJSON_AddNumberToObject(tree, verdict_word(v), verdicts->count[v]);
	const int ret = tree == NULL ? -1 : exact_print(stdout, tree);

	cJSON_Delete(tree);
	return ret;
}

enum ctl_status verdicts_print(const struct ctl *ctl, const struct verdicts *verdicts) {
	if (!ctl->json)
		texts_print(verdicts);
	else if (json_print(verdicts) < 0)
		return ctl_error("out of memory");
	return verdicts->count[VERDICT_FAIL] > 0 ? CTL_WRONG : CTL_OK;
}
