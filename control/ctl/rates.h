/* SPDX-License-Identifier: BSD-3-Clause */
/* Rates from two answers of link.show. Pure. */
#pragma once

#include <cjson/cJSON.h>

#include <stdint.h>

/*
 * Adds to each link of `now` an object "rates" with what moved since `before`: frames a second that
 * were protected, validated and dropped, and Mbit/s from and to the host. A figure is left out when
 * there is no earlier one of the link (before: NULL, or without it), or when it was greater: the
 * daemon was started anew. Both are trees of exact_parse. Returns 0, or -1 without memory.
 */
int rates_add(cJSON *now, const cJSON *before, uint64_t elapsed_ns);
