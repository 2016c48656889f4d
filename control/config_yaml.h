/* SPDX-License-Identifier: BSD-3-Clause */
/* YAML text to document tree, through libfyaml's event parser. */
#pragma once

#include "control/config_report.h"
#include "control/config_tree.h"

#include <stddef.h>

/*
 * Parses `octets` octets of YAML into `tree`, which the caller clears in any case.
 * One document of maps, lists and texts: anchors, aliases, merge keys and tags are refused, so that
 * a small file never grows; depth and number of nodes are bounded. Stops at the first problem and
 * reports it. tree->root is NULL only when a problem was reported. Control thread.
 */
void config_yaml_parse(
	const char *text, size_t octets, struct config_tree *tree, struct config_report *report
);
