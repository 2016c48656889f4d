/* SPDX-License-Identifier: BSD-3-Clause */
/* What must hold for a request line before cJSON sees it: cJSON is lenient where we must not be. */
#pragma once

#include <stddef.h>

#define JSON_DEPTH_MAX 32u // cJSON recurses per level; its own limit of 1000 is fixed at its build

/*
 * Looks through a text for what cJSON would let pass: octets that are not UTF-8 (an id would be
 * answered with them), control characters, escaped NULs (they would cut a C string short) and
 * nesting deeper than JSON_DEPTH_MAX. Whether it is JSON at all is left to cJSON.
 * Takes any octets; `octets` without a terminator. Returns NULL, or a constant sentence that says
 * what is wrong. Any thread.
 */
const char *json_check(const char *text, size_t octets);
