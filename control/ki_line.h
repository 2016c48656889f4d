/* SPDX-License-Identifier: BSD-3-Clause */
/* A key identifier as one line of text of fixed length: 24 digits, space, 8 digits, newline. */
#pragma once

#include "control/sak.h"

#include <stdbool.h>

#define KI_LINE_OCTETS 34u

/* Writes KI_LINE_OCTETS octets, newline included, no terminator. */
void ki_line_write(const struct ki *ki, char *line);

/* Reads what ki_line_write writes (lower-case digits only). False, *ki undefined, for all else. */
bool ki_line_read(const char *line, struct ki *ki);
