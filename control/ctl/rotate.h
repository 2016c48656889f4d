/* SPDX-License-Identifier: BSD-3-Clause */
/* One rotation while it goes on: what its files share. Failures are reported on standard error. */
#pragma once

#include "control/cloud/retry.h"
#include "control/ctl/desk.h"
#include "control/ctl/rotate_step.h"

#define ROTATE_LOOK_MS 2000u

struct rotation {
	struct desk *desk;
	const char *link_name;
	struct config_cak new_cak; // ckn and reference, as they go into the file
	char ckn[2 * CONFIG_CKN_MAX_OCTETS + 1];
	char crn[SERVICE_CRN_MAX];  // of the new key
	struct direct_link gateway; // points into the desk's configuration: renewed by observing
	const struct config_link *link; // the same
	struct compare_theirs theirs;
	char ckn_in_use[2 * CONFIG_CKN_MAX_OCTETS + 1]; // that secures the link; "": none
	bool was_given;            // the gateway has taken the new CAK from us, in this very run
	enum ctl_status status;    // what the command ends with after a STOP
	uint64_t secured_since_ms; // monotonic; 0: not secured with the new CAK
	uint64_t deadline_ms;
	struct retry retry; // of calls to the gateway
	uint32_t wait_ms;   // before the next look
};

/* How looking or a step went. */
enum rotate_result {
	ROTATE_OK,
	ROTATE_AGAIN, // not now: look again later
	ROTATE_STOP,  // a line has said why; rotation->status is set
};

/* Returns ROTATE_STOP, with what the command ends with. */
enum rotate_result rotate_stop(struct rotation *rotation, enum ctl_status status);

/* Reads file, daemon and gateway. STOP when they contradict the rotation: another key under the
 * new name, a gateway that has neither CAK, a daemon that reads another file. */
enum rotate_result rotate_observe(struct rotation *rotation, struct rotate_facts *facts);

/* Is everything fit for what comes: the new key always, both ends while nothing has changed yet.
 * CTL_OK, or another one after lines. Changes nothing. */
enum ctl_status rotate_prepare(struct rotation *rotation, enum rotate_step step);

/* Lets the daemon read the file: as a step, and once before the first one, since a file that
 * cannot be taken over now will not be with a new CAK either. */
enum rotate_result rotate_reload(struct rotation *rotation);

/* Does one step. is_begun: it was done already, and what it is to bring about has not come yet:
 * AGAIN then. */
enum rotate_result rotate_do(struct rotation *rotation, enum rotate_step step, bool is_begun);

/* A call to the gateway that failed: says so, and whether and when to look again. */
enum rotate_result rotate_failed(struct rotation *rotation, const struct cloud_error *error);
