/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * How often a log line may be said: the same text a few times a second, and texts of one format
 * (they may differ in a number that comes from outside) some more. What is held back is counted and
 * told later. Pure: the clock is the caller's.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define LOG_SAME_PER_S 5u
#define LOG_FORMAT_PER_S 200u
#define LOG_LIMIT_SLOTS 128u
#define LOG_LIMIT_MODULE_OCTETS 16u

/* What was said lately of one text, or one format. */
struct log_limit_slot {
	uint64_t hash; // 0: free
	uint64_t began_ns;
	uint32_t said;
	uint32_t held; // since then
	char module[LOG_LIMIT_MODULE_OCTETS];
};

/* Zeroed before first use. */
struct log_limit {
	uint32_t n_held; // of all slots
	struct log_limit_slot slots[LOG_LIMIT_SLOTS];
};

/*
 * Whether a line of `octets` may be printed now. format: compared by address, so a string constant.
 * False: it was counted. When there is no room to remember a line, it may be printed.
 */
bool log_limit_allows(
	struct log_limit *limit, const char *module, const char *format, const char *text,
	size_t octets, uint64_t now_ns
);

/* Takes what was held back in one slot whose second is over. Returns the number of lines, 0 when
 * there are none; module: of the caller, to be set. */
uint32_t log_limit_told(
	struct log_limit *limit, uint64_t now_ns, char module[static LOG_LIMIT_MODULE_OCTETS]
);
