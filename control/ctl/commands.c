/* SPDX-License-Identifier: BSD-3-Clause */
/* The table of commands; the contract is in commands.h. */
#include "control/ctl/commands.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define HELP_COLUMN 32
#define HELP_WIDTH 78 // argp's own
#define SUSPEND_S 60u
#define SUSPEND_MAX_S 120u // 802.1X 9.18

struct command {
	const char *verb, *noun; // noun NULL: the verb stands alone
	const char *operands;    // as the help shows them; words without '[' are needed
	uint32_t options;        // those it takes beside the common ones
	enum ctl_status (*run)(const struct ctl *ctl, const char *operand);
	const char *help;
};

#define CLOUD CTL_OPTION_CONFIG
#define ROTATE (CLOUD | CTL_OPTION_CKN | CTL_OPTION_KEY | CTL_OPTION_YES | CTL_OPTION_LIMIT)

static enum ctl_status suspend(const struct ctl *ctl, const char *link);

static const struct command commands[] = {
	{"status", NULL, "[LINK]", 0, ctl_status_command,
	 "is every link secured, and if not, why?"},
	{"doctor", NULL, "[LINK]", 0, ctl_doctor,
	 "what is wrong with each link, what shows it, and what to do"},
	{"show", "link", "[LINK]", 0, ctl_show_link, "configuration, agreement and ports"},
	{"show", "mka", "[LINK]", 0, ctl_show_mka,
	 "key agreement: ourselves, CAKs, peers, keys, refused MKPDUs"},
	{"show", "sa", "[LINK]", 0, ctl_show_sa,
	 "secure associations as the data plane holds them"},
	{"show", "counters", "[LINK]", 0, ctl_show_counters, "what happened to every frame"},
	{"show", "keys", "", 0, ctl_show_keys, "keys of IBM Cloud, and what is wrong with them"},
	{"show", "path", "[LINK]", 0, ctl_show_path,
	 "a frame's way: stage by stage, what came and what was dropped"},
	{"events", NULL, "[LINK]", CTL_OPTION_FOLLOW | CTL_OPTION_COUNT, ctl_events,
	 "what happened lately (-n N); with -f also what happens from now on"},
	{"watch", NULL, "[LINK]", CTL_OPTION_COUNT, ctl_watch,
	 "status with rates, once a second until Ctrl-C (-n N: so many times)"},
	{"log", NULL, "[LEVEL] [MODULE]", 0, ctl_log,
	 "log levels; LEVEL sets that of MODULE, or of all: error, warning, info, debug"},
	{"support", NULL, "[FILE]", 0, ctl_support,
	 "everything that helps to find a fault in one text, without secrets"},
	{"reload", NULL, "", 0, ctl_reload,
	 "read the configuration file again and take over what differs"},
	{"rekey", NULL, "LINK", 0, ctl_rekey,
	 "distribute a fresh key now (only the key server can)"},
	{"suspend", NULL, "LINK [SECONDS]", 0, suspend,
	 "announce a restart: peers keep the key for SECONDS (60, at most 120)"},
	{"version", NULL, "", 0, ctl_version, "of the daemon, its crypto engine and its age"},
	{"key", "generate", "[FILE]", CTL_OPTION_YES, ctl_key_generate,
	 "a new CAK: 64 hexadecimal digits, into a new FILE or to standard output"},
	{"key", "encode", "[FILE]", CTL_OPTION_YES, ctl_key_encode,
	 "the form in which IBM Cloud stores a key: base64 of its 64 digits, padded with 0"},
	{"key", "decode", "[FILE]", CTL_OPTION_YES, ctl_key_decode, "the same backwards"},
	{"key", "import", "SERVICE NAME [FILE]", CLOUD, ctl_key_import,
	 "store a key in a service of the configuration, once, and read it back"},
	{"key", "check", "REFERENCE|LINK", CLOUD, ctl_key_check,
	 "everything that could be wrong with a stored key, or with the keys of a link"},
	{"direct-link", "show", "LINK", CLOUD, ctl_direct_link_show,
	 "the gateway's MACsec configuration and CAKs"},
	{"direct-link", "check", "LINK", CLOUD, ctl_direct_link_check,
	 "do both ends agree? field by field, with the fix"},
	{"direct-link", "rotate", "LINK", ROTATE, ctl_direct_link_rotate,
	 "replace the primary CAK at both ends without losing a frame (--ckn, --key)"},
};
#define COMMANDS (sizeof(commands) / sizeof(commands[0]))

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

static enum ctl_status suspend(const struct ctl *ctl, const char *link) {
	const uint32_t seconds = seconds_read(ctl->operands[1]);

	if (seconds == 0)
		return ctl_error("suspend takes 1 to %u seconds", SUSPEND_MAX_S);
	return ctl_suspend(ctl, link, seconds);
}

/* Breaks a text between words, its later lines below the first. */
static void help_print(FILE *file, const char *text) {
	int at = HELP_COLUMN;

	while (*text != '\0') {
		const int octets = (int)strcspn(text, " ");

		if (at > HELP_COLUMN && at + 1 + octets > HELP_WIDTH) {
			fprintf(file, "\n%*s", HELP_COLUMN, "");
			at = HELP_COLUMN;
		} else if (at > HELP_COLUMN) {
			at += fprintf(file, " ");
		}
		at += fprintf(file, "%.*s", octets, text);
		text += octets + (int)strspn(text + octets, " ");
	}
	fputc('\n', file);
}

static void command_print(FILE *file, const struct command *command) {
	const int n =
		fprintf(file, "%s%s%s%s%s", command->verb, command->noun == NULL ? "" : " ",
			command->noun == NULL ? "" : command->noun,
			command->operands[0] == '\0' ? "" : " ", command->operands);

	fprintf(file, "%*s", HELP_COLUMN - n, "");
	help_print(file, command->help);
}

char *commands_help(void) {
	char *text = NULL;
	size_t octets;
	FILE *file = open_memstream(&text, &octets);

	if (file == NULL)
		return NULL;
	for (size_t i = 0; i < COMMANDS; i++)
		command_print(file, &commands[i]);
	fputs("\nA FILE that is not named is standard input or output. Key commands need no "
	      "daemon, and neither do 'direct-link show' and 'check'; they read the configuration "
	      "file (-c).\n\nExit status: 0 all well, or a warning; 1 the thing asked about is "
	      "wrong (a link is not secured, a rekey is refused, a check fails); 2 the command "
	      "line is wrong or no daemon answers.",
	      file);
	fclose(file);
	return text;
}

static const struct command *command_find(const char *const *words, size_t n) {
	for (size_t i = 0; i < COMMANDS; i++) {
		const struct command *command = &commands[i];
		if (strcmp(command->verb, words[0]) != 0)
			continue;
		if (command->noun == NULL)
			return command;
		if (n > 1 && strcmp(command->noun, words[1]) == 0)
			return command;
	}
	return NULL;
}

static size_t operands_least(const struct command *command) {
	size_t n = command->operands[0] != '\0' && command->operands[0] != '[';

	for (const char *c = command->operands; *c != '\0'; c++)
		n += *c == ' ' && c[1] != '[';
	return n;
}

static size_t operands_most(const struct command *command) {
	size_t n = command->operands[0] != '\0';

	for (const char *c = command->operands; *c != '\0'; c++)
		n += *c == ' ';
	return n;
}

static enum ctl_status not_found(const char *const *words, size_t n) {
	ctl_error(
		"no command \"%s%s%s\"; there are:", words[0], n > 1 ? " " : "",
		n > 1 ? words[1] : ""
	);
	for (size_t i = 0; i < COMMANDS; i++)
		command_print(stderr, &commands[i]);
	return CTL_USAGE;
}

enum ctl_status commands_run(struct ctl *ctl, const char *const *words, size_t n) {
	const struct command *command = command_find(words, n);

	if (command == NULL)
		return not_found(words, n);
	const size_t own = command->noun == NULL ? 1 : 2;
	const char *noun = own == 1 ? "" : command->noun, *joint = own == 1 ? "" : " ";

	if (n > own + operands_most(command) || n - own > CTL_OPERANDS_MAX)
		return ctl_error("%s%s%s: too many operands", command->verb, joint, noun);
	if (n < own + operands_least(command))
		return ctl_error(
			"%s%s%s: an operand is missing: %s", command->verb, joint, noun,
			command->operands
		);
	if ((ctl->options & ~command->options) != 0)
		return ctl_error(
			"%s%s%s does not take one of these options; see --help", command->verb,
			joint, noun
		);
	for (size_t i = own; i < n; i++)
		ctl->operands[i - own] = words[i];
	return command->run(ctl, ctl->operands[0]);
}
