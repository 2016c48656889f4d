/* SPDX-License-Identifier: BSD-3-Clause */
/* What commands about keys and gateways work with: the configuration file, tokens, the daemon's
 * socket. Failures are reported on standard error. */
#pragma once

#include "control/cloud/direct_link.h"
#include "control/cloud/kms.h"
#include "control/config.h"
#include "control/ctl/ctl.h"
#include "control/ctl/direct_link_compare.h"

struct desk {
	struct ctl ctl; // the caller's, with the socket that the configuration names
	struct config *config;
	struct iam *iam;
	struct kms kms;
};

/* Hardens the process, reads the configuration and makes HTTPS ready. CTL_OK, or CTL_USAGE with
 * nothing to close. */
enum ctl_status desk_open(const struct ctl *ctl, struct desk *desk);

void desk_close(struct desk *desk);

/* Reads the configuration again, after it was changed. The old one is gone in any case where this
 * returns CTL_OK; else it stays. */
enum ctl_status desk_reread(struct desk *desk);

/* The link of this name; NULL: there is none, silently. */
const struct config_link *desk_find(const struct desk *desk, const char *name);

/* The same, and its gateway at IBM Cloud as *out, which points into `desk` and the link. NULL after
 * a line when there is no such link or it names no gateway. */
const struct config_link *
desk_gateway(struct desk *desk, const char *name, struct direct_link *out);

/* Opens a desk, finds a link and its gateway, and does one thing with them. Returns what `then`
 * does, or CTL_USAGE after a line. */
enum ctl_status desk_at_gateway(
	const struct ctl *ctl, const char *name,
	enum ctl_status (*then
	)(struct desk *desk, const struct config_link *link, const struct direct_link *gateway)
);

/* What the gateway says. CTL_OK, or CTL_WRONG after a line. */
enum ctl_status desk_ask(const struct direct_link *gateway, struct compare_theirs *theirs);

/* Our side: CAKs with the CRNs of their keys as far as these can be had, and the link as the
 * daemon sees it (a line on standard error when it does not answer). */
void desk_look(struct desk *desk, const struct config_link *link, struct compare_ours *ours);

/* Compares all fields of both. */
void desk_compare(
	struct desk *desk, const struct direct_link *gateway, const struct compare_ours *ours,
	const struct compare_theirs *theirs, struct verdicts *verdicts
);
