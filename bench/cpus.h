/* SPDX-License-Identifier: BSD-3-Clause */
/* The CPUs that the bench may use, the last ones first: the first one has most interrupts. */
#pragma once

#include <stdint.h>

/* CPU number `index` of those, or WORKER_ANY_CPU when there are not so many. */
uint16_t cpus_at(unsigned index);
unsigned cpus_count(void);

/*
 * Pins the calling thread to a CPU of those: 0, the first worker's, where it measures by itself; 1,
 * beside the first worker. Where there are not so many it goes to the last one there is. Returns 0
 * or a negative errno.
 */
int cpus_pin_main(unsigned index);
