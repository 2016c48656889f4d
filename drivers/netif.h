/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Taking a Linux interface over for the appliance, and giving it back: while we hold it, this
 * machine's own kernel must not send a frame through it, nor change one that passes (offloads),
 * else a clear frame could leave the line port.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct netif; // one interface taken over

/*
 * Takes `ifname` over: refuses one with an IPv4/IPv6 address (link-local IPv6 is not counted), a
 * route, a master or an interface built on it; then MTU set, IPv6 off, IPv4 deaf (reverse path
 * filter on, forwarding off), GRO/LRO/GSO/TSO/checksum/VLAN offloads off, ARP off (IFF_NOARP),
 * promiscuous, up. mtu: octets, for the interface (the caller adds MACsec's 32 for a line port).
 * Returns 0 and the handle, or a negative errno after one error line that names the interface and
 * the command that fixes it; then the interface is as before. Blocks for system calls only.
 * Start-up thread or helper thread.
 */
int netif_take(const char *ifname, uint16_t mtu, struct netif **out);

/* Puts everything back that netif_take changed, and frees. NULL is allowed. A vanished interface is
 * not an error. */
void netif_give_back(struct netif *netif);

/* True when the interface is up and its link as well; false when it is gone. Any thread. */
bool netif_has_carrier(const char *ifname);

/* NUMA node of the device behind an interface, -1 when there is none or it is unknown. */
int netif_numa_node(const char *ifname);

/* Speed in Mbit/s, 0 when unknown. */
uint32_t netif_speed_mbps(const char *ifname);
