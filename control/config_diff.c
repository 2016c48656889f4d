/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/config_diff.h"

#include "control/config_schema.h"
#include "control/config_walk.h"

#include <stdio.h>
#include <string.h>

/* Words that are taken over while frames cross, and those that are compared in another way. */
static bool is_taken_over(const struct config_word *word) {
	static const char *const words[] = {"primary", "fallback",  "key-chain", "direct-link",
					    "keys",    "log-level", "links"};

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (strcmp(word->word, words[i]) == 0)
			return true;
	return false;
}

/* The first word of the map whose values differ; NULL: none. Values are octets of zeroed
 * structures, written by the same readers: equal ones are equal to the last octet. */
static const char *difference(const struct config_map *map, const void *from, const void *to) {
	const char *found = NULL;

	for (uint32_t i = 0; i < map->n_words && found == NULL; i++) {
		const struct config_word *word = &map->words[i];
		const uint8_t *a = (const uint8_t *)from + word->offset;
		const uint8_t *b = (const uint8_t *)to + word->offset;

		if (is_taken_over(word))
			continue;
		if (word->read == config_read_map)
			found = difference(word->map, a, b);
		else if (memcmp(a, b, word->octets) != 0)
			found = word->word;
	}
	return found;
}

static bool link_needs_restart(
	const struct config_link *from, const struct config_link *to, char *text, size_t octets
) {
	const char *word;

	if (strcmp(from->name, to->name) != 0) {
		snprintf(text, octets, "link %s in the place of %s", to->name, from->name);
		return true;
	}
	word = difference(&config_link_map, from, to);
	if (word != NULL)
		snprintf(text, octets, "'%s' of link %s", word, to->name);
	return word != NULL;
}

bool config_needs_restart(
	const struct config *from, const struct config *to, char *text, size_t octets
) {
	const char *word = difference(&config_root_map, from, to);

	if (word != NULL) {
		snprintf(text, octets, "'%s'", word);
		return true;
	}
	if (from->n_links != to->n_links) {
		snprintf(text, octets, "the number of links");
		return true;
	}
	for (size_t i = 0; i < from->n_links; i++)
		if (link_needs_restart(&from->links[i], &to->links[i], text, octets))
			return true;
	return false;
}
