/* SPDX-License-Identifier: BSD-3-Clause */

#include "bench/cpus.h"

#include "dataplane/worker.h"

#include <errno.h>
#include <sched.h>
#include <stdbool.h>

/* As it was before the main thread was pinned. */
static const cpu_set_t *allowed(void) {
	static cpu_set_t set;
	static bool is_known;

	if (!is_known && sched_getaffinity(0, sizeof(set), &set) != 0)
		CPU_SET(0, &set);
	is_known = true;
	return &set;
}

unsigned cpus_count(void) {
	return (unsigned)CPU_COUNT(allowed());
}

uint16_t cpus_at(unsigned index) {
	for (unsigned cpu = CPU_SETSIZE; cpu-- > 0;)
		if (CPU_ISSET(cpu, allowed()) && index-- == 0)
			return (uint16_t)cpu;
	return WORKER_ANY_CPU;
}

int cpus_pin_main(unsigned index) {
	const unsigned last = cpus_count() - 1;
	cpu_set_t one;

	CPU_ZERO(&one);
	CPU_SET(cpus_at(index < last ? index : last), &one);
	return sched_setaffinity(0, sizeof(one), &one) == 0 ? 0 : -errno;
}
