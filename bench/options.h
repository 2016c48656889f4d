/* SPDX-License-Identifier: BSD-3-Clause */
/* What all commands have in common on the command line. */
#pragma once

#include "bench/frame_mix.h"
#include "dataplane/crypto.h"

#include <stdbool.h>

#define OPTIONS_MIXES_MAX 16u

struct options;

struct command {
	const char *name;
	const char *help;
	/* Runs it: fills the report. Returns NULL, or why it ended. */
	const char *(*run)(const struct options *options, struct crypto_engine *engine);
};

struct report;

struct options {
	const struct command *command;
	bool is_quick;
	bool is_openssl; // the product's slow engine instead of ipsec-mb
	bool is_integrity_only;
	const char *json_path; // NULL: none
	unsigned window_us;
	double seconds; // of measuring for each line of the table
	enum cipher_suite suite[SUITE_COUNT];
	unsigned n_suites;
	struct frame_mix mix[OPTIONS_MIXES_MAX];
	unsigned n_mixes;
	char *mix_words; // what the mixes' names point into
	struct report *report;
};

/* Reads the command line; ends the process after a message when it is wrong. To be ended with
 * options_free. */
void options_read(struct options *options, int argc, char **argv);
void options_free(struct options *options);

/* A command of this name; NULL when there is none. The list ends with a NULL name. */
extern const struct command commands[];
