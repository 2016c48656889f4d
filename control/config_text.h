/* SPDX-License-Identifier: BSD-3-Clause */
/* What is asked of a configuration file before the YAML parser sees it. */
#pragma once

#include "control/config_report.h"

#include <stddef.h>

#define CONFIG_FILE_MAX_OCTETS (1024u * 1024u)
#define CONFIG_LINE_MAX_OCTETS 2000u
#define CONFIG_BLANK_LINES_MAX 200u

/*
 * Reports the first of: too large, not UTF-8, control characters (NUL above all), directives, a
 * line too long, too many blank lines in a row. The parser drops text behind a control character
 * without a word, and takes quadratic time over directives, long lines and blank lines. Pure.
 */
void config_text_check(const char *text, size_t octets, struct config_report *report);
