/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Configures an ethdev: one receive and one transmit queue, no offload but what long frames need,
 * promiscuous. The MTU is asked for with room for two VLAN tags. Who does not know an MTU is left
 * alone: af_packet refuses more than 1500 whatever its rings hold (the kernel was told by
 * netif_take), memif declares 1518 and passes what its buffers hold, ring, pcap and null have no
 * limit and no mtu_set (-ENOTSUP).
 */
#include "drivers/eal_log.h"
#include "drivers/log.h"
#include "drivers/port_impl.h"

#include <rte_errno.h>
#include <rte_mbuf.h>

#include <errno.h>
#include <string.h>

#define RX_DESCRIPTORS 1024u
#define TX_DESCRIPTORS 1024u
/* Held by workers: bursts between receiving and transmitting, and their caches of the pool. */
#define MBUFS_IN_FLIGHT 1024u
#define MBUFS_IN_CACHES 1023u
#define SEGMENT_OCTETS RTE_MBUF_DEFAULT_DATAROOM // 2048, what every NIC's descriptor can take

struct setup {
	struct rte_eth_dev_info device;
	struct rte_eth_conf conf;
	uint16_t rx_descriptors, tx_descriptors;
	uint32_t segment_octets;
};

/* Drivers answer -1 to say only that they failed. */
static int fail(const struct port *port, int rc, const char *what) {
	char reason[256];

	return driver_error(
		rc == -1 ? EIO : -rc, "port", "%s: the device refuses %s: %s", port->title, what,
		eal_log_reason(rc, reason, sizeof(reason))
	);
}

/* Longest MTU the device admits to; the head of this file names those that admit too little. */
static uint32_t device_max_mtu(const struct rte_eth_dev_info *device) {
	if (device->max_mtu != 0 && device->max_mtu != UINT16_MAX)
		return device->max_mtu;
	/* ethdev's own rule for a driver that tells no MTU: header and FCS are its overhead */
	return device->max_rx_pktlen - (RTE_ETHER_HDR_LEN + RTE_ETHER_CRC_LEN);
}

/* Sets port->mtu and conf.rxmode.mtu (0: the driver is not asked). */
static int choose_mtu(struct port *port, struct setup *setup) {
	uint32_t limit = device_max_mtu(&setup->device);
	uint32_t mtu = port->request->mtu + PORT_VLAN_OCTETS;

	if (port->netif != NULL)
		return 0; // set through the kernel
	if (mtu > limit && port->request->mtu <= limit)
		mtu = limit;
	port->mtu = (uint16_t)mtu;
	if (mtu <= limit) {
		setup->conf.rxmode.mtu = mtu;
		return 0;
	}
	if (port->info.kind == PORT_VDEV)
		return 0;
	return driver_error(
		EINVAL, "port",
		"%s cannot carry frames of %u octets, it takes %u: lower the link's mtu",
		port->title, port->request->mtu, limit
	);
}

/*
 * Frames that one ordinary segment does not hold are received into a chain if the device can, else
 * into long segments. A segment leaves room to append MACsec's octets.
 */
static void choose_segments(struct port *port, struct setup *setup) {
	uint32_t frame_octets = PORT_ETHER_OCTETS + port->mtu + PORT_MACSEC_OCTETS;
	uint64_t rx_scatter = setup->device.rx_offload_capa & RTE_ETH_RX_OFFLOAD_SCATTER;
	uint64_t tx_segments = setup->device.tx_offload_capa & RTE_ETH_TX_OFFLOAD_MULTI_SEGS;

	/* The other port may chain what is as much longer as its side of MACsec makes it. */
	if (frame_octets + PORT_MACSEC_OCTETS > SEGMENT_OCTETS)
		setup->conf.txmode.offloads |= tx_segments;

	/* af_packet insists that a whole ring frame fits one segment. */
	if (port->info.cuts_long_frames)
		frame_octets = port->info.truncated_octets;
	else if (frame_octets > SEGMENT_OCTETS && rx_scatter != 0) {
		setup->conf.rxmode.offloads |= rx_scatter;
		frame_octets = SEGMENT_OCTETS;
	}
	setup->segment_octets = SEGMENT_OCTETS;
	if (frame_octets > SEGMENT_OCTETS)
		setup->segment_octets = (frame_octets + 1023) / 1024 * 1024;
}

/* Fast free assumes one pool, one reference and one segment for every frame of the queue. */
static void choose_fast_free(const struct port *port, struct setup *setup) {
	uint64_t fast_free = setup->device.tx_offload_capa & RTE_ETH_TX_OFFLOAD_MBUF_FAST_FREE;

	if (port->request->sends_one_pool &&
	    PORT_ETHER_OCTETS + port->mtu + 2 * PORT_MACSEC_OCTETS <= SEGMENT_OCTETS)
		setup->conf.txmode.offloads |= fast_free;
}

/*
 * Enough for both rings full, ours for receiving and the other port's for transmitting, with the
 * workers' share on top. af_packet copies: no mbuf waits in a ring of its own.
 */
static uint32_t default_mbufs(const struct port *port, const struct setup *setup) {
	uint32_t waiting =
		TX_DESCRIPTORS + (port->info.cuts_long_frames ? 0 : setup->rx_descriptors);

	return waiting + MBUFS_IN_FLIGHT + MBUFS_IN_CACHES;
}

static int setup_queues(struct port *port, struct setup *setup) {
	uint16_t id = port->info.port_id;
	struct rte_eth_rxconf rx = setup->device.default_rxconf;
	struct rte_eth_txconf tx = setup->device.default_txconf;
	int node = rte_eth_dev_socket_id(id);
	int rc;

	rx.offloads = setup->conf.rxmode.offloads;
	tx.offloads = setup->conf.txmode.offloads;
	rc = rte_eth_rx_queue_setup(
		id, 0, setup->rx_descriptors, (unsigned int)node, &rx, port->info.pool
	);
	if (rc != 0)
		return fail(port, rc, "its receive queue");
	rc = rte_eth_tx_queue_setup(id, 0, setup->tx_descriptors, (unsigned int)node, &tx);
	return rc != 0 ? fail(port, rc, "its transmit queue") : 0;
}

/* After the queues, as drivers then check the MTU against the segments. */
static int setup_mtu(struct port *port, const struct setup *setup) {
	int rc;

	if (setup->conf.rxmode.mtu == 0)
		return 0;
	rc = rte_eth_dev_set_mtu(port->info.port_id, port->mtu);
	return rc != 0 && rc != -ENOTSUP ? fail(port, rc, "the MTU") : 0;
}

/* A bridge must see frames for everybody. Devices without an address filter need no telling. */
static int setup_promiscuous(struct port *port) {
	int rc = rte_eth_promiscuous_enable(port->info.port_id);

	if (rc == 0 || rc == -ENOTSUP)
		return 0;
	return driver_error(
		-rc, "port",
		"%s may not receive other stations' frames (%s); for a virtual function, on its "
		"host: "
		"ip link set PF vf N trust on",
		port->title, strerror(-rc)
	);
}

static int configure(struct port *port, struct setup *setup) {
	uint16_t id = port->info.port_id;
	int rc = rte_eth_dev_configure(id, 1, 1, &setup->conf);

	if (rc != 0)
		return fail(port, rc, "its configuration");
	rc = rte_eth_dev_adjust_nb_rx_tx_desc(id, &setup->rx_descriptors, &setup->tx_descriptors);
	return rc != 0 ? fail(port, rc, "its queue lengths") : 0;
}

static int start(struct port *port) {
	int rc = rte_eth_dev_start(port->info.port_id);

	if (rc != 0)
		return fail(port, rc, "to start");
	port->is_started = true;
	return setup_promiscuous(port);
}

int port_setup(struct port *port) {
	struct setup setup = {.rx_descriptors = RX_DESCRIPTORS, .tx_descriptors = TX_DESCRIPTORS};
	int rc = rte_eth_dev_info_get(port->info.port_id, &setup.device);

	if (rc != 0)
		return fail(port, rc, "to describe itself");
	rc = choose_mtu(port, &setup);
	if (rc != 0)
		return rc;
	choose_segments(port, &setup);
	choose_fast_free(port, &setup);
	rc = configure(port, &setup);
	if (rc == 0)
		rc = port_pool_create(
			port,
			port->request->n_mbufs != 0 ? port->request->n_mbufs
						    : default_mbufs(port, &setup),
			setup.segment_octets
		);
	if (rc == 0)
		rc = setup_queues(port, &setup);
	if (rc == 0)
		rc = setup_mtu(port, &setup);
	return rc == 0 ? start(port) : rc;
}
