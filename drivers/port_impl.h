/* SPDX-License-Identifier: BSD-3-Clause */
/* Shared by the port*.c files only. */
#pragma once

#include "drivers/netif.h"
#include "drivers/port.h"

#include <rte_ethdev.h>

#include <linux/if_packet.h>
#include <net/if.h>

/* Room for two VLAN tags, which inside MACsec count as payload. */
#define PORT_VLAN_OCTETS 8u
#define PORT_ETHER_OCTETS 14u

struct port {
	struct port_info info;
	const struct port_request *request; // while it is being opened only
	char title[80];                     // "line port 0000:81:00.0", for messages
	char device[512];                   // what DPDK is asked to probe: name and arguments
	char ifname[IFNAMSIZ];              // of a PORT_NETIF, or under a net_af_xdp; else empty
	struct netif *netif;                // taken over; NULL otherwise
	struct rte_device *rte_device;      // NULL: nothing to remove
	uint16_t mtu;                       // given to the device, VLAN tags included
	struct tpacket_req ring;            // shape of each of af_packet's two rings
	uint64_t dropped_before;            // the interface's transmit drops when it was opened
	struct port_packet *packet;         // af_packet's socket, NULL: none
	bool is_probed;                     // info.port_id is ours
	bool is_started;
};

/*
 * port_pci.c: 0 when a DPDK driver may use the PCI device, otherwise a negative errno after one
 * error line that says why not and what to do. Reads sysfs only.
 */
int port_pci_check(const char *title, const char *address);

/* The same for what only a started EAL knows: its own consent to vfio, given at start. */
int port_pci_check_started(const char *title, const char *address);

/*
 * port_netif.c: takes port->ifname over and, for a PORT_NETIF, writes the af_packet device string
 * with rings that fit the MTU. Sets mtu, ring, netif and the info of cut frames. Returns 0 or a
 * negative errno after one error line.
 */
int port_netif_prepare(struct port *port);

/* port_netif.c: frames that the interface took from us and did not send, since opening. 0 when it
 * is gone or was never one. Control thread. */
uint64_t port_netif_dropped(const struct port *port);

/*
 * port_packet.c: puts a socket of ours in the place of the driver's. After probing, before
 * anything else. Sets port->packet, which port_close frees; the driver closes the socket. Returns 0
 * or a negative errno after one error line.
 */
int port_packet_adopt(struct port *port);

/* port_packet.c: frames that found the ring full, since opening. NULL gives 0. Control thread. */
uint64_t port_packet_drops(struct port_packet *packet);

/*
 * port_pool.c: creates info.pool with `segment_octets` of data in each mbuf. Returns 0 or a
 * negative errno after one error line.
 */
int port_pool_create(struct port *port, uint32_t n_mbufs, uint32_t segment_octets);

/*
 * port_pool.c: frees a pool as soon as its last mbuf is back. The transmit ring of another port may
 * still hold some; then it is freed by a later call. NULL frees only what waits.
 */
void port_pool_release(struct rte_mempool *pool);

/*
 * port_setup.c: configures and starts the ethdev, pool included. Returns 0 or a negative errno
 * after one error line; the caller undoes.
 */
int port_setup(struct port *port);
