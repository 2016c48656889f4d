/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A Linux interface as a port, through DPDK's af_packet driver: how large its shared rings must be.
 * The driver copies what the kernel put into a ring frame and does not look whether it was cut, so
 * a ring frame has room for more than any frame that may pass, and one that fills it is suspect.
 */
#include "drivers/log.h"
#include "drivers/netif_impl.h"
#include "drivers/port_impl.h"

#include <errno.h>
#include <linux/if_packet.h>
#include <stdio.h>

#define RING_FRAME_STEP 2048u // ring frames are a multiple: two of them fill whole pages
#define RING_BLOCK_OCTETS 65536u
#define RING_BLOCKS 64u // 4 MiB for each direction, at any MTU
#define LENGTH_MARGIN_OCTETS 64u

/*
 * Octets of a ring frame that are not frame: where the kernel places the Ethernet header in a
 * TPACKET_V2 ring frame (net/packet: the header and the address, up to the network header at a
 * multiple of 16, less the Ethernet header).
 */
#define ROUND_UP_16(octets) (((uint32_t)(octets) + 15u) / 16u * 16u)
#define RING_HEADER_OCTETS \
	(ROUND_UP_16(sizeof(struct tpacket2_hdr)) + (uint32_t)sizeof(struct sockaddr_ll))
#define RING_FRAME_HEAD (ROUND_UP_16(RING_HEADER_OCTETS + 16u) - PORT_ETHER_OCTETS)

static uint32_t ring_frame_octets(uint32_t mtu) {
	uint32_t needed = RING_FRAME_HEAD + PORT_ETHER_OCTETS + mtu + LENGTH_MARGIN_OCTETS;

	return (needed + RING_FRAME_STEP - 1) / RING_FRAME_STEP * RING_FRAME_STEP;
}

/* As many frames as fill a block nearly, always an even number: the driver expects frames without
 * a gap, so that a block must be a multiple of a frame and of a page. */
static uint32_t ring_frames_per_block(uint32_t frame_octets) {
	return RING_BLOCK_OCTETS / (2 * frame_octets) * 2;
}

/* The MTU with room for VLAN tags, or what the device can do if that is enough without them. */
static int mtu_choose(struct port *port, const struct netif_link *link) {
	uint32_t mtu = port->request->mtu + PORT_VLAN_OCTETS;

	if (mtu > link->max_mtu && port->request->mtu <= link->max_mtu) {
		driver_info(
			"port",
			"%s takes at most %u octets: full-size frames with VLAN tags will not pass",
			port->title, link->max_mtu
		);
		mtu = link->max_mtu;
	}
	if (mtu > link->max_mtu || ring_frames_per_block(ring_frame_octets(mtu)) == 0)
		return driver_error(
			EINVAL, "port",
			"%s cannot carry frames of %u octets, it takes %u: lower the link's mtu",
			port->title, port->request->mtu, link->max_mtu
		);
	port->mtu = (uint16_t)mtu;
	return 0;
}

static void describe_rings(struct port *port, const struct netif_link *link) {
	uint32_t frame_octets = ring_frame_octets(port->mtu);
	uint32_t frames_per_block = ring_frames_per_block(frame_octets);

	port->ring = (struct tpacket_req){
		.tp_frame_size = frame_octets,
		.tp_frame_nr = frames_per_block * RING_BLOCKS,
		.tp_block_size = frame_octets * frames_per_block,
		.tp_block_nr = RING_BLOCKS,
	};
	port->info.cuts_long_frames = true;
	port->info.truncated_octets = (uint16_t)(frame_octets - RING_FRAME_HEAD);
	/* The name only has to be new in this process; one interface can be taken once. */
	snprintf(
		port->device, sizeof(port->device),
		"net_af_packet_%d,iface=%s,qpairs=1,framesz=%u,blocksz=%u,framecnt=%u", link->index,
		port->ifname, port->ring.tp_frame_size, port->ring.tp_block_size,
		port->ring.tp_frame_nr
	);
}

int port_netif_prepare(struct port *port) {
	struct netif_link link;
	int rc = netif_link_read(port->ifname, &link);

	if (rc != 0)
		return driver_error(
			ENODEV, "port",
			"%s: there is no such interface (nor PCI address nor net_… device); "
			"see: ip -br link",
			port->title
		);
	rc = mtu_choose(port, &link);
	if (rc != 0)
		return rc;
	if (port->info.kind == PORT_NETIF)
		describe_rings(port, &link);
	port->info.numa_node = netif_numa_node(port->ifname);
	port->dropped_before = link.tx_dropped;
	return netif_take(port->ifname, port->mtu, &port->netif);
}

uint64_t port_netif_dropped(const struct port *port) {
	struct netif_link link;

	if (port->netif == NULL || netif_link_read(port->ifname, &link) != 0)
		return 0;
	return link.tx_dropped - port->dropped_before;
}
