/* SPDX-License-Identifier: BSD-3-Clause */
/* The commands of macsecctl as one table: words, operands, options, what they do. */
#pragma once

#include "control/ctl/ctl.h"

#include <stddef.h>

/* Runs the command that the words name (n of them, at least one). */
enum ctl_status commands_run(struct ctl *ctl, const char *const *words, size_t n);

/* The part of --help about them, to be freed with free(); NULL without memory. */
char *commands_help(void);
