/* SPDX-License-Identifier: BSD-3-Clause */
/* Readers of truth values, numbers, choices, and of lists of numbers and choices. */
#include "control/config_nearest.h"
#include "control/config_read.h"

#include <stdio.h>
#include <string.h>

CONFIG_READER(config_read_bool) {
	const char *text = config_node_text(report, word, node, "true or false");
	bool is_true;

	if (text == NULL)
		return;
	is_true = strcmp(text, "true") == 0;
	if (node->is_plain && (is_true || strcmp(text, "false") == 0))
		*(bool *)field = is_true;
	else
		config_node_problem(
			report, node, "'%s' cannot be '%s'; write true or false, without quotes",
			word->word, config_quote(text).text
		);
}

/*
 * Decimal digits only. YAML 1.1 and 1.2 read 010, 0x10, 1_000 and 1:30 differently: none of them
 * is a number here.
 */
static bool parse_number(const struct config_node *node, uint64_t *number) {
	const char *text = node->text;
	size_t n = strspn(text, "0123456789");

	if (!node->is_plain || n == 0 || n > 18 || text[n] != '\0' || (n > 1 && text[0] == '0'))
		return false;
	*number = 0;
	for (size_t i = 0; i < n; i++)
		*number = *number * 10 + (uint64_t)(text[i] - '0');
	return true;
}

static void store_number(void *field, uint16_t octets, uint64_t number) {
	switch (octets) {
	case 1:
		*(uint8_t *)field = (uint8_t)number;
		break;
	case 2:
		*(uint16_t *)field = (uint16_t)number;
		break;
	default:
		*(uint32_t *)field = (uint32_t)number;
		break;
	}
}

static bool is_in_range(const struct config_word *word, uint64_t number) {
	return (number == 0 && word->is_zero_allowed) ||
	       (number >= word->minimum && number <= word->maximum);
}

CONFIG_READER(config_read_number) {
	const char *zero = word->is_zero_allowed ? "0 or " : "";
	const char *text = config_node_text(report, word, node, "a number");
	uint64_t number;

	if (text == NULL)
		return;
	if (!parse_number(node, &number))
		config_node_problem(
			report, node,
			"'%s' is no number: '%s'; write %s%u to %u in decimal digits, without "
			"quotes",
			word->word, config_quote(text).text, zero, word->minimum, word->maximum
		);
	else if (!is_in_range(word, number))
		config_node_problem(
			report, node, "'%s' is out of range: %s; write %s%u to %u", word->word,
			text, zero, word->minimum, word->maximum
		);
	else
		store_number(field, word->octets, number);
}

CONFIG_READER(config_read_offset) {
	const char *text = config_node_text(report, word, node, "0, 30 or 50");
	uint64_t number;

	if (text == NULL)
		return;
	if (parse_number(node, &number) && (number == 0 || number == 30 || number == 50))
		store_number(field, word->octets, number);
	else
		config_node_problem(
			report, node, "'%s' cannot be '%s'; write 0, 30 or 50", word->word,
			config_quote(text).text
		);
}

/* "a, b, c" of all choices. */
static void list_choices(const struct config_word *word, char *list, size_t octets) {
	size_t n = 0;

	list[0] = '\0';
	for (uint32_t i = 0; word->choice(i) != NULL && n < octets; i++)
		n += (size_t
		)snprintf(list + n, octets - n, "%s%s", i == 0 ? "" : ", ", word->choice(i));
}

/* Number of the choice that the node names, or -1 after a report. */
static int find_choice(
	struct config_report *report, const struct config_word *word, struct config_node *node
) {
	struct config_nearest nearest = {0};
	char choices[128];
	const char *text;

	list_choices(word, choices, sizeof(choices));
	text = config_node_text(report, word, node, choices);
	if (text == NULL)
		return -1;
	for (uint32_t i = 0; word->choice(i) != NULL; i++) {
		if (strcmp(text, word->choice(i)) == 0)
			return (int)i;
		config_nearest_offer(&nearest, text, word->choice(i));
	}
	if (nearest.word != NULL)
		config_node_problem(
			report, node, "'%s' cannot be '%s'; did you mean '%s'? (%s)", word->word,
			config_quote(text).text, nearest.word, choices
		);
	else
		config_node_problem(
			report, node, "'%s' cannot be '%s'; write one of %s", word->word,
			config_quote(text).text, choices
		);
	return -1;
}

CONFIG_READER(config_read_choice) {
	int i = find_choice(report, word, node);

	if (i >= 0)
		store_number(field, word->octets, (uint64_t)i);
}

/* True for a list; else a report. `null` is no list either: an empty one is written []. */
static bool
is_list(struct config_report *report, const struct config_word *word, struct config_node *node,
	const char *example) {
	if (node->kind == NODE_LIST)
		return true;
	config_node_problem(report, node, "'%s' needs a list; write %s", word->word, example);
	return false;
}

/* Adds one CPU; false after a report. */
static bool
add_cpu(struct config_report *report, const struct config_word *word, struct config_node *item,
	struct config_cpus *cpus) {
	struct config_word cpu_word = {.word = word->word, .octets = 2, .maximum = 1023};
	uint16_t id = 0;

	config_read_number(report, &cpu_word, item, &id);
	if (item->is_wrong)
		return false;
	for (uint16_t i = 0; i < cpus->n; i++) {
		if (cpus->id[i] == id) {
			config_node_problem(
				report, item, "'%s' names CPU %u twice; keep one", word->word, id
			);
			return false;
		}
	}
	cpus->id[cpus->n++] = id;
	return true;
}

CONFIG_READER(config_read_cpus) {
	struct config_cpus cpus = {0};
	size_t n;

	if (!is_list(report, word, node, "[2, 3]"))
		return;
	n = config_node_count(node);
	if (n < 1 || n > CONFIG_CPUS_MAX) {
		config_node_problem(
			report, node, "'%s' names %zu CPUs; name 1 to %u, or leave '%s' out",
			word->word, n, CONFIG_CPUS_MAX, word->word
		);
		return;
	}
	for (struct config_node *item = node->first; item != NULL; item = item->next)
		if (!add_cpu(report, word, item, &cpus))
			node->is_wrong = true;
	if (!node->is_wrong)
		*(struct config_cpus *)field = cpus;
}

CONFIG_READER(config_read_choices) {
	char example[64];
	uint32_t bits = 0;

	snprintf(example, sizeof(example), "[%s]", word->choice(0));
	if (!is_list(report, word, node, example))
		return;
	for (struct config_node *item = node->first; item != NULL; item = item->next) {
		int i = find_choice(report, word, item);

		if (i >= 0 && (bits >> i & 1) != 0)
			config_node_problem(
				report, item, "'%s' names %s twice; keep one", word->word,
				item->text
			);
		else if (i >= 0)
			bits |= 1u << i;
		node->is_wrong = node->is_wrong || item->is_wrong;
	}
	if (!node->is_wrong)
		*(uint32_t *)field = bits;
}
