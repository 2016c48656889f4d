/* SPDX-License-Identifier: BSD-3-Clause */
/* macsecctl's command line. */
#include "control/ctl/ctl.h"

#include <argp.h>
#include <errno.h>
#include <locale.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SOCKET_PATH "/run/macsecd/control.sock"
#define TIMEOUT_S 5u
#define TIMEOUT_MAX_S 3600u
#define SUSPEND_S 60u
#define SUSPEND_MAX_S 120u // 802.1X 9.18
#define WORDS_MAX 3u

enum link_operand { LINK_NEVER, LINK_OPTIONAL, LINK_NEEDED };

struct command {
	const char *verb;
	const char *noun; // NULL: the verb stands alone
	enum link_operand link;
	bool takes_seconds; // operand SECONDS behind the link
	enum ctl_status (*run)(const struct ctl *ctl, const char *link);
};

static const struct command commands[] = {
	{"status", NULL, LINK_OPTIONAL, false, ctl_status_command},
	{"doctor", NULL, LINK_OPTIONAL, false, ctl_doctor},
	{"show", "link", LINK_OPTIONAL, false, ctl_show_link},
	{"show", "mka", LINK_OPTIONAL, false, ctl_show_mka},
	{"show", "sa", LINK_OPTIONAL, false, ctl_show_sa},
	{"show", "counters", LINK_OPTIONAL, false, ctl_show_counters},
	{"rekey", NULL, LINK_NEEDED, false, ctl_rekey},
	{"suspend", NULL, LINK_NEEDED, true, ctl_suspend},
	{"version", NULL, LINK_NEVER, false, ctl_version},
};
#define COMMANDS (sizeof(commands) / sizeof(commands[0]))

struct command_line {
	struct ctl ctl;
	const char *words[WORDS_MAX];
	size_t n_words;
};

enum option_key { OPTION_JSON = 0x100, OPTION_ALL };

static const struct argp_option options[] = {
	{"socket", 's', "PATH", 0, "Control socket (" SOCKET_PATH ")", 0},
	{"timeout", 't', "SECONDS", 0, "Wait this long for an answer (5)", 0},
	{"json", OPTION_JSON, NULL, 0, "Print the result as JSON, as the daemon gave it", 0},
	{"all", OPTION_ALL, NULL, 0, "Print counters that are 0 too", 0},
	{0},
};

static const char operands[] = "status [LINK]\n"
			       "doctor [LINK]\n"
			       "show link|mka|sa|counters [LINK]\n"
			       "rekey LINK\n"
			       "suspend LINK [SECONDS]\n"
			       "version";

static const char doc[] =
	"Asks a running macsecd, and prints what it says.\v"
	"status             is every link secured, and if not, why?\n"
	"doctor             what is wrong with each link, what shows it, and what to do\n"
	"show link          configuration, agreement and ports\n"
	"show mka           key agreement: ourselves, CAKs, peers, keys, refused MKPDUs\n"
	"show sa            secure associations as the data plane holds them\n"
	"show counters      what happened to every frame\n"
	"rekey              distribute a fresh key now (only the key server can)\n"
	"suspend            announce a restart: peers keep the key for SECONDS (60, at most 120)\n"
	"version            of the daemon, its crypto engine and its age\n"
	"\n"
	"Exit status: 0 all well, or a warning; 1 the thing asked about is wrong (a link is not "
	"secured, a rekey is refused); 2 the command line is wrong or no daemon answers.";

enum ctl_status ctl_error(const char *format, ...) {
	va_list args;

	fputs("macsecctl: ", stderr);
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fputc('\n', stderr);
	return CTL_USAGE;
}

static void timeout_read(const char *text, struct argp_state *state, uint32_t *out) {
	char *end;

	errno = 0;
	const unsigned long value = strtoul(text, &end, 10);
	if (errno != 0 || *end != '\0' || value == 0 || value > TIMEOUT_MAX_S)
		argp_error(state, "--timeout takes 1 to %u seconds", TIMEOUT_MAX_S);
	*out = (uint32_t)value;
}

static error_t option_read(int key, char *arg, struct argp_state *state) {
	struct command_line *line = state->input;

	switch (key) {
	case 's':
		line->ctl.socket_path = arg;
		return 0;
	case 't':
		timeout_read(arg, state, &line->ctl.timeout_s);
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
		return ARGP_ERR_UNKNOWN;
	}
}

static const struct command *command_find(const struct command_line *line) {
	for (size_t i = 0; i < COMMANDS; i++) {
		const struct command *command = &commands[i];
		if (strcmp(command->verb, line->words[0]) != 0)
			continue;
		if (command->noun == NULL)
			return command;
		if (line->n_words > 1 && strcmp(command->noun, line->words[1]) == 0)
			return command;
	}
	return NULL;
}

/* The operand SECONDS; without one the default. Returns 0 when it is none. */
static uint32_t seconds_read(const char *text) {
	char *end;

	if (text == NULL)
		return SUSPEND_S;
	errno = 0;
	const unsigned long value = strtoul(text, &end, 10);
	const bool is_number = text[0] >= '0' && text[0] <= '9' && errno == 0 && *end == '\0';
	return is_number && value <= SUSPEND_MAX_S ? (uint32_t)value : 0;
}

static enum ctl_status command_run(struct command_line *line) {
	const struct command *command = command_find(line);

	if (command == NULL)
		return ctl_error("no such command; there are:\n%s", operands);
	const size_t own_words = command->noun == NULL ? 1 : 2;
	const size_t link_word = own_words, seconds_word = own_words + 1;
	const char *link = line->n_words > link_word ? line->words[link_word] : NULL;
	const char *seconds = line->n_words > seconds_word ? line->words[seconds_word] : NULL;

	if (line->n_words > own_words + (command->link != LINK_NEVER) + command->takes_seconds)
		return ctl_error("%s: too many operands", command->verb);
	if (command->link == LINK_NEEDED && link == NULL)
		return ctl_error("%s: name a link", command->verb);
	line->ctl.seconds = seconds_read(seconds);
	if (command->takes_seconds && line->ctl.seconds == 0)
		return ctl_error("%s takes 1 to %u seconds", command->verb, SUSPEND_MAX_S);
	return command->run(&line->ctl, link);
}

int main(int argc, char **argv) {
	static const struct argp argp = {
		.options = options, .parser = option_read, .args_doc = operands, .doc = doc};
	struct command_line line = {
		.ctl = {.socket_path = SOCKET_PATH, .timeout_s = TIMEOUT_S},
	};

	setlocale(LC_ALL, "");
	signal(SIGPIPE, SIG_IGN); // a daemon that hangs up is an answer like another
	argp_err_exit_status = CTL_USAGE;
	argp_parse(&argp, argc, argv, 0, NULL, &line);
	const enum ctl_status status = command_run(&line);
	if (fflush(stdout) != 0 || ferror(stdout))
		return (int)ctl_error("standard output: %s", strerror(errno));
	return (int)status;
}
