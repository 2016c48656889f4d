/* SPDX-License-Identifier: BSD-3-Clause */
/* macsecd: the appliance's process. Command line, then daemon.c or check.c. */

#include "control/config.h"
#include "control/daemon.h"
#include "control/daemon_run.h"
#include "control/log.h"
#include "control/secret.h"
#include "drivers/log.h"

#include <argp.h>
#include <signal.h>
#include <stdlib.h>

#define DEFAULT_CONFIG "/etc/macsecd/macsecd.yaml"

struct arguments {
	const char *config_path;
	bool is_check;
};

static const struct argp_option options[] = {
	{"config", 'c', "FILE", 0, "configuration file (default " DEFAULT_CONFIG ")", 0},
	{"check", 'C', NULL, 0,
	 "report whether everything is ready, then exit: 0 if nothing failed", 0},
	{0},
};

static error_t parse_option(int key, char *value, struct argp_state *state) {
	struct arguments *arguments = state->input;

	switch (key) {
	case 'c':
		arguments->config_path = value;
		return 0;
	case 'C':
		arguments->is_check = true;
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static void print_version(FILE *stream, struct argp_state *state) {
	(void)state;
	fprintf(stream, "macsecd %s\n", daemon_version());
}

static int driver_error_to_log(int errno_value, const char *module, const char *text) {
	return log_error(errno_value, module, "%s", text);
}

static void driver_info_to_log(const char *module, const char *text) {
	log_info(module, "%s", text);
}

/*
 * Until the event loop watches them, signals wait: an end in the middle of start-up must not leave
 * a port taken over. Threads inherit this, so only the control thread is ever interrupted. A client
 * that goes away is no reason to die.
 */
static void hold_signals(void) {
	sigset_t held;

	sigemptyset(&held);
	sigaddset(&held, SIGTERM);
	sigaddset(&held, SIGINT);
	sigaddset(&held, SIGHUP);
	sigprocmask(SIG_BLOCK, &held, NULL);
	signal(SIGPIPE, SIG_IGN);
}

static int run(const struct arguments *arguments) {
	struct config *config = NULL;

	if (config_load(arguments->config_path, &config) != 0)
		return EXIT_FAILURE;
	log_set_level((enum log_level)config->log_level);
	if (!arguments->is_check)
		hold_signals();
	if (!arguments->is_check)
		return daemon_run(config) == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
	const unsigned n_failures = check_run(config);
	config_free(config);
	return n_failures == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

int main(int argc, char **argv) {
	static const struct argp argp = {
		options,
		parse_option,
		NULL,
		"MACsec (IEEE 802.1AE) appliance: protects what goes from a host port to a line "
		"port.",
		NULL,
		NULL,
		NULL};
	struct arguments arguments = {.config_path = DEFAULT_CONFIG};

	argp_program_version_hook = print_version;
	if (argp_parse(&argp, argc, argv, 0, NULL, &arguments) != 0)
		return EXIT_FAILURE;
	driver_log_set(driver_error_to_log, driver_info_to_log);
	if (secret_init() != 0)
		return EXIT_FAILURE;
	const int status = run(&arguments);
	secret_shutdown();
	return status;
}
