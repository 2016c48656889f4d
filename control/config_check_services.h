/* SPDX-License-Identifier: BSD-3-Clause */
/* Rules about services of IBM Cloud, and about the keys and gateways that refer to them. */
#pragma once

#include "control/config_report.h"
#include "control/config_tree.h"

/* Reports every broken rule; what the walker found wrong is left out. Pure; control thread. */
void config_check_services(
	const struct config_node *root, const struct config *config, struct config_report *report
);
