/* SPDX-License-Identifier: BSD-3-Clause */
/* What the gateway's primary CAK means to a rotation. Pure. */
#pragma once

#include "control/cloud/direct_link.h"
#include "control/config.h"

#include <stdbool.h>

enum rotate_theirs {
	ROTATE_THEIRS_OLD,        // our primary CAK, or one that is in nobody's way: to be changed
	ROTATE_THEIRS_NEW,        // the new name and key, on its way or in force
	ROTATE_THEIRS_REFUSED,    // the same, given just now, and the gateway could not take it
	ROTATE_THEIRS_OTHER_KEY,  // our primary CAK's name with another key, and no new name
	ROTATE_THEIRS_UNFINISHED, // another one of our key chain, on its way or in force
	ROTATE_THEIRS_STRANGE,
};

/* Zeroed, then filled. */
struct rotate_scene {
	const struct config_link *link;
	const struct direct_link_cak *primary; // the gateway's
	const char *ckn, *crn;                 // of the new CAK
	const char *ckn_in_use;                // of the CAK that secures the link; "": none
	bool was_given;                        // the gateway has taken the new one from us just now
};

/*
 * Judges it. The new one itself is given once more when it is `failed`: what was wrong may have
 * been mended since. One that another rotation left behind is changed when it never secured the
 * link: it is `failed`, or `inactive` with our primary CAK still in force.
 */
enum rotate_theirs rotate_theirs_judge(const struct rotate_scene *scene);
