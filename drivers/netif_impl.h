/* SPDX-License-Identifier: BSD-3-Clause */
/* Shared by the netif_*.c files only. */
#pragma once

#include <net/if.h>
#include <stdbool.h>
#include <stdint.h>

/* What rtnetlink says of an interface. */
struct netif_link {
	int index;
	uint16_t hardware_type; // ARPHRD_*
	uint32_t max_mtu;       // UINT32_MAX: no limit told
	uint64_t tx_dropped;    // frames it was given and did not send, ever
	char kind[16];          // "veth", "vlan"…; empty for a device of its own
	char master[IFNAMSIZ];  // bridge, bond… it belongs to; empty: none
	char upper[IFNAMSIZ];   // an interface that is built on it (VLAN, macvlan…); empty: none
};

/* Asks the kernel about one interface. Returns 0 or a negative errno, no log line. */
int netif_link_read(const char *ifname, struct netif_link *link);

/*
 * 0 when nobody but us uses the interface: Ethernet, no master, nothing built on it, no address and
 * no route. Otherwise a negative errno after one error line with the fix.
 */
int netif_check_unused(const char *ifname, const struct netif_link *link);

/*
 * Makes this process the only macsecd that uses the interface: `claim` is a descriptor to keep open
 * for as long, closed by the kernel after a crash. Returns 0 or a negative errno after one error
 * line.
 */
int netif_claim(const char *ifname, int index, int *claim);

#define NETIF_FEATURE_BLOCKS 8u // of 32 features each; Linux has fewer than 128

/* The offloads that were on before, to put them back. */
struct netif_features {
	uint32_t n_blocks;                      // 0: nothing was changed
	uint32_t changed[NETIF_FEATURE_BLOCKS]; // features that we switch
	uint32_t wanted[NETIF_FEATURE_BLOCKS];  // what was asked of them before
};

/*
 * Switches off every offload that merges, splits or alters frames or hides a VLAN tag, and
 * remembers what it found. `fd` is any socket of the right network namespace. A device without
 * offloads, or with fixed ones, is no error. Returns 0 or a negative errno, no error line.
 */
int netif_features_off(int fd, const char *ifname, struct netif_features *saved);

/* Undoes netif_features_off. A vanished interface is ignored. */
void netif_features_restore(int fd, const char *ifname, const struct netif_features *saved);
