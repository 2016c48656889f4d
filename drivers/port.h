/* SPDX-License-Identifier: BSD-3-Clause */
/* Ethernet ports of a link, from a PCI address, a DPDK vdev string or a Linux interface name. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#define PORT_MACSEC_OCTETS 32u // SecTAG with SCI 16 + ICV 16: head-room of a line port's MTU

struct rte_mempool;
struct port;

enum port_kind { PORT_PCI, PORT_VDEV, PORT_NETIF };

struct port_request {
	const char *spec; // "0000:81:00.0", "net_memif0,socket=…", "eth0"
	const char *role; // "host" or "line", for messages
	uint32_t n_mbufs; // of the port's receive pool; 0: a default that suits the ring sizes

	// largest user data (Ethernet payload) that must pass; a line port's with MACsec's octets
	uint16_t mtu;

	// every frame sent here comes from one pool and has one reference: the driver may free fast
	bool sends_one_pool;
};

struct port_info {
	uint16_t port_id; // DPDK's
	uint8_t mac[6];
	uint16_t max_frame_octets; // longest frame that may be sent or received, no FCS, 14 octets
				   // of header + 2 VLAN tags + MTU
	int numa_node;             // -1: unknown
	uint32_t speed_mbps;       // 0: unknown
	enum port_kind kind;
	struct rte_mempool *pool; // filled by receive; owned by the port
	bool cuts_long_frames; // the driver delivers a longer frame cut and unmarked (af_packet): a
			       // frame of truncated_octets or more is to be dropped as truncated
	uint16_t truncated_octets;
};

/* What kind of specification a string is, without touching the device. */
enum port_kind port_spec_kind(const char *spec);

/*
 * Opens, configures (one receive and one transmit queue, promiscuous) and starts a port.
 * Takes a Linux interface over first (netif.h). Start-up thread or helper thread; may take seconds.
 * Returns 0 and the handle, or a negative errno after one error line that names the device and the
 * command that fixes it; nothing is left behind then.
 */
int port_open(const struct port_request *request, struct port **out);

/* Stops, closes, frees the pool, gives a Linux interface back. No worker may use it any more. NULL
 * is allowed. */
void port_close(struct port *port);

/* Facts that do not change while it is open. Any thread. */
const struct port_info *port_info(const struct port *port);

/* True when the link is up right now; a port that cannot tell counts as up. Control thread. */
bool port_link_is_up(const struct port *port);

struct port_stats {
	uint64_t rx_frames, tx_frames, rx_octets, tx_octets;
	uint64_t rx_missed; // dropped by the device before we saw them
	uint64_t rx_errors, tx_errors, rx_no_mbuf;
};

/* The driver's own counters. Returns 0 or a negative errno. Control thread. */
int port_stats(const struct port *port, struct port_stats *stats);
