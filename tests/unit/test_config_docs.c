/* SPDX-License-Identifier: BSD-3-Clause */
/* The samples load, and the manual names every word of the schema with its default and choices. */
#include "control/config_schema.h"
#include "tests/unit/capture_stderr.h"

#include <criterion/criterion.h>

#include <dirent.h>
#include <stdio.h>

/* A file of the source tree, found from the folder of test vectors. */
static void source_path(char *path, size_t octets, const char *name) {
	const char *vectors = getenv("MACSECD_VECTORS");

	cr_assert_not_null(vectors, "set MACSECD_VECTORS to tests/vectors");
	snprintf(path, octets, "%s/../../%s", vectors, name);
}

static char *read_text(const char *name) {
	char path[1024];
	char *text = calloc(1, 65536);
	FILE *stream;

	source_path(path, sizeof(path), name);
	stream = fopen(path, "r");
	cr_assert_not_null(stream, "%s", path);
	cr_assert(text != NULL && fread(text, 1, 65535, stream) > 0);
	fclose(stream);
	return text;
}

/* The section of the manual about one map: from its heading to the next one. */
static char *section_of(const char *manual, const char *map_name) {
	char heading[64];
	const char *start;
	const char *end;

	/* Map names are quoted in messages: 'macsec'. */
	snprintf(heading, sizeof(heading), "# %.*s\n", (int)strlen(map_name) - 2, map_name + 1);
	start = strstr(manual, heading);
	cr_assert_not_null(start, "no section '%s'", heading);
	end = strstr(start, "\n#");
	return end == NULL ? strdup(start) : strndup(start, (size_t)(end - start));
}

/* The table row of one word. */
static char *row_of(const char *section, const char *word) {
	char first_cell[64];
	const char *start;

	snprintf(first_cell, sizeof(first_cell), "\n| `%s` |", word);
	start = strstr(section, first_cell);
	cr_assert_not_null(start, "docs/configuration.md has no row for '%s'", word);
	return strndup(start + 1, strcspn(start + 1, "\n"));
}

static void assert_row_is_complete(const char *section, const struct config_word *word) {
	char *row = row_of(section, word->word);
	char text[64];

	if (word->initial != NULL) {
		snprintf(text, sizeof(text), "| `%s` |", word->initial);
		cr_assert_not_null(strstr(row, text), "'%s': default %s", word->word, text);
	}
	if (word->is_required)
		cr_assert_not_null(strstr(row, "| required |"), "'%s' is required", word->word);
	for (uint32_t i = 0; word->choice != NULL && word->choice(i) != NULL; i++) {
		snprintf(text, sizeof(text), "`%s`", word->choice(i));
		cr_assert_not_null(strstr(row, text), "'%s': choice %s", word->word, text);
	}
	if (word->maximum != 0) {
		snprintf(text, sizeof(text), "%u to %u", word->minimum, word->maximum);
		cr_assert_not_null(strstr(row, text), "'%s': range %s", word->word, text);
	}
	free(row);
}

static void assert_map_is_described(const char *manual, const struct config_map *map) {
	bool is_link = map == &config_link_map;
	char *section = section_of(manual, is_link ? "'links'" : map->name);

	for (uint32_t i = 0; i < map->n_words; i++) {
		assert_row_is_complete(section, &map->words[i]);
		if (map->words[i].map != NULL)
			assert_map_is_described(manual, map->words[i].map);
	}
	free(section);
}

Test(config_docs, every_word_stands_in_the_manual) {
	char *manual = read_text("docs/configuration.md");

	for (uint32_t i = 0; i < config_root_map.n_words; i++)
		assert_map_is_described(manual, config_root_map.words[i].map);
	free(manual);
}

/* The example that people copy: as the sample has it, and as the text explains it. */
Test(config_docs, key_chain_of_the_manual_is_that_of_the_sample) {
	static const char opening[] = "\n    key-chain:\n";
	char *manual = read_text("docs/configuration.md");
	char *sample = read_text("configs/key-chain.yaml");
	char *example = strstr(manual, opening);
	size_t n_caks = 0;

	cr_assert_not_null(example);
	for (char *line = example + sizeof(opening) - 1; strncmp(line, "      ", 6) == 0;
	     line = strchr(line, '\n') + 1) {
		char text[128];

		/* The manual indents the list by two, the sample by its place in the file. */
		snprintf(text, sizeof(text), "%.*s\n", (int)strcspn(line + 6, "\n"), line + 6);
		cr_assert_not_null(strstr(sample, text), "configs/key-chain.yaml lacks: %s", text);
		n_caks += line[6] == '-';
	}
	cr_assert_eq(n_caks, 3);
	free(sample);
	free(manual);
}

Test(config_docs, manual_has_no_row_for_a_word_that_does_not_exist) {
	char *manual = read_text("docs/configuration.md");
	char *schema = read_text("control/config_schema.c");
	size_t n = 0;

	for (char *row = strstr(manual, "\n| `"); row != NULL;
	     row = strstr(row + 1, "\n| `"), n++) {
		char quoted[64];

		snprintf(quoted, sizeof(quoted), "{\"%.*s\",", (int)strcspn(row + 4, "`"), row + 4);
		cr_assert_not_null(strstr(schema, quoted), "no word %s in the schema", quoted);
	}
	cr_assert_gt(n, 50);
	free(schema);
	free(manual);
}

Test(config_docs, samples_load) {
	char path[1024], file[2048];
	struct dirent *entry;
	size_t n = 0;
	DIR *folder;

	source_path(path, sizeof(path), "configs");
	folder = opendir(path);
	cr_assert_not_null(folder, "%s", path);
	while ((entry = readdir(folder)) != NULL) {
		struct config *config = NULL;
		size_t length = strlen(entry->d_name);

		if (length < 6 || strcmp(entry->d_name + length - 5, ".yaml") != 0)
			continue;
		snprintf(file, sizeof(file), "%s/%s", path, entry->d_name);
		cr_assert_eq(config_load(file, &config), 0, "%s", file);
		cr_assert_gt(config->n_links, 0);
		config_free(config);
		n++;
	}
	closedir(folder);
	cr_assert_geq(n, 4);
}

static void assert_same_link(const struct config_link *a, const struct config_link *b) {
	cr_assert_eq(a->suite, b->suite);
	cr_assert_eq(a->allowed_suites, b->allowed_suites);
	cr_assert_eq(a->confidentiality, b->confidentiality);
	cr_assert_eq(a->confidentiality_offset, b->confidentiality_offset);
	cr_assert_eq(a->policy, b->policy);
	cr_assert_eq(a->on_failure, b->on_failure);
	cr_assert_eq(a->validate, b->validate);
	cr_assert_eq(a->replay_protect, b->replay_protect);
	cr_assert_eq(a->replay_window, b->replay_window);
	cr_assert_eq(a->include_sci, b->include_sci);
	cr_assert_eq(a->bypass, b->bypass);
	cr_assert_eq(a->vlan_in_clear, b->vlan_in_clear);
	cr_assert_eq(a->mtu, b->mtu);
	cr_assert_eq(a->key_server_priority, b->key_server_priority);
	cr_assert_eq(a->rekey_s, b->rekey_s);
	cr_assert_eq(a->rekey_on_peer_loss, b->rekey_on_peer_loss);
	cr_assert_eq(a->delay_protect, b->delay_protect);
	cr_assert_eq(a->accept_suspension, b->accept_suspension);
	cr_assert_eq(a->announce, b->announce);
	cr_assert_eq(a->pad_ckn, b->pad_ckn);
	cr_assert_eq(a->icv_indicator, b->icv_indicator);
	cr_assert_eq(a->port_id, b->port_id);
	cr_assert_arr_eq(a->eapol_destination, b->eapol_destination, 6);
}

/* direct-link.yaml says that it shows the defaults: it must go on doing so. */
Test(config_docs, direct_link_sample_shows_the_defaults) {
	static const char minimal[] = "links: [{name: a, host: b, line: c, "
				      "mka: {primary: {ckn: AA, cak: 'file:/k'}}}]";
	struct config *shown = NULL, *initial = NULL;
	char path[1024];

	source_path(path, sizeof(path), "configs/direct-link.yaml");
	cr_assert_eq(config_load(path, &shown), 0);
	cr_assert_eq(config_parse("minimal", minimal, sizeof(minimal) - 1, &initial), 0);
	assert_same_link(&shown->links[0], &initial->links[0]);
	cr_assert_str_eq(shown->socket_path, initial->socket_path);
	cr_assert_str_eq(shown->run_dir, initial->run_dir);
	cr_assert_eq(shown->log_level, initial->log_level);
	cr_assert_eq(shown->hugepages, initial->hugepages);
	cr_assert_eq(shown->memory_mib, initial->memory_mib);
	cr_assert_eq(shown->max_links, initial->max_links);
	cr_assert_eq(shown->engine, initial->engine);
	cr_assert_eq(shown->polling, initial->polling);
	cr_assert_str_eq(shown->file_prefix, initial->file_prefix);
	config_free(shown);
	config_free(initial);
}
