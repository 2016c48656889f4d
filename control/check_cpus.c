/* SPDX-License-Identifier: BSD-3-Clause */
/* Where the workers would run: a spinning neighbour or a remote NUMA node ruins a lane. */

#include "control/check.h"
#include "drivers/port_facts.h"

#include <sched.h>
#include <stdio.h>
#include <unistd.h>

/* One lane's CPUs, under the name of its place in the file. */
struct lane_cpus {
	const struct config_link *link;
	const char *lane;
	const struct config_cpus *cpus;
};

static struct lane_cpus lane_at(const struct config *config, size_t i) {
	const struct config_link *link = &config->links[i / 2];
	if (i % 2 == 0)
		return (struct lane_cpus){link, "protect", &link->protect_cpus};
	return (struct lane_cpus){link, "validate", &link->validate_cpus};
}

static bool uses(const struct config_cpus *cpus, uint16_t cpu) {
	for (uint16_t i = 0; i < cpus->n; i++)
		if (cpus->id[i] == cpu)
			return true;
	return false;
}

static void check_allowed(struct check *check, const struct lane_cpus *lane, uint16_t cpu) {
	cpu_set_t allowed;

	CPU_ZERO(&allowed);
	if (sched_getaffinity(0, sizeof(allowed), &allowed) == 0 && !CPU_ISSET(cpu, &allowed))
		check_say(
			check, CHECK_FAIL, lane->link->name,
			"%s worker on CPU %u, which is not ours to use: see `nproc` and taskset -p "
			"1",
			lane->lane, cpu
		);
}

static void check_shared(struct check *check, size_t index, uint16_t cpu) {
	const struct lane_cpus lane = lane_at(check->config, index);

	for (size_t i = 0; i < index; i++) {
		const struct lane_cpus other = lane_at(check->config, i);
		if (!uses(other.cpus, cpu))
			continue;
		check_say(
			check, CHECK_WARN, lane.link->name,
			"CPU %u serves its %s lane and the %s lane of %s: give each lane a CPU of "
			"its own",
			cpu, lane.lane, other.lane, other.link->name
		);
		return;
	}
}

/* The kernel shows a CPU's node as a link nodeN in its folder. -1: no NUMA, or unknown. */
static int node_of_cpu(uint16_t cpu) {
	char path[64];

	for (int node = 0; node < 64; node++) {
		snprintf(path, sizeof(path), "/sys/devices/system/cpu/cpu%u/node%d", cpu, node);
		if (access(path, F_OK) == 0)
			return node;
	}
	return -1;
}

static void
check_node(struct check *check, const struct lane_cpus *lane, uint16_t cpu, const char *port) {
	const int wanted = port_facts_numa_node(port);
	const int own = node_of_cpu(cpu);

	if (wanted >= 0 && own >= 0 && wanted != own)
		check_say(
			check, CHECK_WARN, lane->link->name,
			"%s worker on CPU %u of NUMA node %d, but %s is on node %d: see lscpu for "
			"its CPUs",
			lane->lane, cpu, own, port, wanted
		);
}

/* CPUs that this process may use and that no lane names: where lanes without `workers` go
 * (control/workers.c). */
static unsigned count_free_cpus(const struct config *config) {
	unsigned n = 0;
	cpu_set_t allowed;

	CPU_ZERO(&allowed);
	sched_getaffinity(0, sizeof(allowed), &allowed);
	for (uint16_t cpu = 0; cpu < CPU_SETSIZE; cpu++) {
		bool is_named = false;
		for (size_t i = 0; i < 2 * config->n_links; i++)
			is_named |= uses(lane_at(config, i).cpus, cpu);
		n += CPU_ISSET(cpu, &allowed) && !is_named;
	}
	return n;
}

static void check_default_cpus(struct check *check) {
	const unsigned cpus = count_free_cpus(check->config);
	unsigned lanes = 0;

	for (size_t i = 0; i < 2 * check->config->n_links; i++)
		lanes += lane_at(check->config, i).cpus->n == 0;
	if (lanes > 0 && lanes >= cpus)
		check_say(
			check, CHECK_WARN, "workers",
			"%u lanes name no CPU and share %u free ones with control: name CPUs with "
			"`workers`",
			lanes, cpus
		);
}

void check_cpus(struct check *check) {
	check_default_cpus(check);
	for (size_t i = 0; i < 2 * check->config->n_links; i++) {
		const struct lane_cpus lane = lane_at(check->config, i);
		for (uint16_t k = 0; k < lane.cpus->n; k++) {
			check_allowed(check, &lane, lane.cpus->id[k]);
			check_shared(check, i, lane.cpus->id[k]);
			check_node(check, &lane, lane.cpus->id[k], lane.link->host);
			check_node(check, &lane, lane.cpus->id[k], lane.link->line);
		}
	}
}
