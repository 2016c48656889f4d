/* SPDX-License-Identifier: BSD-3-Clause */
/* Asking the services about keys, for lines of a check. */
#pragma once

#include "control/ctl/desk.h"
#include "control/ctl/key_judge.h"

/* Adds all lines about the key that a CAK names: of the cloud, or in a file. */
void key_inspect(
	struct desk *desk, const struct config_cak *cak, const struct key_subject *subject,
	struct verdicts *verdicts
);
