/* SPDX-License-Identifier: BSD-3-Clause */
/* DPDK's environment: always without files that could keep keys (`--in-memory`, or `--no-huge` with
 * its own set). */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct eal_request {
	bool allow_hugepages;   // false: run without
	bool require_hugepages; // true: fail with -ENOMEM when there are none
	uint32_t memory_mib;    // reserved at start without hugepages; with them the limit of each
				// NUMA node. 0: EAL's default, no limit
	const char *file_prefix;
	const char *run_dir; // EAL's own folder is below it while it starts; NULL: /run
	bool shows_dpdk_log; // DPDK's own lines are passed to the log (debugging)
};

struct eal_report {
	bool uses_hugepages;   // eal_probe: some are free; eal_start: they are used
	uint32_t hugepage_kib; // size of one of the largest pool; 0 without
	uint32_t free_mib;     // hugepage memory that was free before
};

/*
 * What the machine offers, without starting anything. Returns 0 or a negative errno. For --check
 * and eal_start.
 */
int eal_probe(struct eal_report *report);

/*
 * Starts EAL in this process with the main thread unpinned, telemetry off, no PCI scan at start
 * (ports are probed one by one). Once per process, main thread. Leaves no file behind, also after
 * kill -9. Hugepages are used when memory_mib of them are free (or when required), and an info line
 * says which it is. Returns 0, or a negative errno after one error line that names what is missing
 * and the command that gives it.
 */
int eal_start(const struct eal_request *request, struct eal_report *report);

/* Ends EAL, after every port was closed. Main thread. */
void eal_stop(void);
