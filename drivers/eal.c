/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Starts and ends EAL. Packet buffers live in its memory, so that memory must
 * never have a name in a file system: with hugepages `--in-memory`, without them `--no-huge
 * --no-shconf` (EAL refuses the two together: --no-huge is a legacy memory layout).
 */
#include "drivers/eal.h"

#include "drivers/eal_log.h"
#include "drivers/log.h"

#include <rte_eal.h>
#include <rte_errno.h>

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/*
 * An allow-list that no device is on: EAL then probes no PCI device at start, yet
 * rte_dev_probe("0000:81:00.0") works later, because naming a device puts it on the list.
 * `--no-pci` would switch the bus off for good. Domain ffff, bus ff holds no card.
 */
#define NO_PCI_DEVICE "ffff:ff:1f.7"

#define DEFAULT_RUN_DIR "/run"
#define PAGES_TO_SUGGEST 512u
#define MAX_ARGUMENTS 24

struct eal_arguments {
	char lcores[4096]; // 1024 CPUs, every second one allowed, fit
	char memory[256];
	char prefix[NAME_MAX];
	char *argv[MAX_ARGUMENTS];
	int argc;
};

static void argument_add(struct eal_arguments *arguments, const char *text) {
	/* EAL takes `char **` like main does; it only reorders the pointers. */
	arguments->argv[arguments->argc++] = (char *)(uintptr_t)text;
}

/*
 * One lcore, 0, that may run on every CPU this process may use: the main thread stays unpinned and
 * ids 1… stay free for the workers, which register themselves (rte_thread_register).
 */
static int lcores_format(char *text, size_t size) {
	size_t length = (size_t)snprintf(text, size, "0@(");
	const char *comma = "";
	cpu_set_t allowed;

	if (sched_getaffinity(0, sizeof(allowed), &allowed) != 0)
		return -errno;
	for (unsigned int cpu = 0; cpu < CPU_SETSIZE && length < size; cpu++) {
		unsigned int first = cpu;

		if (!CPU_ISSET(cpu, &allowed))
			continue;
		while (cpu + 1 < CPU_SETSIZE && CPU_ISSET(cpu + 1, &allowed))
			cpu++;
		length += (size_t
		)snprintf(text + length, size - length, "%s%u-%u", comma, first, cpu);
		comma = ",";
	}
	if (length + 2 > size)
		return -E2BIG;
	memcpy(text + length, ")", 2);
	return 0;
}

/* EAL wants one limit for each NUMA node; a machine without NUMA counts as one. */
static unsigned int numa_nodes(void) {
	DIR *folder = opendir("/sys/devices/system/node");
	unsigned int nodes = 0, id;
	struct dirent *entry;

	while (folder != NULL && (entry = readdir(folder)) != NULL)
		nodes += sscanf(entry->d_name, "node%u", &id) == 1;
	if (folder != NULL)
		closedir(folder);
	return nodes > 0 ? nodes : 1;
}

/* With hugepages memory grows on demand up to the limit; without, it is fixed at start. */
static void arguments_memory(
	struct eal_arguments *arguments, const struct eal_request *request, bool uses_hugepages
) {
	char *text = arguments->memory;
	size_t size = sizeof(arguments->memory), length = 0;
	unsigned int nodes = numa_nodes();

	argument_add(arguments, uses_hugepages ? "--in-memory" : "--no-huge");
	if (!uses_hugepages)
		argument_add(arguments, "--no-shconf");
	if (request->memory_mib == 0)
		return;
	if (!uses_hugepages)
		nodes = 1;
	for (unsigned int node = 0; node < nodes && length + 16 < size; node++)
		length += (size_t)snprintf(
			text + length, size - length, "%s%u", node > 0 ? "," : "",
			request->memory_mib
		);
	argument_add(arguments, uses_hugepages ? "--socket-limit" : "-m");
	argument_add(arguments, text);
}

static int arguments_build(
	struct eal_arguments *arguments, const struct eal_request *request, bool uses_hugepages
) {
	const char *prefix = request->file_prefix != NULL ? request->file_prefix : "macsecd";
	int rc;

	arguments->argc = 0;
	argument_add(arguments, "macsecd");
	arguments_memory(arguments, request, uses_hugepages);
	argument_add(arguments, "--no-telemetry");
	argument_add(arguments, "--iova-mode=va"); // needs no privilege to see physical addresses
	argument_add(arguments, "-a");
	argument_add(arguments, NO_PCI_DEVICE);
	rc = lcores_format(arguments->lcores, sizeof(arguments->lcores));
	argument_add(arguments, "--lcores");
	argument_add(arguments, arguments->lcores);
	snprintf(arguments->prefix, sizeof(arguments->prefix), "%s", prefix);
	argument_add(arguments, "--file-prefix");
	argument_add(arguments, arguments->prefix);
	arguments->argv[arguments->argc] = NULL;
	return rc;
}

/* True and 0: hugepages. False and 0: without. Says which, and why, in one line. */
static int memory_choose(
	const struct eal_request *request, const struct eal_report *machine, bool *uses_hugepages
) {
	bool is_enough = machine->free_mib > 0 && machine->free_mib >= request->memory_mib;
	uint32_t pages = request->memory_mib / 2 > PAGES_TO_SUGGEST ? request->memory_mib / 2
								    : PAGES_TO_SUGGEST;

	*uses_hugepages = request->require_hugepages || (request->allow_hugepages && is_enough);
	if (request->require_hugepages && machine->free_mib == 0)
		return driver_error(
			ENOMEM, "dpdk",
			"the configuration demands hugepages and none is free: "
			"echo %u > /proc/sys/vm/nr_hugepages",
			pages
		);
	if (*uses_hugepages)
		driver_info(
			"dpdk", "memory: hugepages of %u KiB, %u MiB free%s", machine->hugepage_kib,
			machine->free_mib,
			is_enough ? "" : ", less than the configuration plans for"
		);
	else if (request->allow_hugepages)
		driver_info(
			"dpdk",
			"memory: %u MiB without hugepages, as only %u MiB of them are free; faster "
			"after: echo %u > /proc/sys/vm/nr_hugepages",
			request->memory_mib, machine->free_mib, pages
		);
	else
		driver_info("dpdk", "memory: %u MiB without hugepages", request->memory_mib);
	return 0;
}

/*
 * EAL insists on a folder, $RUNTIME_DIRECTORY/dpdk/PREFIX, and puts nothing into it in the modes
 * used here. It is removed as soon as EAL runs, so that kill -9 leaves nothing.
 */
static void folder_remove(const char *run_dir, const char *prefix) {
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s/dpdk/%s", run_dir, prefix);
	rmdir(path);
	snprintf(path, sizeof(path), "%s/dpdk", run_dir);
	rmdir(path); // stays when another DPDK program has a folder there
}

/* rte_eal_init with EAL's folder steered below run_dir; the environment is put back, because
 * systemd's meaning of the variable belongs to the daemon. */
static int init_below(const char *run_dir, struct eal_arguments *arguments) {
	const char *variable = getenv("RUNTIME_DIRECTORY");
	char *before = variable != NULL ? strdup(variable) : NULL;
	int rc;

	setenv("RUNTIME_DIRECTORY", run_dir, 1);
	rc = rte_eal_init(arguments->argc, arguments->argv) < 0 ? -rte_errno : 0;
	if (before != NULL)
		setenv("RUNTIME_DIRECTORY", before, 1);
	else
		unsetenv("RUNTIME_DIRECTORY");
	free(before);
	folder_remove(run_dir, arguments->prefix);
	return rc;
}

int eal_start(const struct eal_request *request, struct eal_report *report) {
	const char *run_dir = request->run_dir != NULL ? request->run_dir : DEFAULT_RUN_DIR;
	struct eal_arguments arguments;
	char reason[256];
	int rc;

	rc = eal_probe(report);
	if (rc == 0)
		rc = memory_choose(request, report, &report->uses_hugepages);
	if (rc != 0)
		return rc;
	if (!report->uses_hugepages)
		report->hugepage_kib = 0;

	rc = arguments_build(&arguments, request, report->uses_hugepages);
	if (rc == 0)
		rc = eal_log_open(request->shows_dpdk_log);
	if (rc != 0)
		return driver_error(-rc, "dpdk", "cannot prepare DPDK: %s", strerror(-rc));

	rc = init_below(run_dir, &arguments);
	if (rc != 0) {
		eal_log_reason(rc, reason, sizeof(reason));
		eal_log_close();
		return driver_error(-rc, "dpdk", "DPDK does not start: %s", reason);
	}
	return 0;
}

void eal_stop(void) {
	rte_eal_cleanup();
	eal_log_close();
}
