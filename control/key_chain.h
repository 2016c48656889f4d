/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Which CAKs of a link take part now: primary, fallback and key chain against a clock that may be
 * stepped. Pure: no clock, no key, no memory of its own; the caller says what its clocks show. One
 * thread.
 *
 * The wall clock is believed through the monotonic one. Where it differs from what the monotonic
 * clock makes of the last believed time by KEY_CHAIN_SLEW_NS at most, it is followed at once. More
 * is a step, believed only when it has lasted KEY_CHAIN_STEP_NS: a clock that jumps back and forth
 * changes no key. A clock that was never set, plainly because it shows a time before
 * KEY_CHAIN_CLOCK_SET_S, is left at once: a machine without a battery clock starts in 1970, and is
 * set a little later.
 *
 * Time never runs backwards for a CAK: what has begun has begun, what has ended has ended.
 */
#pragma once

#include "control/config.h"

#define KEY_CHAIN_SLEW_NS 2000000000ll
#define KEY_CHAIN_STEP_NS 60000000000ull
#define KEY_CHAIN_LOOK_NS 10000000000ull   // steps are seen only so often as the clocks are read
#define KEY_CHAIN_CLOCK_SET_S 1577836800ll // 2020-01-01T00:00:00Z, before this program was made
#define KEY_CHAIN_NEVER UINT64_MAX
#define KEY_CHAIN_OLDEST (INT64_MIN + 1) // rank of primary and fallback; one is left below it

enum key_use {
	KEY_NOT,    // no participant
	KEY_ACCEPT, // a participant runs; a SAK that a key server distributes with it is taken
	KEY_SEND,   // the same, and we may choose it
};

struct key_chain {
	const struct config_link *link; // the caller's; outlives this
	uint64_t now_ns;                // monotonic, at the last look
	int64_t offset_ns;              // believed: wall clock minus monotonic clock
	int64_t step_ns;                // the same of a step that is not believed yet
	uint64_t step_since_ns;         // monotonic; KEY_CHAIN_NEVER: there is no such step
	int64_t reached_ns;             // latest wall-clock time ever believed: where every CAK is
};

/* What a CAK of the link is now. */
struct key_chain_cak {
	const struct config_cak *cak; // in the link's configuration
	enum key_use use;
	bool is_fallback; // chosen only while no other can be agreed
	int64_t rank;     // among those that may be chosen the greater is preferred: the start time
};

/*
 * Begins with what the two clocks show: wall_ns since 1970-01-01T00:00:00Z (not negative), now_ns
 * of a clock that is never set. `link`: as config_load made it; kept by pointer.
 */
void key_chain_begin(
	struct key_chain *chain, const struct config_link *link, int64_t wall_ns, uint64_t now_ns
);

/*
 * Looks at the clocks again; now_ns not below that of the call before. Returns true when a time of
 * the chain was passed: the uses of its CAKs are to be asked anew.
 */
bool key_chain_look(struct key_chain *chain, int64_t wall_ns, uint64_t now_ns);

/* Number of CAKs that the link's configuration names. */
uint32_t key_chain_count(const struct key_chain *chain);

/*
 * CAK number i, below key_chain_count(): primary and fallback, where there are such, then the chain
 * by start. The primary may always be chosen and ranks lowest; so may the fallback, with its mark.
 */
struct key_chain_cak key_chain_at(const struct key_chain *chain, uint32_t i);

/* Monotonic time when the use of a CAK changes next, as far as is known now; KEY_CHAIN_NEVER. */
uint64_t key_chain_next_change(const struct key_chain *chain);

/* Monotonic time when key_chain_look should be called again, at the latest; KEY_CHAIN_NEVER for a
 * link without a chain. */
uint64_t key_chain_next_look(const struct key_chain *chain);

/* True when every CAK of the chain is past its accept-until: nothing but the primary and the
 * fallback, where there are such, is left. The next change is never then. */
bool key_chain_is_over(const struct key_chain *chain);

/* False while the believed clock was plainly never set: it is before KEY_CHAIN_CLOCK_SET_S. */
bool key_chain_clock_is_set(const struct key_chain *chain);

/* How far the wall clock is ahead (negative: behind) of the believed one by a step that is not
 * believed yet, in nanoseconds; 0: there is none. */
int64_t key_chain_step(const struct key_chain *chain);
