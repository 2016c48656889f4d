/* SPDX-License-Identifier: BSD-3-Clause */
/* A configuration from file to structure: text checks, YAML, schema, rules between words. */
#include "control/config.h"

#include "control/config_check.h"
#include "control/config_text.h"
#include "control/config_walk.h"
#include "control/config_yaml.h"
#include "control/log.h"
#include "control/read_all.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static struct config *
build(struct config_node *root, const char *path, struct config_report *report) {
	struct config *config = calloc(1, sizeof(*config));

	if (config == NULL) {
		config_report_no_memory(report);
		return NULL;
	}
	memcpy(config->path, path, strlen(path) + 1);
	config_walk(root, config, report);
	config_check(root, config, report);
	return config;
}

int config_parse(const char *path, const char *text, size_t octets, struct config **out) {
	struct config_report report = {.path = path};
	struct config_tree tree = {0};
	struct config *config = NULL;
	int result;

	if (strlen(path) >= sizeof(config->path))
		return log_error(
			ENAMETOOLONG, "config",
			"%s: the path is too long; use one of at most %zu octets", path,
			sizeof(config->path) - 1
		);
	config_text_check(text, octets, &report);
	if (report.n_problems == 0)
		config_yaml_parse(text, octets, &tree, &report);
	if (report.n_problems == 0 && !report.is_out_of_memory)
		config = build(tree.root, path, &report);
	config_tree_clear(&tree);
	result = config_report_end(&report);
	if (result < 0) {
		config_free(config);
		return result;
	}
	*out = config;
	return 0;
}

/* One octet more than allowed is enough to see that a file is too large. */
static int load_open_file(const char *path, int fd, struct config **out) {
	char *text = malloc(CONFIG_FILE_MAX_OCTETS + 1);
	ssize_t octets;
	int result;

	if (text == NULL)
		return log_error(
			ENOMEM, "config", "%s: out of memory; free memory on this machine", path
		);
	octets = read_all(fd, text, CONFIG_FILE_MAX_OCTETS + 1);
	if (octets < 0)
		result = log_error(
			(int)-octets, "config", "%s: cannot be read (%s); check the disk", path,
			strerror((int)-octets)
		);
	else
		result = config_parse(path, text, (size_t)octets, out);
	free(text);
	return result;
}

int config_load(const char *path, struct config **out) {
	/* O_NONBLOCK: opening a FIFO must not wait for a writer. */
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	struct stat status;
	int result;

	if (fd < 0)
		return log_error(
			errno, "config", "%s: cannot be opened (%s); name a readable file with -c",
			path, strerror(errno)
		);
	if (fstat(fd, &status) != 0 || !S_ISREG(status.st_mode))
		result = log_error(
			EINVAL, "config", "%s: is not a regular file; name a YAML file with -c",
			path
		);
	else
		result = load_open_file(path, fd, out);
	close(fd);
	return result;
}

void config_free(struct config *config) {
	if (config == NULL)
		return;
	for (size_t i = 0; i < config->n_links; i++)
		free(config->links[i].chain);
	free(config->links);
	free(config->services);
	free(config);
}

const char *config_policy_word(enum config_policy policy) {
	return policy == POLICY_SHOULD_SECURE ? "should-secure" : "must-secure";
}

const char *config_failure_word(enum config_failure failure) {
	switch (failure) {
	case FAILURE_ALLOW:
		return "allow";
	case FAILURE_KEEP_LAST_SAK:
		return "keep-last-sak";
	default:
		return "drop";
	}
}

const char *config_validate_word(enum config_validate validate) {
	switch (validate) {
	case VALIDATE_CHECK:
		return "check";
	case VALIDATE_DISABLED:
		return "disabled";
	default:
		return "strict";
	}
}

int config_error(
	const struct config *config, const struct config_mark *mark, int errno_value,
	const char *format, ...
) {
	char text[1024];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	if (mark->line == 0)
		return log_error(errno_value, "config", "%s: %s", config->path, text);
	return log_error(
		errno_value, "config", "%s:%u:%u: %s", config->path, mark->line, mark->column, text
	);
}
