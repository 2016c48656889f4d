/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * One random life of a group: chaos, then calm. A gentle life has no loss, no cut and no crash, and
 * at every moment a CAK that all members share: no data frame may be lost in it.
 */
#pragma once

#include "tests/sim/world.h"

#define POOL_MAX 5u
#define NEVER_NS UINT64_MAX

enum cak_plan {
	PLAN_ONE,   // one CAK, for ever
	PLAN_FREE,  // any CAK comes, goes and changes at any member
	PLAN_CHAIN, // a key chain, by clocks that differ
};

/* The CAKs that there are in this life; who has which stands in the nodes. */
struct caks {
	enum cak_plan plan;
	unsigned int n;
	struct mka_cak pool[POOL_MAX]; // as they should be
	/* Since when all members have it, may choose it, and agree about it; NEVER_NS. */
	uint64_t common_ns[POOL_MAX];
	/* PLAN_CHAIN, by the true clock. */
	uint64_t accept_ns[POOL_MAX], start_ns[POOL_MAX], end_ns[POOL_MAX];
	int64_t skew_ns[NODES_MAX]; // a member's clock is ahead by this
	uint64_t next_ns;           // when a member's chain changes; NEVER_NS
};

struct life {
	struct world world;
	struct caks caks;
	bool is_gentle;
	uint64_t chaos_ends_ns;
	uint64_t agreed_after_ns; // calm began
	unsigned int restarts, rekeys, jumps, cuts, suspensions, changes, failures, stalls;
};

/* What happens at random (chaos.c). */

/* Members, their settings and the network between them. */
void chaos_prepare(struct life *life);

/* Starts everyone, and runs until chaos ends or a rule is broken. */
void chaos_run(struct life *life);

/* Who has which CAK (caks.c). */

/* After the members: what each is started with. */
void caks_prepare(struct life *life);

/* As world_run, with what the key chains do in that time. */
bool caks_run(struct life *life, uint64_t at_ns, bool (*is_done)(struct world *world));

/* One CAK of one member changes. PLAN_FREE. */
void caks_change(struct life *life);

/* All get the same CAKs, at once. */
void caks_unify(struct life *life);
