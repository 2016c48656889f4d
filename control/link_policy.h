/* SPDX-License-Identifier: BSD-3-Clause */
/* What a link's policy makes of the state of its agreement. Pure. */
#pragma once

#include "control/link.h"

/*
 * The link's state. was_secured: it has been secured at least once since it was made.
 *
 * must-secure never crosses in clear. should-secure crosses in clear until the link is secured for
 * the first time ("unsecure-allowed: immediate" of the 802.1X YANG, as far as the peer may still be
 * without MACsec); afterwards only with on-failure: allow ("mka-fail"). So somebody who cuts a
 * should-secure link's MKA does not get its traffic in clear, unless the operator allowed just
 * that. Every start of the daemon begins anew: nothing of it is kept over a restart.
 */
enum link_state
link_policy_state(const struct config_link *config, enum mka_state mka, bool was_secured);

/* Which of the link's CAKs participant `i` of the view belongs to. */
enum link_role link_policy_role(const struct link_view *view, uint32_t i);
