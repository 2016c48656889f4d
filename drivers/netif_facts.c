/* SPDX-License-Identifier: BSD-3-Clause */
/* Facts about an interface for reports. Asked over a socket of our network namespace, not from
 * /sys/class/net, which may show another one. */
#include "drivers/netif.h"

#include <errno.h>
#include <linux/ethtool.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

/* One ioctl on an interface by name. Returns 0 or a negative errno. */
static int ask(const char *ifname, unsigned long code, struct ifreq *request) {
	int fd, rc;

	if (strlen(ifname) >= sizeof(request->ifr_name))
		return -ENODEV;
	memcpy(request->ifr_name, ifname, strlen(ifname) + 1);
	fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	rc = ioctl(fd, code, request) < 0 ? -errno : 0;
	close(fd);
	return rc;
}

/* IFF_RUNNING follows the cable up to a second late, so it is asked only where ETHTOOL_GLINK is not
 * known. */
bool netif_has_carrier(const char *ifname) {
	struct ethtool_value link = {.cmd = ETHTOOL_GLINK};
	struct ifreq request = {.ifr_data = (char *)&link};

	if (ask(ifname, SIOCETHTOOL, &request) == 0)
		return link.data != 0;
	request = (struct ifreq){0};
	return ask(ifname, SIOCGIFFLAGS, &request) == 0 && (request.ifr_flags & IFF_RUNNING) != 0;
}

int netif_numa_node(const char *ifname) {
	struct ethtool_drvinfo info = {.cmd = ETHTOOL_GDRVINFO};
	struct ifreq request = {.ifr_data = (char *)&info};
	char path[sizeof(info.bus_info) + 48];
	FILE *stream;
	int node;

	if (ask(ifname, SIOCETHTOOL, &request) != 0)
		return -1;
	/* Devices on another bus have another form of name there and simply have no such file. */
	info.bus_info[sizeof(info.bus_info) - 1] = '\0';
	snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s/numa_node", info.bus_info);
	stream = info.bus_info[0] != '\0' ? fopen(path, "re") : NULL;
	if (stream == NULL)
		return -1;
	if (fscanf(stream, "%d", &node) != 1)
		node = -1;
	fclose(stream);
	return node;
}

uint32_t netif_speed_mbps(const char *ifname) {
	union {
		struct ethtool_link_settings head;
		/* followed by three bitmaps of at most 127 words (their number is an int8_t) */
		char room[sizeof(struct ethtool_link_settings) + 3 * 127 * sizeof(uint32_t)];
	} settings = {{.cmd = ETHTOOL_GLINKSETTINGS}};
	struct ifreq request = {.ifr_data = (char *)&settings};

	/* The first call tells how long the bitmaps are, as a negative number. */
	if (ask(ifname, SIOCETHTOOL, &request) != 0 || settings.head.link_mode_masks_nwords >= 0)
		return 0;
	settings.head.link_mode_masks_nwords = (int8_t)-settings.head.link_mode_masks_nwords;
	settings.head.cmd = ETHTOOL_GLINKSETTINGS;
	if (ask(ifname, SIOCETHTOOL, &request) != 0)
		return 0;
	return settings.head.speed == (uint32_t)SPEED_UNKNOWN ? 0 : settings.head.speed;
}
