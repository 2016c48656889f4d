/* SPDX-License-Identifier: BSD-3-Clause */
/* A configuration file as text, and its replacement at one stroke. Failures are reported on
 * standard error. */
#pragma once

#include "control/ctl/ctl.h"

#include <stddef.h>
#include <sys/stat.h>

struct config_file {
	char *path; // the real file, behind symbolic links
	char *text;
	size_t octets;
	struct stat status; // as it was read
};

/* Reads it whole. CTL_OK, or CTL_USAGE with nothing to clear. */
enum ctl_status config_file_read(const char *path, struct config_file *out);

/*
 * Puts other text in its place: a new file beside it with its owner and mode, brought to disk, then
 * renamed over it. Whoever opens the path sees the old text or the new one, whatever happens.
 * CTL_OK, or CTL_USAGE with the old one in place: somebody else has changed it since it was read,
 * or the folder cannot be written.
 */
enum ctl_status
config_file_replace(const struct config_file *file, const char *text, size_t octets);

void config_file_clear(struct config_file *file);
