/* SPDX-License-Identifier: BSD-3-Clause */
/* The contenders of a contest by number, of which some may be absent: a peer whose library is not
 * installed, a second worker on one CPU. Main thread. */
#pragma once

#include "bench/commands.h"
#include "bench/contest.h"
#include "bench/raw.h"

#define LINEUP_MAX 8u

/* Zeroed before first use; stays where it is from the first lineup_add on. */
struct lineup {
	struct contender contender[LINEUP_MAX];
	struct contest contest;
	struct contender *place[LINEUP_MAX]; // NULL: absent
	bool is_wrong;                       // a peer does not do the same work
};

/* The contender with number `which`, below LINEUP_MAX. */
void lineup_add(
	struct lineup *lineup, unsigned which, const char *name, unsigned n_workers,
	const char *(*run)(void *, struct meter *), void *arg
);

/* The same for a peer, which is compared with the engine first. NULL: absent. */
void lineup_add_peer(
	struct lineup *lineup, unsigned which, struct raw *raw, struct peer *peer,
	const char *(*run)(void *, struct meter *), void *arg
);

/* Holds the contest. Returns NULL, or why there are no figures. */
const char *lineup_run(struct lineup *lineup, const struct options *options);

/* Cycles per frame of one of them; NaN when it is absent. */
double lineup_cycles(const struct lineup *lineup, unsigned which);

/* What a rig's row begins with: suite, direction, security, octets. */
void lineup_describe(struct report *report, const struct rig *rig);

/* Makes a rig, has it measured, ends it. Returns NULL, or why there are no figures. */
const char *lineup_with_rig(
	const struct options *options, const struct rig_shape *shape,
	const char *(*measure)(const struct options *options, struct rig *rig)
);
