/* SPDX-License-Identifier: BSD-3-Clause */
/* The schema walker: document tree in, struct config out. Knows no YAML, no rule between words. */
#pragma once

#include "control/config_read.h"

CONFIG_READER(config_read_map);         // word->map into the structure that holds the word
CONFIG_READER(config_read_cak);         // word->map into a struct config_cak
CONFIG_READER(config_read_links);       // list of word->map into config.links
CONFIG_READER(config_read_chain);       // list of word->map into config_link.chain, sorted by start
CONFIG_READER(config_read_services);    // list of word->map into config.services
CONFIG_READER(config_read_direct_link); // word->map into a struct config_direct_link

/*
 * Fills the zeroed structure at `base` from a map node: values, defaults for words that are
 * missing, problems for what is unknown, missing, doubled or wrong.
 */
void config_walk_map(
	struct config_report *report, const struct config_map *map, struct config_node *node,
	void *base
);

/*
 * Fills a zeroed `config` from the document, as config_walk_map does. What it owns then is the
 * caller's also after problems (config_free).
 */
void config_walk(struct config_node *root, struct config *config, struct config_report *report);
