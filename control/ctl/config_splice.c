/* SPDX-License-Identifier: BSD-3-Clause */
/* One pass over the text, from splice to splice; the contract is in config_splice.h. */
#include "control/ctl/config_splice.h"

#include <stdlib.h>
#include <string.h>

static int by_place(const void *a, const void *b) {
	const struct config_splice *left = a, *right = b;

	return left->span.at < right->span.at ? -1 : left->span.at > right->span.at;
}

char *config_splice_apply(
	const struct config_text *text, struct config_splice *splices, size_t n, size_t *octets
) {
	size_t at = 0, made = 0, room = text->octets;
	char *result;

	qsort(splices, n, sizeof(splices[0]), by_place);
	for (size_t i = 0; i < n; i++)
		room += strlen(splices[i].text);
	result = malloc(room + 1);
	if (result == NULL)
		return NULL;
	for (size_t i = 0; i < n; i++) {
		const size_t before = splices[i].span.at - at;
		const size_t put = strlen(splices[i].text);

		memcpy(result + made, text->text + at, before);
		memcpy(result + made + before, splices[i].text, put);
		made += before + put;
		at = splices[i].span.at + splices[i].span.octets;
	}
	memcpy(result + made, text->text + at, text->octets - at);
	*octets = made + text->octets - at;
	return result;
}
