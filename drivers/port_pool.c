/* SPDX-License-Identifier: BSD-3-Clause */
/* Packet buffers of a port: created near its device, and freed when nobody holds one any more. */
#include "drivers/log.h"
#include "drivers/port_impl.h"

#include <rte_eal.h>
#include <rte_errno.h>
#include <rte_mbuf.h>
#include <rte_mempool.h>

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define POOL_CACHE_MBUFS 128u // for each worker: four bursts
#define MAX_WAITING 64u

/*
 * Pools of closed ports with mbufs still in a transmit ring of another port. They belong to no port
 * any more, hence here. Ports are opened and closed by the start-up and the helper thread: `lock`.
 */
static struct {
	pthread_mutex_t lock;
	struct rte_mempool *pool[MAX_WAITING];
} waiting = {.lock = PTHREAD_MUTEX_INITIALIZER};

static struct rte_mempool *
pool_try(uint16_t port_id, uint32_t n_mbufs, uint32_t segment_octets, int node) {
	static unsigned int serial; // a waiting pool may have the port's number in its name
	char name[RTE_MEMPOOL_NAMESIZE];

	snprintf(
		name, sizeof(name), "port%u_%u", port_id,
		__atomic_fetch_add(&serial, 1, __ATOMIC_RELAXED)
	);
	return rte_pktmbuf_pool_create(
		name, n_mbufs, POOL_CACHE_MBUFS, 0,
		(uint16_t)(segment_octets + RTE_PKTMBUF_HEADROOM), node
	);
}

int port_pool_create(struct port *port, uint32_t n_mbufs, uint32_t segment_octets) {
	uint64_t kib = (uint64_t)n_mbufs * (segment_octets + RTE_PKTMBUF_HEADROOM) / 1024;
	uint16_t port_id = port->info.port_id;
	int node = port->info.numa_node;

	if (segment_octets + RTE_PKTMBUF_HEADROOM > UINT16_MAX)
		return driver_error(
			EINVAL, "port", "%s: its frames are too long for a packet buffer",
			port->title
		);
	port->info.pool = pool_try(port_id, n_mbufs, segment_octets, node);
	if (port->info.pool == NULL && node != SOCKET_ID_ANY) {
		driver_info(
			"port",
			"%s: no memory for its packet buffers on its own NUMA node %d, taking "
			"another",
			port->title, node
		);
		port->info.pool = pool_try(port_id, n_mbufs, segment_octets, SOCKET_ID_ANY);
	}
	if (port->info.pool != NULL)
		return 0;
	return driver_error(
		rte_errno, "port",
		"%s: no memory for its %u packet buffers (%llu MiB): raise dpdk.memory%s",
		port->title, n_mbufs, (unsigned long long)kib / 1024,
		rte_eal_has_hugepages() != 0 ? " and the number of free hugepages" : ""
	);
}

void port_pool_release(struct rte_mempool *pool) {
	pthread_mutex_lock(&waiting.lock);
	for (size_t i = 0; i < MAX_WAITING; i++) {
		if (waiting.pool[i] == NULL && pool != NULL) {
			waiting.pool[i] = pool;
			pool = NULL;
		}
		if (waiting.pool[i] != NULL && rte_mempool_full(waiting.pool[i]) != 0) {
			rte_mempool_free(waiting.pool[i]);
			waiting.pool[i] = NULL;
		}
	}
	pthread_mutex_unlock(&waiting.lock);
}
