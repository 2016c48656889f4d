/* SPDX-License-Identifier: BSD-3-Clause */
/* Rules about the CAKs of one link: which must be there, their names, the times of a key chain. */
#pragma once

#include "control/config_report.h"
#include "control/config_tree.h"

/*
 * Reports every broken rule. `node` is the link's item of the document; what the walker found wrong
 * is left out. Pure; control thread.
 */
void config_check_keys(
	const struct config_node *node, const struct config_link *link, struct config_report *report
);
