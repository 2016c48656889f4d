/* SPDX-License-Identifier: BSD-3-Clause */
/* The known word that a mistyped one resembles most. */
#pragma once

#include <stdint.h>

/* Zeroed before the first offer. */
struct config_nearest {
	const char *word; // NULL: none is near
	uint32_t edits;
};

/*
 * Keeps `known` when fewer edits (insert, delete, replace, swap of neighbours) lead to it from
 * `typed` than to the one kept, and not more than a third of its length. Pure.
 */
void config_nearest_offer(struct config_nearest *nearest, const char *typed, const char *known);
