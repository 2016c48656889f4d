/* SPDX-License-Identifier: BSD-3-Clause */
/* Trees with exact numbers and harmless text; the contract is in exact.h. */
#include "control/ctl/exact.h"

#include "control/server/utf8.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#define NUMBER_OCTETS "+-.0123456789Ee"

/* Past the string whose opening quote is at `at`. */
static const char *string_skip(const char *at) {
	for (at++; *at != '\0' && *at != '"'; at++) {
		if (*at == '\\' && at[1] != '\0')
			at++;
	}
	return *at == '"' ? at + 1 : at;
}

/* The next number outside strings; *octets is 0 when there is none. */
static const char *number_find(const char *at, size_t *octets) {
	while (*at != '\0') {
		if (*at == '"') {
			at = string_skip(at);
			continue;
		}
		if (*at == '-' || (*at >= '0' && *at <= '9'))
			break;
		at++;
	}
	*octets = strspn(at, NUMBER_OCTETS);
	return at;
}

static bool number_replace(cJSON *item, const char *digits, size_t octets) {
	char *copy = cJSON_malloc(octets + 1);

	if (copy == NULL)
		return false;
	memcpy(copy, digits, octets);
	copy[octets] = '\0';
	item->type = (item->type & ~0xff) | cJSON_Raw;
	item->valuestring = copy; // cJSON_Delete frees it
	return true;
}

/* Numbers stand in a text in the order in which a walk in depth meets them in its tree. */
static bool numbers_replace(cJSON *item, const char **at) {
	size_t octets;

	for (; item != NULL; item = item->next) {
		if (cJSON_IsNumber(item)) {
			*at = number_find(*at, &octets);
			if (octets == 0 || !number_replace(item, *at, octets))
				return false;
			*at += octets;
		}
		if (!numbers_replace(item->child, at))
			return false;
	}
	return true;
}

cJSON *exact_parse(const char *text) {
	cJSON *tree = cJSON_ParseWithOpts(text, NULL, true);

	if (tree != NULL && !numbers_replace(tree, &text)) {
		cJSON_Delete(tree);
		return NULL;
	}
	return tree;
}

void exact_neutralise(cJSON *tree) {
	for (cJSON *item = tree; item != NULL; item = item->next) {
		if (item->valuestring != NULL)
			utf8_neutralise(item->valuestring);
		if (item->string != NULL)
			utf8_neutralise(item->string);
		exact_neutralise(item->child);
	}
}

/* cJSON escapes C0 inside strings; what is left of it here is its own tabs and line ends. */
static void text_print(FILE *file, const char *text) {
	const uint8_t *at = (const uint8_t *)text;
	const uint8_t *end = at + strlen(text);

	while (at < end) {
		const size_t octets = utf8_octets(at, end);
		if (octets == 0)
			fputc('?', file);
		else if (utf8_is_control(at, octets) && *at >= 0x7f)
			fprintf(file, "\\u%04x", octets == 1 ? *at : at[1]);
		else
			fwrite(at, 1, octets, file);
		at += octets == 0 ? 1 : octets;
	}
}

/* Takes `text` over, which cJSON made; NULL: it had no memory. */
static int print_and_free(FILE *file, char *text) {
	if (text == NULL)
		return -1;
	text_print(file, text);
	fputc('\n', file);
	cJSON_free(text);
	return 0;
}

int exact_line_print(FILE *file, const cJSON *tree) {
	return print_and_free(file, cJSON_PrintUnformatted(tree));
}

int exact_print(FILE *file, const cJSON *tree) {
	return print_and_free(file, cJSON_Print(tree));
}
