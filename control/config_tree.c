/* SPDX-License-Identifier: BSD-3-Clause */
/* The document tree, in blocks of memory that are freed together. */
#include "control/config_tree.h"

#include <stdlib.h>
#include <string.h>

#define BLOCK_OCTETS 16384u

struct config_tree_block {
	struct config_tree_block *next;
	size_t used, octets;
	_Alignas(max_align_t) uint8_t memory[];
};

static struct config_tree_block *block_new(struct config_tree *tree, size_t octets) {
	struct config_tree_block *block = malloc(sizeof(*block) + octets);

	if (block == NULL)
		return NULL;
	*block = (struct config_tree_block){.next = tree->blocks, .octets = octets};
	tree->blocks = block;
	return block;
}

static void *tree_take(struct config_tree *tree, size_t octets) {
	size_t rounded = (octets + _Alignof(max_align_t) - 1) & ~(_Alignof(max_align_t) - 1);
	struct config_tree_block *block = tree->blocks;

	if (block == NULL || block->octets - block->used < rounded)
		block = block_new(tree, rounded > BLOCK_OCTETS ? rounded : BLOCK_OCTETS);
	if (block == NULL)
		return NULL;
	block->used += rounded;
	return block->memory + block->used - rounded;
}

const char *config_tree_text(struct config_tree *tree, const char *text, size_t octets) {
	char *copy = tree_take(tree, octets + 1);

	if (copy == NULL)
		return NULL;
	memcpy(copy, text, octets);
	copy[octets] = '\0';
	return copy;
}

struct config_node *config_tree_add(
	struct config_tree *tree, struct config_node *parent, const struct config_node *like
) {
	struct config_node *node;

	if (tree->n_nodes >= CONFIG_NODES_MAX)
		return NULL;
	node = tree_take(tree, sizeof(*node));
	if (node == NULL)
		return NULL;
	*node = *like;
	node->parent = parent;
	node->first = node->last = node->next = NULL;
	tree->n_nodes++;
	if (parent == NULL)
		tree->root = node;
	else if (parent->last == NULL)
		parent->first = parent->last = node;
	else
		parent->last = parent->last->next = node;
	return node;
}

struct config_node *config_node_find(const struct config_node *map, const char *key) {
	struct config_node *child = map == NULL || map->kind != NODE_MAP ? NULL : map->first;

	while (child != NULL && strcmp(child->key, key) != 0)
		child = child->next;
	return child;
}

size_t config_node_count(const struct config_node *node) {
	size_t n = 0;

	for (const struct config_node *child = node->first; child != NULL; child = child->next)
		n++;
	return n;
}

void config_tree_clear(struct config_tree *tree) {
	while (tree->blocks != NULL) {
		struct config_tree_block *block = tree->blocks;

		tree->blocks = block->next;
		free(block);
	}
	*tree = (struct config_tree){0};
}
