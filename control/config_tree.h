/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A configuration document as the schema walker sees it: maps, lists and texts with their marks.
 * Does not know YAML, so that tests and the fuzzer build documents without a parser.
 */
#pragma once

#include "control/config.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* 1024 links with every word but key chains written need 60,000 nodes. */
#define CONFIG_NODES_MAX 100000u

enum config_node_kind { NODE_TEXT, NODE_MAP, NODE_LIST };

struct config_node {
	enum config_node_kind kind;
	bool is_plain;    // a text without quotes: may be a number, true or false
	bool is_wrong;    // set by the walker: a problem was reported, rules do not look at it
	const char *text; // NODE_TEXT: terminated; else NULL
	const char *key;  // below a map: terminated; else NULL
	struct config_mark mark, key_mark;
	struct config_node *parent, *first, *last, *next;
};

struct config_tree_block;

/* Zeroed before first use. */
struct config_tree {
	struct config_node *root;
	struct config_tree_block *blocks; // owned
	uint32_t n_nodes;
};

/*
 * Copies `octets` octets of `text` and a terminator into the tree's memory.
 * Returns the copy, which lives as long as the tree, or NULL when memory runs out.
 */
const char *config_tree_text(struct config_tree *tree, const char *text, size_t octets);

/*
 * Adds a copy of `like` (kind, texts, marks) as the last child of `parent`; NULL: as the root.
 * Texts are not copied: they must live as long as the tree. Returns the node, or NULL when memory
 * runs out or CONFIG_NODES_MAX is reached.
 */
struct config_node *config_tree_add(
	struct config_tree *tree, struct config_node *parent, const struct config_node *like
);

/* The first child of a map with this key; NULL when there is none or `map` is NULL or no map. */
struct config_node *config_node_find(const struct config_node *map, const char *key);

/* Number of children. */
size_t config_node_count(const struct config_node *node);

/* Frees what the tree holds and empties it. */
void config_tree_clear(struct config_tree *tree);
