/* SPDX-License-Identifier: BSD-3-Clause */
/* Whether an edited configuration file says what it should, and nothing else has changed. */
#pragma once

#include "control/ctl/config_edit.h"

#include <stdbool.h>

/*
 * Both parse the text that an edit has made and compare its document with that of the text before,
 * node by node. False when they differ in anything but the intended; the configuration's parser
 * has said what it found wrong, if it did.
 */
bool config_proof_added(
	const struct config_edit *edit, const struct config_text *made, int64_t start_s,
	int64_t accept_from_s
);
bool config_proof_promoted(const struct config_edit *edit, const struct config_text *made);
