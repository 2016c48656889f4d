/* SPDX-License-Identifier: BSD-3-Clause */
/* The schema walker: document tree in, struct config out. Knows no YAML, no rule between words. */
#pragma once

#include "control/config_read.h"

CONFIG_READER(config_read_map);   // word->map into the structure that holds the word
CONFIG_READER(config_read_cak);   // word->map into a struct config_cak
CONFIG_READER(config_read_links); // list of config_link_map into config.links

/*
 * Fills a zeroed `config` from the document: values, defaults for words that are missing, problems
 * for what is unknown, missing, doubled or wrong. config->links is owned by the caller also after
 * problems (config_free).
 */
void config_walk(struct config_node *root, struct config *config, struct config_report *report);
