/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The words of the configuration file as tables: which word stands where, what it may hold, its
 * default, and where its value goes. docs/configuration.md says what they mean.
 */
#pragma once

#include "control/config_report.h"
#include "control/config_tree.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct config_map;

struct config_word {
	const char *word;
	/* Checks `node` and writes the value to `field`; reports problems and sets
	 * node->is_wrong. */
	void (*read
	)(struct config_report *report, const struct config_word *word, struct config_node *node,
	  void *field);
	uint16_t offset;      // of the field in the structure that the map fills
	uint16_t octets;      // size of the field
	uint16_t mark_offset; // of a struct config_mark for the value's place; 0: none
	bool is_required;
	bool is_zero_allowed;              // numbers: 0 besides minimum..maximum
	uint32_t minimum, maximum;         // numbers
	const char *(*choice)(uint32_t i); // choices: their words, NULL behind the last
	const char *initial;               // default as the file would write it; NULL: all zero
	const struct config_map *map;      // maps: their words
};

struct config_map {
	const char *name; // for messages
	const struct config_word *words;
	uint32_t n_words; // at most 32
};

/* The whole file; fills a struct config. */
extern const struct config_map config_root_map;
/* One item of `links`; fills a struct config_link. */
extern const struct config_map config_link_map;
