/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once

#include <stddef.h>

/*
 * Zeroed memory on cache lines of its own, for what workers share: lanes, rings, counters. Not for
 * keys. Returns NULL without memory; to be freed with free(). Any thread.
 */
void *lines_alloc(size_t octets);
