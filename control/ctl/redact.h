/* SPDX-License-Identifier: BSD-3-Clause */
/* A configuration file without what could be a secret in it. Pure. */
#pragma once

#include <stdio.h>

/*
 * Writes a text without words that could be key material or a credential: 32 and more hexadecimal
 * digits, 40 and more mixed characters of base64. Names of CAKs (after "ckn:") and references
 * (files, UUIDs, the account in a CRN) stay. A configuration has no secrets by its rules; this is
 * for one that breaks them. text: hostile; control characters other than line ends become '?'.
 */
void redact_print(FILE *file, const char *text);
