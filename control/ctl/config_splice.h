/* SPDX-License-Identifier: BSD-3-Clause */
/* Replacements in a text. Pure. */
#pragma once

#include "control/ctl/config_scalar.h"

/* One replacement; the text grows or shrinks. */
struct config_splice {
	struct config_span span;
	const char *text;
};

/* Makes all n replacements, which do not touch each other; sorts them. Returns the new text, to be
 * freed with free(), and its *octets; NULL without memory. */
char *config_splice_apply(
	const struct config_text *text, struct config_splice *splices, size_t n, size_t *octets
);
