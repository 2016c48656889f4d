/* SPDX-License-Identifier: BSD-3-Clause */
/* What link_caks.c (as time passes) and link_caks_reload.c (as the configuration changes) share. */
#pragma once

#include "control/link_caks.h"

/* All of a CAK as the KaY takes it but its key. */
void link_caks_fill(
	const struct link_caks *caks, const struct key_chain_cak *now, struct mka_cak *cak
);

/* Reads the key of CAK number i and forgets it. Returns 0 (also for a CAK that is past, and for a
 * key that a service has yet to give), or a negative errno after a log line. */
int link_caks_check_key(struct link_caks *caks, uint32_t i, uint64_t now_ns);

/* CAK number i, which is to begin, may be the former one: it goes on as what it is now. True: so it
 * is. */
bool link_caks_adopt_former(struct link_caks *caks, uint32_t i, uint64_t now_ns);

/* Ends the former CAK when another one has carried the traffic for long enough. True: it ended. */
bool link_caks_end_former(struct link_caks *caks, uint64_t now_ns);
