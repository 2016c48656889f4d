/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Documents are compared, not structures: whatever words the configuration has or will have, none
 * of them can change unseen. The contract is in config_proof.h.
 */
#include "control/ctl/config_proof.h"

#include "control/ckn.h"
#include "control/config_tree.h"
#include "control/config_yaml.h"

#include <string.h>
#include <strings.h>

/* The file before and after. */
struct pair {
	struct config_tree before, after;
};

static bool
pair_parse(const struct config_edit *edit, const struct config_text *made, struct pair *pair) {
	struct config_report report = {.path = edit->config->path};

	*pair = (struct pair){0};
	config_yaml_parse(edit->text.text, edit->text.octets, &pair->before, &report);
	config_yaml_parse(made->text, made->octets, &pair->after, &report);
	return config_report_end(&report) == 0;
}

static void pair_clear(struct pair *pair) {
	config_tree_clear(&pair->before);
	config_tree_clear(&pair->after);
}

static bool is_same_text(const char *a, const char *b) {
	return a == b || (a != NULL && b != NULL && strcmp(a, b) == 0);
}

/* Nodes that are passed over, one of each document; NULL: none. */
struct extras {
	const struct config_node *a, *b;
};

static const struct config_node *
passed(const struct config_node *node, const struct config_node *extra) {
	return node != NULL && node == extra ? node->next : node;
}

/* Equal but for their places and the extras. Depth is the parser's to bound. */
static bool is_same_but(
	const struct config_node *one, const struct config_node *other, const struct extras *extras
) {
	const struct config_node *a = passed(one->first, extras->a);
	const struct config_node *b = passed(other->first, extras->b);

	if (one->kind != other->kind || one->is_plain != other->is_plain ||
	    !is_same_text(one->text, other->text) || !is_same_text(one->key, other->key))
		return false;
	while (a != NULL && b != NULL) {
		if (!is_same_but(a, b, extras))
			return false;
		a = passed(a->next, extras->a);
		b = passed(b->next, extras->b);
	}
	return a == NULL && b == NULL;
}

/* The map 'mka' of the edited link. */
static struct config_node *mka_find(struct config_tree *tree, const char *link) {
	struct config_node *links = config_node_find(tree->root, "links");

	for (struct config_node *item = links == NULL ? NULL : links->first; item != NULL;
	     item = item->next) {
		const struct config_node *name = config_node_find(item, "name");

		if (name != NULL && is_same_text(name->text, link))
			return config_node_find(item, "mka");
	}
	return NULL;
}

static bool is_cak(const struct config_cak *cak, const struct config_edit *edit) {
	return cak->is_set &&
	       strcasecmp(ckn_text(cak->ckn, cak->ckn_octets).text, edit->ckn) == 0 &&
	       strcmp(cak->cak_ref, edit->reference) == 0;
}

static const struct config_link *link_find(const struct config *config, const char *name) {
	for (size_t i = 0; i < config->n_links; i++)
		if (strcmp(config->links[i].name, name) == 0)
			return &config->links[i];
	return NULL;
}

/* The edited text as the daemon will read it, or NULL after complaints. */
static struct config *parse(const struct config_edit *edit, const struct config_text *made) {
	struct config *config = NULL;

	if (config_parse(edit->config->path, made->text, made->octets, &config) < 0)
		return NULL;
	return config;
}

static bool is_added(
	const struct config_edit *edit, const struct config *config, int64_t start_s,
	int64_t accept_from_s
) {
	const struct config_link *link = link_find(config, edit->link->name);

	if (link == NULL || link->n_chain != 1)
		return false;
	const struct config_chain_cak *item = link->chain;
	struct config_cak cak = item->cak;

	cak.is_set = true;
	return is_cak(&cak, edit) && item->start_s == start_s &&
	       item->accept_from_s == accept_from_s && item->end_s == INT64_MAX;
}

bool config_proof_added(
	const struct config_edit *edit, const struct config_text *made, int64_t start_s,
	int64_t accept_from_s
) {
	struct config *config = NULL;
	struct pair pair;
	bool holds = pair_parse(edit, made, &pair);

	if (holds) {
		const char *link = edit->link->name;
		const struct extras chains = {
			config_node_find(mka_find(&pair.before, link), "key-chain"),
			config_node_find(mka_find(&pair.after, link), "key-chain"),
		};

		holds = chains.b != NULL && is_same_but(pair.before.root, pair.after.root, &chains);
	}
	pair_clear(&pair);
	if (holds)
		config = parse(edit, made);
	holds = config != NULL && is_added(edit, config, start_s, accept_from_s);
	config_free(config);
	return holds;
}

/* What the edit writes into a scalar: always in quotes. */
static bool text_set(const struct config_node *map, const char *key, const char *text) {
	struct config_node *node = config_node_find(map, key);

	if (node == NULL)
		return false;
	node->text = text;
	node->is_plain = false;
	return true;
}

/* Makes of the document before what it is to become; but for the key chain, which is `extra`. */
static const struct config_node *promote(const struct config_edit *edit, struct pair *pair) {
	const struct config_node *mka = mka_find(&pair->before, edit->link->name);
	const struct config_node *primary = config_node_find(mka, "primary");

	if (!text_set(primary, "ckn", edit->ckn) || !text_set(primary, "cak", edit->reference))
		return NULL;
	return config_node_find(mka, "key-chain");
}

bool config_proof_promoted(const struct config_edit *edit, const struct config_text *made) {
	struct config *config = NULL;
	struct pair pair;
	bool holds = pair_parse(edit, made, &pair);

	if (holds) {
		const struct extras chain = {promote(edit, &pair), NULL};

		holds = chain.a != NULL && is_same_but(pair.before.root, pair.after.root, &chain);
	}
	pair_clear(&pair);
	if (holds)
		config = parse(edit, made);
	if (config != NULL) {
		const struct config_link *link = link_find(config, edit->link->name);

		holds = link != NULL && link->n_chain == 0 && is_cak(&link->primary, edit);
	}
	holds = holds && config != NULL;
	config_free(config);
	return holds;
}
