/* SPDX-License-Identifier: BSD-3-Clause */

#include "drivers/port_facts.h"

#include "drivers/log.h"
#include "drivers/netif_impl.h"
#include "drivers/port_impl.h"
#include "drivers/port_spec.h"

#include <errno.h>
#include <stdio.h>

/* As port_open judges it; its error line says what is missing. */
static bool pci_is_ready(const char *spec) {
	char address[PORT_PCI_OCTETS];

	return port_spec_pci_address(spec, address) && port_pci_check(spec, address) == 0;
}

static bool netif_is_ready(const char *ifname) {
	struct netif_link link;

	if (netif_link_read(ifname, &link) == 0)
		return netif_check_unused(ifname, &link) == 0;
	driver_error(ENODEV, "port", "%s: there is no such interface; see: ip -br link", ifname);
	return false;
}

bool port_facts_is_ready(const char *spec) {
	switch (port_spec_kind(spec)) {
	case PORT_PCI:
		return pci_is_ready(spec);
	case PORT_NETIF:
		return netif_is_ready(spec);
	default:
		return true; // a DPDK virtual device is known when it is opened
	}
}

int port_facts_numa_node(const char *spec) {
	char address[PORT_PCI_OCTETS], path[96];
	int node = -1;

	if (port_spec_kind(spec) == PORT_NETIF)
		return netif_numa_node(spec);
	if (!port_spec_pci_address(spec, address))
		return -1;
	snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s/numa_node", address);
	FILE *file = fopen(path, "re");
	if (file == NULL)
		return -1;
	if (fscanf(file, "%d", &node) != 1)
		node = -1;
	fclose(file);
	return node;
}

uint32_t port_facts_speed_mbps(const char *spec) {
	return port_spec_kind(spec) == PORT_NETIF ? netif_speed_mbps(spec) : 0;
}
