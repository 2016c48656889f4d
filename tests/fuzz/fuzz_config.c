/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Configurations from anywhere. An input that begins with a control character is a program that
 * builds a document tree for the schema walker: no YAML, so many thousands a second. Any other
 * input is the text of a file and takes the whole way through libfyaml. What is accepted must keep
 * every promise of control/config.h; what is refused must have been explained.
 */
#include "control/config_check.h"
#include "control/config_port.h"
#include "control/config_schema.h"
#include "control/config_walk.h"
#include "control/log.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t octets);
const char *__lsan_default_suppressions(void);

/* libfyaml forgets 2 KiB of its own when some broken scalars end the document: "''…''\n ". Ours are
 * looked for in the unit tests, which have no such exception. */
const char *__lsan_default_suppressions(void) {
	return "leak:libfyaml\n";
}

static uint32_t n_lines; // error lines of this input

static void require(bool holds) {
	if (!holds)
		abort();
}

/* Stands in for control/log.c: formats, and checks what a terminal would get. */
int log_error(int errno_value, const char *module, const char *format, ...) {
	char text[4096];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	require(errno_value > 0 && strcmp(module, "config") == 0);
	require(strstr(text, "; ") != NULL || strstr(text, "did you mean") != NULL);
	n_lines++;
	return -errno_value;
}

static bool is_terminated(const char *text, size_t room) {
	return memchr(text, '\0', room) != NULL;
}

static void require_cpus(const struct config_cpus *cpus) {
	require(cpus->n <= CONFIG_CPUS_MAX);
	for (uint16_t i = 0; i < cpus->n; i++)
		for (uint16_t j = 0; j < i; j++)
			require(cpus->id[i] < 1024 && cpus->id[i] != cpus->id[j]);
}

static void require_cak(const struct config_cak *cak) {
	require(cak->is_set && cak->ckn_octets >= 1 && cak->ckn_octets <= CONFIG_CKN_MAX_OCTETS);
	for (size_t i = cak->ckn_octets; i < sizeof(cak->ckn); i++)
		require(cak->ckn[i] == 0);
	require(strncmp(cak->cak_ref, "file:/", 6) == 0);
	require(is_terminated(cak->cak_ref, sizeof(cak->cak_ref)));
}

/* What control/key_chain.c relies on. */
static void require_chain(const struct config_link *link) {
	require(link->n_chain <= CONFIG_CHAIN_MAX && (link->n_chain == 0) == (link->chain == NULL));
	for (uint32_t i = 0; i < link->n_chain; i++) {
		const struct config_chain_cak *cak = &link->chain[i], *next = cak + 1;

		require_cak(&cak->cak);
		require(cak->accept_from_s <= cak->start_s && cak->start_s < cak->end_s);
		require(cak->end_s <= cak->accept_until_s);
		if (i + 1 == link->n_chain)
			break;
		require(cak->start_s < next->start_s && next->start_s <= cak->end_s);
		require(next->accept_from_s + CONFIG_CHAIN_OVERLAP_S <= next->start_s);
		require(next->start_s + CONFIG_CHAIN_OVERLAP_S <= cak->accept_until_s);
	}
}

/* No two CAKs of a link have one name: the KaY finds them by it. */
static void require_names(const struct config_link *link) {
	const struct config_cak *caks[2 + CONFIG_CHAIN_MAX];
	uint32_t n = 0;

	if (link->primary.is_set)
		caks[n++] = &link->primary;
	if (link->fallback.is_set)
		caks[n++] = &link->fallback;
	for (uint32_t i = 0; i < link->n_chain; i++)
		caks[n++] = &link->chain[i].cak;
	for (uint32_t i = 0; i < n; i++)
		for (uint32_t j = 0; j < i; j++)
			require((!link->pad_ckn && caks[i]->ckn_octets != caks[j]->ckn_octets) ||
				memcmp(caks[i]->ckn, caks[j]->ckn, sizeof(caks[i]->ckn)) != 0);
}

static void require_caks(const struct config_link *link) {
	require(link->primary.is_set || link->n_chain > 0);
	if (link->primary.is_set)
		require_cak(&link->primary);
	if (link->fallback.is_set)
		require_cak(&link->fallback);
	require_chain(link);
	require_names(link);
}

static void require_link(const struct config_link *link) {
	struct config_port_identity host = config_port_identify(link->host);
	struct config_port_identity line = config_port_identify(link->line);

	require(link->name[0] != '\0' && is_terminated(link->name, sizeof(link->name)));
	require(is_terminated(link->host, sizeof(link->host)) && config_port_is_valid(link->host));
	require(is_terminated(link->line, sizeof(link->line)) && config_port_is_valid(link->line));
	require(!config_port_is_same(&host, &line));
	require(link->mtu >= 68 && link->mtu <= 9000);
	require_cpus(&link->protect_cpus);
	require_cpus(&link->validate_cpus);
	require(link->suite < SUITE_COUNT && link->policy <= POLICY_SHOULD_SECURE);
	require(link->validate <= VALIDATE_DISABLED);
	if (suite_info(link->suite)->is_xpn)
		require(link->replay_window < 1u << 30 && link->confidentiality_offset == 0);
	require(link->confidentiality || link->confidentiality_offset == 0);
	require(link->bypass < 1u << BYPASS_COUNT && link->vlan_in_clear <= 2);
	require(link->rekey_s == 0 || link->rekey_s >= 30);
	require(link->port_id != 0 && (link->eapol_destination[0] & 1) != 0);
	require(link->allowed_suites < 1u << SUITE_COUNT);
	require((link->allowed_suites >> link->suite & 1) != 0);
	require(link->on_failure <= FAILURE_KEEP_LAST_SAK);
	require(link->on_failure != FAILURE_ALLOW || link->policy == POLICY_SHOULD_SECURE);
	require(!link->delay_protect || link->replay_protect);
	require_caks(link);
}

static void require_config(const struct config *config) {
	require(config->n_links >= 1 && config->n_links <= config->max_links);
	require(config->socket_path[0] == '/' && config->run_dir[0] == '/');
	require(config->file_prefix[0] != '\0' && config->log_level <= LOG_DEBUG);
	require(config->memory_mib == 0 || config->memory_mib >= 64);
	for (size_t i = 0; i < config->n_links; i++)
		require_link(&config->links[i]);
}

/* The texts that a program names by number: words of the schema, and values worth trying. */
static const char *known_text(const struct config_map *map, uint32_t *number) {
	const char *text = NULL;

	for (uint32_t i = 0; i < map->n_words && text == NULL; i++) {
		if ((*number)-- == 0)
			return map->words[i].word;
		if (map->words[i].initial != NULL && (*number)-- == 0)
			return map->words[i].initial;
		if (map->words[i].map != NULL)
			text = known_text(map->words[i].map, number);
	}
	return text;
}

static const char *value_text(uint8_t number) {
	static const char *const values[] = {
		"eth0",
		"eth1",
		"0000:81:00.0",
		"81:00.1",
		"net_memif0,id=1",
		"net_x,iface=eth0",
		"AA01",
		"file:/k",
		"0",
		"1",
		"30",
		"50",
		"9000",
		"false",
		"gcm-aes-128",
		"lldp",
		"",
		"~",
		"00",
		"1073741824",
		"4294967295",
		"4294967296",
		"BB02",
		"file:/l",
		"2026-12-01T00:00:00Z",
		"2026-12-02T00:00:00Z",
		"2026-12-01T00:59:00+01:00",
		"2024-02-29T23:59:59-23:59",
	};
	uint32_t left = number;
	const char *text = known_text(&config_root_map, &left);

	return text != NULL ? text : values[left % (sizeof(values) / sizeof(values[0]))];
}

/* A program: what is left of it, and the tree so far. */
struct program {
	const uint8_t *data;
	size_t left;
	struct config_tree tree;
	struct config_node *parent;
};

static uint8_t next(struct program *program) {
	if (program->left == 0)
		return 0;
	program->left--;
	return *program->data++;
}

/* A known text by its number, or, behind 255, a length and that many octets. */
static const char *next_text(struct program *program) {
	uint8_t number = next(program);
	size_t octets;
	const char *text;

	if (number != 255)
		return value_text(number);
	octets = next(program);
	octets = octets > program->left ? program->left : octets;
	text = config_tree_text(
		&program->tree, (const char *)program->data,
		strnlen((const char *)program->data, octets)
	);
	program->data += octets;
	program->left -= octets;
	return text;
}

/* One instruction: 0 closes, 1 opens a map, 2 a list, 3 adds a text; 4 upwards: quoted text. */
static void step(struct program *program) {
	struct config_node node = {.mark = {1, (uint32_t)program->left + 1}};
	uint8_t code = next(program) % 5;
	struct config_node *added;

	if (code == 0) {
		if (program->parent->parent != NULL)
			program->parent = program->parent->parent;
		return;
	}
	node.key_mark = node.mark;
	if (program->parent->kind == NODE_MAP)
		node.key = next_text(program);
	node.kind = code == 1 ? NODE_MAP : code == 2 ? NODE_LIST : NODE_TEXT;
	node.is_plain = code == 3;
	if (node.kind == NODE_TEXT)
		node.text = next_text(program);
	added = config_tree_add(&program->tree, program->parent, &node);
	require(added != NULL);
	if (node.kind != NODE_TEXT)
		program->parent = added;
}

static void walk_program(const uint8_t *data, size_t octets) {
	struct program program = {.data = data + 1, .left = octets - 1};
	struct config_report report = {.path = "tree"};
	struct config *config = calloc(1, sizeof(*config));
	struct config_node root = {.kind = data[0] % 3 == 1 ? NODE_MAP : NODE_LIST, .mark = {1, 1}};

	require(config != NULL);
	program.parent = config_tree_add(&program.tree, NULL, &root);
	while (program.left > 0)
		step(&program);
	config_walk(program.tree.root, config, &report);
	config_check(program.tree.root, config, &report);
	if (config_report_end(&report) == 0)
		require_config(config);
	else
		require(n_lines > 0 && n_lines <= CONFIG_PROBLEMS_SHOWN_MAX + 1);
	config_free(config);
	config_tree_clear(&program.tree);
}

static void parse_text(const uint8_t *data, size_t octets) {
	struct config *config = NULL;
	int result = config_parse("text", (const char *)data, octets, &config);

	require(result == 0 || (result == -EINVAL && config == NULL && n_lines > 0));
	if (result == 0)
		require_config(config);
	config_free(config);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t octets) {
	n_lines = 0;
	if (octets > 0 && data[0] < '\t')
		walk_program(data, octets);
	else
		parse_text(data, octets);
	return 0;
}
