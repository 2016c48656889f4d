/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Rotation of a Direct Link gateway's primary CAK, in IBM's order: the new CAK at our end beside
 * the old one, then at the gateway, then wait until it secures, then the old one away. Where a
 * rotation stands is read from the configuration file, the daemon and the gateway each time anew,
 * so that one that was interrupted anywhere is taken up where it stopped. Pure.
 */
#pragma once

#include <stdbool.h>

#define ROTATE_SETTLE_S \
	300 // secured so long with the new CAK, what the gateway says counts no more

enum rotate_step {
	ROTATE_ADD,     // the new CAK into the configuration file, beside the primary one
	ROTATE_LOAD,    // the daemon reads the file, and has the new CAK's key
	ROTATE_CHANGE,  // the gateway gets the new name and key
	ROTATE_WAIT,    // the link is secured with the new CAK
	ROTATE_PROMOTE, // the new CAK in the primary one's place
	ROTATE_UNLOAD,  // the daemon reads the file, and forgets the old CAK
	ROTATE_DONE,
};

/* Where everything stands. */
struct rotate_facts {
	bool primary_is_new;       // in the configuration file
	bool chain_has_new;        // there too
	bool daemon_has_new;       // takes part with it
	bool daemon_has_old;       // takes part with another one that is no fallback
	bool gateway_is_new;       // its primary CAK has the new name and key
	bool is_secured_with_new;  // the SAK in use came with it
	bool has_gateway_finished; // it does not keep the old one any more
	unsigned secured_for_s;    // with the new one, as far as was seen
};

/* The next step. */
enum rotate_step rotate_next(const struct rotate_facts *facts);

/* What a step does, for the plan, and what keeps it waiting, for the message when time is up. */
const char *rotate_step_text(enum rotate_step step);
const char *rotate_step_delay(enum rotate_step step);
