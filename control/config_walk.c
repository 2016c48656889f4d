/* SPDX-License-Identifier: BSD-3-Clause */
/* The schema walker. Recursion is as deep as the schema tables, whatever the document is. */
#include "control/config_walk.h"

#include "control/config_nearest.h"

#include <string.h>

static const struct config_word *find_word(const struct config_map *map, const char *key) {
	for (uint32_t i = 0; i < map->n_words; i++)
		if (strcmp(map->words[i].word, key) == 0)
			return &map->words[i];
	return NULL;
}

/* Name of the map anywhere below `map` that knows the word; NULL: none. */
static const char *home_of(const struct config_map *map, const char *key) {
	const char *home = find_word(map, key) != NULL ? map->name : NULL;

	for (uint32_t i = 0; i < map->n_words && home == NULL; i++)
		if (map->words[i].map != NULL)
			home = home_of(map->words[i].map, key);
	return home;
}

static void report_unknown(
	struct config_report *report, const struct config_map *map, struct config_node *node
) {
	const char *home = home_of(&config_root_map, node->key);
	struct config_nearest nearest = {0};

	for (uint32_t i = 0; i < map->n_words; i++)
		config_nearest_offer(&nearest, node->key, map->words[i].word);
	if (home != NULL)
		config_problem(
			report, &node->key_mark, "word '%s' does not belong in %s; move it to %s",
			node->key, map->name, home
		);
	else if (nearest.word != NULL)
		config_problem(
			report, &node->key_mark, "unknown word '%s' in %s; did you mean '%s'?",
			config_quote(node->key).text, map->name, nearest.word
		);
	else
		config_problem(
			report, &node->key_mark,
			"unknown word '%s' in %s; remove it, or see docs/configuration.md",
			config_quote(node->key).text, map->name
		);
}

/* Reads the value of one word, and keeps its place when somebody asks for it later. */
static void read_word(
	struct config_report *report, const struct config_word *word, struct config_node *node,
	uint8_t *base
) {
	if (word->mark_offset != 0)
		*(struct config_mark *)(void *)(base + word->mark_offset) = node->mark;
	word->read(report, word, node, base + word->offset);
}

static void
read_initial(struct config_report *report, const struct config_word *word, uint8_t *base) {
	struct config_node node = {.kind = NODE_TEXT, .is_plain = true, .text = word->initial};

	if (word->initial != NULL)
		word->read(report, word, &node, base + word->offset);
}

/* A word that is not in the file: an error, or the defaults of the words below it. A CAK or a list
 * that is not there is none: its words have no defaults. */
static void read_absent(
	struct config_report *report, const struct config_map *map, const struct config_word *word,
	const struct config_node *node, uint8_t *base
) {
	struct config_node empty = {.kind = NODE_MAP, .mark = node->mark};

	if (word->is_required)
		config_problem(
			report, &node->mark, "'%s' is missing in %s; add '%s:'", word->word,
			map->name, word->word
		);
	else if (word->read == config_read_map)
		word->read(report, word, &empty, base + word->offset);
}

static void walk_pairs(
	struct config_report *report, const struct config_map *map, struct config_node *node,
	uint8_t *base
) {
	const struct config_node *seen[32] = {0};

	for (struct config_node *child = node->first; child != NULL; child = child->next) {
		const struct config_word *word = find_word(map, child->key);

		if (word == NULL) {
			report_unknown(report, map, child);
		} else if (seen[word - map->words] != NULL) {
			config_problem(
				report, &child->key_mark,
				"'%s' stands twice in %s, first in line %u; keep one", word->word,
				map->name, seen[word - map->words]->key_mark.line
			);
		} else {
			seen[word - map->words] = child;
			read_word(report, word, child, base);
		}
	}
}

void config_walk_map(
	struct config_report *report, const struct config_map *map, struct config_node *node,
	void *base
) {
	/* Defaults first: a wrong value leaves the default in place. */
	for (uint32_t i = 0; i < map->n_words; i++) {
		read_initial(report, &map->words[i], base);
		if (config_node_find(node, map->words[i].word) == NULL)
			read_absent(report, map, &map->words[i], node, base);
	}
	walk_pairs(report, map, node, base);
}

/* True for a map; else a report. */
static bool is_map(struct config_report *report, const char *name, struct config_node *node) {
	if (node->kind == NODE_MAP)
		return true;
	config_node_problem(
		report, node, "'%s' needs words of its own; write them below, indented", name
	);
	return false;
}

CONFIG_READER(config_read_map) {
	if (is_map(report, word->word, node))
		config_walk_map(report, word->map, node, field);
}

CONFIG_READER(config_read_cak) {
	struct config_cak *cak = field;

	if (!is_map(report, word->word, node))
		return;
	config_walk_map(report, word->map, node, cak);
	cak->is_set = true;
}

/* Not config_read_map: without the word nothing below it is required. */
CONFIG_READER(config_read_direct_link) {
	struct config_direct_link *direct_link = field;

	if (!is_map(report, word->word, node))
		return;
	direct_link->mark = node->mark;
	config_walk_map(report, word->map, node, direct_link);
}

void config_walk(struct config_node *root, struct config *config, struct config_report *report) {
	if (root->kind == NODE_MAP)
		config_walk_map(report, &config_root_map, root, config);
	else
		config_node_problem(
			report, root, "the file must begin with a word; write 'links:'"
		);
}
