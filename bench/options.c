/* SPDX-License-Identifier: BSD-3-Clause */

#include "bench/options.h"

#include <argp.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define ALL_MIXES "64,128,256,512,1024,1280,1518,9000,imix"
#define QUICK_MIXES "64,1518"
#define ALL_SUITES "gcm-aes-128,gcm-aes-256,gcm-aes-xpn-128,gcm-aes-xpn-256"
#define SECONDS 2.0
#define QUICK_SECONDS 0.4
#define WINDOW_US 5000u
#define WINDOW_US_MIN 200
#define WINDOW_US_MAX 100000
#define SECONDS_MAX 60.0 // at most: a 32-bit suite has packet numbers for some minutes

static const struct argp_option argp_options[] = {
	{"sizes", 'l', "LIST", 0,
	 "Frame sizes in octets without FCS, or imix (default " ALL_MIXES "; --quick: " QUICK_MIXES
	 ")",
	 0},
	{"suites", 's', "LIST", 0,
	 "Cipher suites, or all (default gcm-aes-xpn-256; of engine: all, --quick: the default)",
	 0},
	{"integrity", 'i', NULL, 0, "Integrity only, without confidentiality", 0},
	{"seconds", 't', "N", 0, "Measuring time of each line (default 2; --quick: 0.4)", 0},
	{"window", 'w', "US", 0,
	 "Length of a window in microseconds (default 5000); shorter ones survive on a busy "
	 "machine",
	 0},
	{"json", 'j', "FILE", 0, "Write the figures to FILE too", 0},
	{"quick", 'q', NULL, 0, "Few sizes, short runs: to see that it works", 0},
	{"openssl", 'o', NULL, 0, "The product's OpenSSL engine instead of ipsec-mb", 0},
	{0},
};

static bool add_suite(struct options *options, const char *word) {
	for (unsigned i = 0; i < SUITE_COUNT; i++) {
		if (strcmp(word, suite_info(i)->name) != 0)
			continue;
		if (options->n_suites == SUITE_COUNT)
			return false;
		options->suite[options->n_suites++] = i;
		return true;
	}
	return false;
}

static bool add_mix(struct options *options, const char *word) {
	return options->n_mixes < OPTIONS_MIXES_MAX &&
	       frame_mix_read(word, &options->mix[options->n_mixes++]);
}

/* Cuts a list at its commas and adds each word. Returns the word that is wrong, or NULL. */
static const char *
add_all(struct options *options, char *list, bool (*add)(struct options *, const char *)) {
	char *rest;

	for (char *word = strtok_r(list, ",", &rest); word != NULL;
	     word = strtok_r(NULL, ",", &rest))
		if (!add(options, word))
			return word;
	return NULL;
}

static void read_sizes(struct options *options, const char *list, struct argp_state *state) {
	options->n_mixes = 0;
	free(options->mix_words);
	options->mix_words = strdup(list);
	const char *wrong = add_all(options, options->mix_words, add_mix);
	if (wrong != NULL || options->n_mixes == 0)
		argp_error(
			state,
			"--sizes: '%s' is no size of 60 to 9000 octets, nor imix, or one "
			"too many",
			wrong != NULL ? wrong : list
		);
}

static void read_suites(struct options *options, const char *list, struct argp_state *state) {
	char *words = strdup(strcmp(list, "all") == 0 ? ALL_SUITES : list);

	options->n_suites = 0;
	const char *wrong = add_all(options, words, add_suite);
	if (wrong != NULL || options->n_suites == 0)
		argp_error(
			state, "--suites: '%s' is no cipher suite; known: " ALL_SUITES,
			wrong != NULL ? wrong : list
		);
	free(words);
}

static void read_seconds(struct options *options, const char *value, struct argp_state *state) {
	char *end;

	options->seconds = strtod(value, &end);
	if (end == value || *end != '\0' || !(options->seconds > 0) ||
	    options->seconds > SECONDS_MAX)
		argp_error(state, "--seconds: '%s' is not a time up to 60 s", value);
}

static void read_window(struct options *options, const char *value, struct argp_state *state) {
	char *end;
	const long us = strtol(value, &end, 10);

	if (end == value || *end != '\0' || us < WINDOW_US_MIN || us > WINDOW_US_MAX)
		argp_error(state, "--window: '%s' is not 200 to 100000 microseconds", value);
	options->window_us = (unsigned)us;
}

static void read_command(struct options *options, const char *word, struct argp_state *state) {
	if (options->command != NULL)
		argp_error(state, "'%s': one command at a time", word);
	for (const struct command *c = commands; c->name != NULL; c++)
		if (strcmp(word, c->name) == 0)
			options->command = c;
	if (options->command == NULL)
		argp_error(state, "unknown command '%s'", word);
}

/* What depends on other options. */
static void complete(struct options *options, struct argp_state *state) {
	if (options->command == NULL)
		options->command = commands;
	if (options->seconds == 0)
		options->seconds = options->is_quick ? QUICK_SECONDS : SECONDS;
	if (options->n_mixes == 0)
		read_sizes(options, options->is_quick ? QUICK_MIXES : ALL_MIXES, state);
	if (options->n_suites == 0)
		read_suites(
			options,
			strcmp(options->command->name, "engine") == 0 && !options->is_quick
				? "all"
				: "gcm-aes-xpn-256",
			state
		);
}

static error_t parse_option(int key, char *value, struct argp_state *state) {
	struct options *options = state->input;

	switch (key) {
	case 'l':
		read_sizes(options, value, state);
		return 0;
	case 's':
		read_suites(options, value, state);
		return 0;
	case 'i':
		options->is_integrity_only = true;
		return 0;
	case 't':
		read_seconds(options, value, state);
		return 0;
	case 'w':
		read_window(options, value, state);
		return 0;
	case 'j':
		options->json_path = value;
		return 0;
	case 'q':
		options->is_quick = true;
		return 0;
	case 'o':
		options->is_openssl = true;
		return 0;
	case ARGP_KEY_ARG:
		read_command(options, value, state);
		return 0;
	case ARGP_KEY_END:
		complete(options, state);
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

/* The list of commands, behind the options in --help. */
static char *help_filter(int key, const char *text, void *input) {
	char *out = NULL;
	size_t octets = 0;

	(void)input;
	if (key != ARGP_KEY_HELP_POST_DOC)
		return (char *)(uintptr_t)text;
	FILE *file = open_memstream(&out, &octets);
	if (file == NULL)
		return NULL;
	fputs("Commands (default: the first):\n", file);
	for (const struct command *c = commands; c->name != NULL; c++)
		fprintf(file, "  %-9s %s\n", c->name, c->help);
	fclose(file);
	return out;
}

void options_read(struct options *options, int argc, char **argv) {
	static const struct argp argp = {
		argp_options,
		parse_option,
		"[COMMAND]",
		"Measures MACsec on this machine beside its limit and its alternatives."
		"\v ",
		NULL,
		help_filter,
		NULL};

	*options = (struct options){.window_us = WINDOW_US};
	argp_parse(&argp, argc, argv, 0, NULL, options);
}

void options_free(struct options *options) {
	free(options->mix_words);
}
