/* SPDX-License-Identifier: BSD-3-Clause */
/* Rules between words of the configuration, which the schema tables cannot say. */
#pragma once

#include "control/config_report.h"
#include "control/config_tree.h"

/*
 * Reports every broken rule of a walked configuration. `root` is the document it was read from, for
 * marks; words that the walker found wrong are left out. Pure; control thread.
 */
void config_check(
	const struct config_node *root, const struct config *config, struct config_report *report
);
