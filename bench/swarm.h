/* SPDX-License-Identifier: BSD-3-Clause */
/* Many links in one worker: as many protect lanes as SAs of a rig, on the rig's ports. */
#pragma once

#include "bench/rig.h"

struct swarm;

/* n is at most the rig's n_sa; the rig is borrowed. NULL without memory. Main thread. */
struct swarm *swarm_create(struct rig *rig, uint32_t n);
/* NULL is allowed. */
void swarm_destroy(struct swarm *swarm);

/* A contender, with the swarm as argument: one worker polls all lanes. */
const char *swarm_run(void *swarm, struct meter *meter);
