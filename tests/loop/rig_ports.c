/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The rings are single producer, single consumer: what the turns promise to a port's queue. If two
 * workers were ever in one at once, frames would be lost or seen twice.
 */

#include "tests/loop/rig_ports.h"

#include "tests/tap.h"

#include <rte_eal.h>
#include <rte_errno.h>
#include <rte_eth_ring.h>
#include <rte_ethdev.h>
#include <rte_mbuf.h>
#include <rte_ring.h>

#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define POOL_MBUFS 1023u
#define WHOLE_FRAME_OCTETS (RIG_FRAME_MAX_OCTETS + 200u)

static void remove_empty(const char *run_dir) {
	static const char *const below[] = {"dpdk/rte", "dpdk"};
	char path[64];

	for (unsigned i = 0; i < sizeof below / sizeof below[0]; i++) {
		snprintf(path, sizeof path, "%s/%s", run_dir, below[i]);
		rmdir(path);
	}
	rmdir(run_dir);
}

void rig_eal_start(void) {
	char lcores[16];
	char *args[] = {
		"loop",     "--no-huge", "-m",   "128",         "--no-shconf", "--no-telemetry",
		"--no-pci", "--lcores",  lcores, "--log-level", "error",       NULL,
	};
	char run_dir[] = "/tmp/loop-eal-XXXXXX";
	cpu_set_t before;

	tap_must(sched_getaffinity(0, sizeof before, &before) == 0, "no CPU affinity");
	snprintf(lcores, sizeof lcores, "0@%d", sched_getcpu());
	tap_must(mkdtemp(run_dir) != NULL, "no folder %s", run_dir);
	setenv("RUNTIME_DIRECTORY", run_dir, 1);
	const int error = rte_eal_init(sizeof args / sizeof args[0] - 1, args);
	remove_empty(run_dir); // nothing is kept there without a shared configuration
	tap_must(error >= 0, "EAL does not start: %s", rte_strerror(rte_errno));
	// EAL pins the calling thread; generator and workers choose for themselves
	sched_setaffinity(0, sizeof before, &before);
}

static struct rte_ring *ring_open(const char *what, unsigned serial, unsigned end) {
	char name[32];

	snprintf(name, sizeof name, "%s-%u-%u", what, serial, end);
	struct rte_ring *ring = rte_ring_create(
		name, RIG_QUEUE_FRAMES + 1, SOCKET_ID_ANY, RING_F_SP_ENQ | RING_F_SC_DEQ
	);
	tap_must(ring != NULL, "no ring %s: %s", name, rte_strerror(rte_errno));
	return ring;
}

static uint16_t port_open_rings(
	const char *what, unsigned serial, unsigned end, struct rte_ring *rx, struct rte_ring *tx,
	struct rte_mempool *pool
) {
	const struct rte_eth_conf conf = {0};
	char name[32];

	snprintf(name, sizeof name, "%s-%u-%u", what, serial, end);
	const int port = rte_eth_from_rings(name, &rx, 1, &tx, 1, 0);
	tap_must(port >= 0, "no ring port %s: %s", name, rte_strerror(rte_errno));
	const uint16_t id = (uint16_t)port;
	tap_must(
		rte_eth_dev_configure(id, 1, 1, &conf) == 0 &&
			rte_eth_rx_queue_setup(id, 0, 0, 0, NULL, pool) == 0 &&
			rte_eth_tx_queue_setup(id, 0, 0, 0, NULL) == 0 &&
			rte_eth_dev_start(id) == 0,
		"ring port %s does not start", name
	);
	return id;
}

static struct rte_mempool *pool_open(unsigned serial, unsigned end, uint16_t segment_octets) {
	const uint32_t room = segment_octets != 0 ? segment_octets : WHOLE_FRAME_OCTETS;
	const uint32_t whole = WHOLE_FRAME_OCTETS / room;
	char name[32];

	snprintf(name, sizeof name, "pool-%u-%u", serial, end);
	struct rte_mempool *pool = rte_pktmbuf_pool_create(
		name, POOL_MBUFS * whole, 0, 0, (uint16_t)(room + RTE_PKTMBUF_HEADROOM),
		SOCKET_ID_ANY
	);
	tap_must(pool != NULL, "no pool: %s", rte_strerror(rte_errno));
	return pool;
}

void rig_ports_open(struct rig *rig, uint16_t segment_octets) {
	static unsigned serial; // ring and port names are never used twice in a process

	serial++;
	for (unsigned i = 0; i < 2; i++) {
		struct rig_end *end = &rig->end[i];
		end->pool = pool_open(serial, i, segment_octets);
		end->from_host = ring_open("from-host", serial, i);
		end->to_host = ring_open("to-host", serial, i);
		end->to_line = ring_open("to-line", serial, i);
	}
	for (unsigned i = 0; i < 2; i++) {
		struct rig_end *end = &rig->end[i];
		end->host_port =
			port_open_rings("host", serial, i, end->from_host, end->to_host, end->pool);
		end->line_port = port_open_rings(
			"line", serial, i, rig->end[1 - i].to_line, end->to_line, end->pool
		);
	}
}

static void port_close_rings(uint16_t port) {
	tap_must(
		rte_eth_dev_stop(port) == 0 && rte_eth_dev_close(port) == 0,
		"ring port %u does not close", port
	);
}

void rig_ports_close(struct rig *rig) {
	for (unsigned i = 0; i < 2; i++) {
		struct rig_end *end = &rig->end[i];
		port_close_rings(end->host_port);
		port_close_rings(end->line_port);
	}
	for (unsigned i = 0; i < 2; i++) {
		struct rig_end *end = &rig->end[i];
		rte_ring_free(end->from_host);
		rte_ring_free(end->to_host);
		rte_ring_free(end->to_line);
		const unsigned out = rte_mempool_in_use_count(end->pool);
		tap_must(out == 0, "%u mbufs of %s lost", out, end->name);
		rte_mempool_free(end->pool);
	}
}
