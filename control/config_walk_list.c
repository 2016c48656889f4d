/* SPDX-License-Identifier: BSD-3-Clause */
/* Lists whose items have words of their own: links, services, the CAKs of a key chain. Here stand
 * the defaults that depend on other words. */
#include "control/config_time.h"
#include "control/config_walk.h"

#include <stdlib.h>

/* How far the clocks of two ends may differ unless the file says otherwise. */
#define ACCEPT_MARGIN_S 3600
#define TIME_IS_NOT_GIVEN INT64_MIN

/* Zeroed room for the items of a list, or NULL after a report. `items` and `opening` are for
 * messages: "links", "- name:". */
static void *list_alloc(
	struct config_report *report, const struct config_word *word, struct config_node *node,
	uint32_t maximum, size_t item_octets, const char *items, const char *opening
) {
	size_t n = node->kind == NODE_LIST ? config_node_count(node) : 0;
	void *list;

	if (n == 0 || n > maximum) {
		config_node_problem(
			report, node, "'%s' needs a list of 1 to %u %s; begin each with '%s'",
			word->word, maximum, items, opening
		);
		return NULL;
	}
	list = calloc(n, item_octets);
	if (list == NULL)
		config_report_no_memory(report);
	return list;
}

static void fill_link_defaults(const struct config_node *item, struct config_link *link) {
	const struct config_node *macsec = config_node_find(item, "macsec");

	if (config_node_find(macsec, "allowed-suites") == NULL)
		link->allowed_suites = (1u << SUITE_COUNT) - 1;
	if (config_node_find(macsec, "on-failure") == NULL)
		link->on_failure =
			link->policy == POLICY_SHOULD_SECURE ? FAILURE_ALLOW : FAILURE_DROP;
}

static void read_link(
	struct config_report *report, const struct config_word *word, struct config_node *item,
	struct config_link *link
) {
	link->mark = item->mark;
	if (item->kind != NODE_MAP) {
		config_node_problem(
			report, item, "a link needs words of its own; begin it with '- name:'"
		);
		return;
	}
	config_walk_map(report, word->map, item, link);
	fill_link_defaults(item, link);
}

CONFIG_READER(config_read_links) {
	void *whole = (uint8_t *)field - offsetof(struct config, links);
	struct config *config = whole;

	config->links = list_alloc(
		report, word, node, CONFIG_LINKS_MAX, sizeof(config->links[0]), "links", "- name:"
	);
	for (struct config_node *item = node->first; config->links != NULL && item != NULL;
	     item = item->next)
		read_link(report, word, item, &config->links[config->n_links++]);
}

static void read_service(
	struct config_report *report, const struct config_word *word, struct config_node *item,
	struct config_service *service
) {
	service->mark = item->mark;
	if (item->kind != NODE_MAP)
		config_node_problem(
			report, item, "a service needs words of its own; begin it with '- name:'"
		);
	else
		config_walk_map(report, word->map, item, service);
}

CONFIG_READER(config_read_services) {
	void *whole = (uint8_t *)field - offsetof(struct config, services);
	struct config *config = whole;

	config->services = list_alloc(
		report, word, node, CONFIG_SERVICES_MAX, sizeof(config->services[0]), "services",
		"- name:"
	);
	for (struct config_node *item = node->first; config->services != NULL && item != NULL;
	     item = item->next)
		read_service(report, word, item, &config->services[config->n_services++]);
}

static void read_chain_cak(
	struct config_report *report, const struct config_word *word, struct config_node *item,
	struct config_chain_cak *entry
) {
	entry->mark = item->mark;
	if (item->kind != NODE_MAP) {
		config_node_problem(
			report, item,
			"a CAK of '%s' needs words of its own; begin it with '- ckn:'", word->word
		);
		return;
	}
	entry->cak.is_set = true;
	entry->end_s = CONFIG_TIME_NEVER;
	entry->accept_from_s = entry->accept_until_s = TIME_IS_NOT_GIVEN;
	config_walk_map(report, word->map, item, entry);
	if (entry->accept_from_s == TIME_IS_NOT_GIVEN)
		entry->accept_from_s = entry->start_s - ACCEPT_MARGIN_S;
	if (entry->accept_until_s == TIME_IS_NOT_GIVEN)
		entry->accept_until_s = entry->end_s == CONFIG_TIME_NEVER
						? CONFIG_TIME_NEVER
						: entry->end_s + ACCEPT_MARGIN_S;
}

/* By start; equal ones, which are refused later, as they stand in the file. */
static int compare_starts(const void *a, const void *b) {
	const struct config_chain_cak *x = a, *y = b;

	if (x->start_s != y->start_s)
		return x->start_s < y->start_s ? -1 : 1;
	if (x->mark.line != y->mark.line)
		return x->mark.line < y->mark.line ? -1 : 1;
	return (x->mark.column > y->mark.column) - (x->mark.column < y->mark.column);
}

CONFIG_READER(config_read_chain) {
	void *whole = (uint8_t *)field - offsetof(struct config_link, chain);
	struct config_link *link = whole;
	uint32_t n_problems = report->n_problems;

	link->chain = list_alloc(
		report, word, node, CONFIG_CHAIN_MAX, sizeof(link->chain[0]), "CAKs", "- ckn:"
	);
	for (struct config_node *item = node->first; link->chain != NULL && item != NULL;
	     item = item->next)
		read_chain_cak(report, word, item, &link->chain[link->n_chain++]);
	/* One wrong time would make its neighbours look wrong too. */
	node->is_wrong = node->is_wrong || report->n_problems != n_problems;
	if (link->chain != NULL)
		qsort(link->chain, link->n_chain, sizeof(link->chain[0]), compare_starts);
}
