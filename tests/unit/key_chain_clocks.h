/* SPDX-License-Identifier: BSD-3-Clause */
/* A key chain of three CAKs and the two clocks of an appliance, in the hands of a test. */
#pragma once

#include "control/key_chain.h"

#include <criterion/criterion.h>

#include <string.h>

#define NS 1000000000ll
#define DAY 86400ll
#define EPOCH KEY_CHAIN_CLOCK_SET_S // where tests count their seconds from: the clock is set
#define BEGIN 5000 // what the monotonic clock shows at the start of each test, in seconds

#define FROM_TO(from, start, end, until)                                     \
	{                                                                    \
		.accept_from_s = EPOCH + (from), .start_s = EPOCH + (start), \
		.end_s = EPOCH + (end), .accept_until_s = EPOCH + (until),   \
	}

/* They overlap by 100 s. */
static struct config_chain_cak three[] = {
	FROM_TO(900, 1000, 2000, 2100),
	FROM_TO(1900, 2000, 3000, 3100),
	FROM_TO(2900, 3000, 4000, 4100),
};
static const struct config_link chain_only = {.n_chain = 3, .chain = three};

struct appliance {
	struct key_chain chain;
	int64_t wall_ns;
	uint64_t now_ns;
	char letters[80];
};

/* since_ns: after EPOCH. */
static inline struct appliance appliance_at(const struct config_link *link, int64_t since_ns) {
	struct appliance appliance = {.wall_ns = EPOCH * NS + since_ns, .now_ns = BEGIN * NS};

	key_chain_begin(&appliance.chain, link, appliance.wall_ns, appliance.now_ns);
	return appliance;
}

/* Time passes on both clocks. */
static inline bool pass(struct appliance *appliance, int64_t ns) {
	appliance->wall_ns += ns;
	appliance->now_ns += (uint64_t)ns;
	return key_chain_look(&appliance->chain, appliance->wall_ns, appliance->now_ns);
}

/* Somebody sets the wall clock. */
static inline bool set(struct appliance *appliance, int64_t ns) {
	appliance->wall_ns += ns;
	return key_chain_look(&appliance->chain, appliance->wall_ns, appliance->now_ns);
}

/* One letter for each CAK: '-' not, 'a' accept, 'S' send. */
static inline const char *uses(struct appliance *appliance) {
	uint32_t n = key_chain_count(&appliance->chain);

	for (uint32_t i = 0; i < n; i++)
		appliance->letters[i] = "-aS"[key_chain_at(&appliance->chain, i).use];
	appliance->letters[n] = '\0';
	return appliance->letters;
}

/* Seconds from now to the next change; -1: never. */
static inline double next_change_s(const struct appliance *appliance) {
	uint64_t next_ns = key_chain_next_change(&appliance->chain);

	return next_ns == KEY_CHAIN_NEVER ? -1 : (double)(next_ns - appliance->now_ns) / NS;
}
