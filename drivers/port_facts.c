/* SPDX-License-Identifier: BSD-3-Clause */

#include "drivers/port_facts.h"

#include "drivers/netif.h"
#include "drivers/port.h"
#include "drivers/port_spec.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* Name of the kernel driver that holds a PCI device, in driver[size]; "" when none does. */
static void pci_driver(const char *address, char *driver, size_t size) {
	char path[96], target[256];

	driver[0] = '\0';
	snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s/driver", address);
	const ssize_t n = readlink(path, target, sizeof(target) - 1);
	if (n <= 0)
		return;
	target[n] = '\0';
	const char *name = strrchr(target, '/');
	snprintf(driver, size, "%.*s", (int)size - 1, name != NULL ? name + 1 : target);
}

static bool pci_is_ready(const char *spec, char *why, size_t octets) {
	char address[PORT_PCI_OCTETS], path[96], driver[64];

	port_spec_pci_address(spec, address);
	snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s", address);
	if (access(path, F_OK) != 0) {
		snprintf(why, octets, "no such PCI device: lspci -D | grep -i ethernet");
		return false;
	}
	pci_driver(address, driver, sizeof(driver));
	if (strcmp(driver, "vfio-pci") == 0 || strcmp(driver, "mlx5_core") == 0) {
		snprintf(why, octets, "on driver %s", driver);
		return true;
	}
	snprintf(
		why, octets, "%s%s: driverctl set-override %s vfio-pci",
		driver[0] != '\0' ? "still on its kernel driver " : "on no driver", driver, address
	);
	return false;
}

static bool netif_is_ready(const char *spec, char *why, size_t octets) {
	const bool exists = netif_exists(spec);
	snprintf(
		why, octets, "%s",
		exists ? "is a Linux interface" : "no such interface: ip -brief link lists them"
	);
	return exists;
}

bool port_facts_is_ready(const char *spec, char *why, size_t octets) {
	switch (port_spec_kind(spec)) {
	case PORT_PCI:
		return pci_is_ready(spec, why, octets);
	case PORT_NETIF:
		return netif_is_ready(spec, why, octets);
	default:
		snprintf(why, octets, "is a DPDK virtual device; known when it is opened");
		return true;
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
