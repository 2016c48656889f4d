/* SPDX-License-Identifier: BSD-3-Clause */
/* The command line of cloud_probe. */
#pragma once

#include "control/cloud/service.h"

#include <stdbool.h>
#include <stdint.h>

enum probe_action { PROBE_LOOK, PROBE_FETCH, PROBE_IMPORT };

struct probe_options {
	enum probe_action action;
	struct service_key key;
	uint32_t repeat;
	bool until_ok, hold;
	const char *name;         // import: of the new key
	const char *payload_file; // import: base64
};

/*
 * Reads the command line; ends the process with status 2 and a line on standard error when it is
 * not understood.
 */
void probe_options_read(int n, char **words, struct probe_options *out);
