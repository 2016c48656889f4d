/* SPDX-License-Identifier: BSD-3-Clause */
/* Why DPDK could not use a PCI device, found out from sysfs before DPDK is asked, because its own
 * answer is always the same -1. */
#include "drivers/log.h"
#include "drivers/port_impl.h"

#include <rte_vfio.h>

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define PCI_DEVICES "/sys/bus/pci/devices"
#define PCI_CLASS_NETWORK 0x02
#define NAME_OCTETS 64u

/* Last part of the link PCI_DEVICES/address/name. False when there is no such link. */
static bool link_name(const char *address, const char *name, char text[static NAME_OCTETS]) {
	char path[PATH_MAX], target[PATH_MAX];
	const char *last;
	ssize_t length;

	snprintf(path, sizeof(path), PCI_DEVICES "/%s/%s", address, name);
	length = readlink(path, target, sizeof(target) - 1);
	if (length < 0)
		return false;
	target[length] = '\0';
	last = strrchr(target, '/');
	last = last != NULL ? last + 1 : target;
	snprintf(text, NAME_OCTETS, "%.*s", (int)NAME_OCTETS - 1, last);
	return true;
}

/* Class code octet of the device; -1 when there is no such device. */
static int class_of(const char *address) {
	char path[PATH_MAX];
	unsigned int code;
	FILE *stream;
	int n;

	snprintf(path, sizeof(path), PCI_DEVICES "/%s/class", address);
	stream = fopen(path, "re");
	if (stream == NULL)
		return -1;
	n = fscanf(stream, "%x", &code);
	fclose(stream);
	return n == 1 ? (int)(code >> 16 & 0xff) : -1;
}

static bool is_one_of(const char *name, const char *const *names) {
	for (; *names != NULL; names++)
		if (strcmp(name, *names) == 0)
			return true;
	return false;
}

/* vfio-pci also needs an IOMMU group, whose file the user may open. */
static int check_vfio(const char *title, const char *address) {
	char group[NAME_OCTETS], path[NAME_OCTETS + 16];

	if (!link_name(address, "iommu_group", group))
		return driver_error(
			ENODEV, "port",
			"%s has no IOMMU group: switch VT-d/AMD-Vi on in the firmware and add "
			"intel_iommu=on iommu=pt to the kernel's command line",
			title
		);
	snprintf(path, sizeof(path), "/dev/vfio/%s", group);
	if (access(path, R_OK | W_OK) != 0 && errno == EACCES)
		return driver_error(
			EACCES, "port",
			"%s: this user may not open %s: chgrp macsecd %s && chmod 660 %s", title,
			path, path, path
		);
	return 0;
}

int port_pci_check_started(const char *title, const char *address) {
	char driver[NAME_OCTETS];

	if (!link_name(address, "driver", driver) || strcmp(driver, "vfio-pci") != 0 ||
	    rte_vfio_is_enabled("vfio_pci"))
		return 0;
	return driver_error(
		ENODEV, "port",
		"%s: vfio-pci was loaded after macsecd had started: restart macsecd", title
	);
}

int port_pci_check(const char *title, const char *address) {
	static const char *const user_drivers[] = {"igb_uio", "uio_pci_generic", NULL};
	/* Their DPDK drivers work beside the kernel's. */
	static const char *const shared_drivers[] = {"mlx5_core", "mlx4_core", "mana", NULL};
	const char *load =
		access("/sys/bus/pci/drivers/vfio-pci", F_OK) == 0 ? "" : "modprobe vfio-pci && ";
	char driver[NAME_OCTETS];
	int class = class_of(address);

	if (class < 0)
		return driver_error(
			ENODEV, "port", "%s: there is no such PCI device; see: lspci -D", title
		);
	if (class != PCI_CLASS_NETWORK)
		return driver_error(
			ENODEV, "port",
			"%s is a PCI device but no network card; see: lspci -D | grep -i net", title
		);
	if (!link_name(address, "driver", driver))
		return driver_error(
			ENODEV, "port", "%s has no driver: %sdriverctl set-override %s vfio-pci",
			title, load, address
		);
	if (strcmp(driver, "vfio-pci") == 0)
		return check_vfio(title, address);
	if (is_one_of(driver, user_drivers) || is_one_of(driver, shared_drivers))
		return 0;
	return driver_error(
		EBUSY, "port",
		"%s is still on its kernel driver %s: %sdriverctl set-override %s vfio-pci", title,
		driver, load, address
	);
}
