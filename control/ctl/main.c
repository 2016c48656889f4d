/* SPDX-License-Identifier: BSD-3-Clause */
/* macsecctl's command line. */
#include "control/ctl/commands.h"
#include "control/ctl/ctl.h"

#include <argp.h>
#include <errno.h>
#include <locale.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TIMEOUT_S 5u
#define TIMEOUT_MAX_S 3600u
#define LIMIT_S 900u
#define LIMIT_MAX_S 86400u
#define WORDS_MAX (2u + CTL_OPERANDS_MAX)

const char ctl_default_socket[] = "/run/macsecd/control.sock";

struct command_line {
	struct ctl ctl;
	const char *words[WORDS_MAX];
	size_t n_words;
};

enum option_key { OPTION_JSON = 0x100, OPTION_ALL, OPTION_CKN, OPTION_KEY, OPTION_LIMIT };

#define COUNT_MAX 1024u

static const struct argp_option options[] = {
	{"socket", 's', "PATH", 0,
	 "Control socket (/run/macsecd/control.sock, or what the configuration names)", 0},
	{"timeout", 't', "SECONDS", 0, "Wait this long for an answer (5)", 0},
	{"json", OPTION_JSON, NULL, 0, "Print the result as JSON, as the daemon gave it", 0},
	{"all", OPTION_ALL, NULL, 0, "Print counters that are 0 too", 0},
	{"config", 'c', "FILE", 0, "Configuration file (/etc/macsecd/macsecd.yaml)", 0},
	{"yes", 'y', NULL, 0, "Do not ask; let a key go to a terminal", 0},
	{"ckn", OPTION_CKN, "HEX", 0, "Name of the new CAK, of rotate", 0},
	{"key", OPTION_KEY, "CRN", 0, "Its key, as the configuration names keys, of rotate", 0},
	{"limit", OPTION_LIMIT, "SECONDS", 0, "Wait this long for the new CAK (900), of rotate", 0},
	{"follow", 'f', NULL, 0, "Go on as things happen, of events", 0},
	{"count", 'n', "N", 0, "The last N events (100); end after N rounds, of watch", 0},
	{0},
};

static const char doc[] = "Asks a running macsecd, prepares its keys, and compares it with the IBM "
			  "Cloud Direct Link at the other end.\vCommands:";

enum ctl_status ctl_error(const char *format, ...) {
	va_list args;

	fputs("macsecctl: ", stderr);
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fputc('\n', stderr);
	return CTL_USAGE;
}

static uint32_t
number_read(const char *text, const char *option, uint32_t most, struct argp_state *state) {
	char *end;

	errno = 0;
	const unsigned long value = strtoul(text, &end, 10);
	if (errno != 0 || *end != '\0' || value == 0 || value > most)
		argp_error(state, "--%s takes 1 to %u", option, most);
	return (uint32_t)value;
}

/* Options that only some commands take. False for others. */
static bool option_read_own(int key, char *arg, struct argp_state *state, struct ctl *ctl) {
	switch (key) {
	case 'c':
		ctl->config_path = arg;
		ctl->options |= CTL_OPTION_CONFIG;
		return true;
	case 'y':
		ctl->options |= CTL_OPTION_YES;
		return true;
	case OPTION_CKN:
		ctl->ckn = arg;
		ctl->options |= CTL_OPTION_CKN;
		return true;
	case OPTION_KEY:
		ctl->key = arg;
		ctl->options |= CTL_OPTION_KEY;
		return true;
	case OPTION_LIMIT:
		ctl->limit_s = number_read(arg, "limit", LIMIT_MAX_S, state);
		ctl->options |= CTL_OPTION_LIMIT;
		return true;
	case 'f':
		ctl->follow = true;
		ctl->options |= CTL_OPTION_FOLLOW;
		return true;
	case 'n':
		ctl->count = number_read(arg, "count", COUNT_MAX, state);
		ctl->options |= CTL_OPTION_COUNT;
		return true;
	default:
		return false;
	}
}

static error_t option_read(int key, char *arg, struct argp_state *state) {
	struct command_line *line = state->input;

	switch (key) {
	case 's':
		line->ctl.socket_path = arg;
		return 0;
	case 't':
		line->ctl.timeout_s = number_read(arg, "timeout", TIMEOUT_MAX_S, state);
		return 0;
	case OPTION_JSON:
		line->ctl.json = true;
		return 0;
	case OPTION_ALL:
		line->ctl.all = true;
		return 0;
	case ARGP_KEY_ARG:
		if (line->n_words == WORDS_MAX)
			argp_error(state, "too many operands from \"%s\" on", arg);
		line->words[line->n_words++] = arg;
		return 0;
	case ARGP_KEY_NO_ARGS:
		argp_usage(state);
		return 0;
	default:
		return option_read_own(key, arg, state, &line->ctl) ? 0 : ARGP_ERR_UNKNOWN;
	}
}

/* Puts the commands below the text that stands behind the options. argp frees the result. */
static char *help_write(int key, const char *text, void *input) {
	char *help, *commands;

	(void)input;
	if (key != ARGP_KEY_HELP_POST_DOC)
		return (char *)text;
	commands = commands_help();
	if (commands == NULL || asprintf(&help, "%s\n%s", text, commands) < 0)
		help = (char *)text;
	free(commands);
	return help;
}

int main(int argc, char **argv) {
	static const struct argp argp = {
		.options = options,
		.parser = option_read,
		.args_doc = "COMMAND [OPERAND]...",
		.doc = doc,
		.help_filter = help_write,
	};
	struct command_line line = {
		.ctl =
			{
				.socket_path = ctl_default_socket,
				.timeout_s = TIMEOUT_S,
				.limit_s = LIMIT_S,
				.config_path = "/etc/macsecd/macsecd.yaml",
			},
	};

	setlocale(LC_ALL, "");
	signal(SIGPIPE, SIG_IGN); // a daemon that hangs up is an answer like another
	argp_err_exit_status = CTL_USAGE;
	argp_parse(&argp, argc, argv, 0, NULL, &line);
	const enum ctl_status status = commands_run(&line.ctl, line.words, line.n_words);
	if (fflush(stdout) != 0 || ferror(stdout))
		return (int)ctl_error("standard output: %s", strerror(errno));
	return (int)status;
}
