/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A port's life. Each step of opening leaves its mark in struct port, so that port_close is also
 * the way back from a failure.
 */
#include "drivers/port.h"

#include "drivers/eal_log.h"
#include "drivers/log.h"
#include "drivers/port_impl.h"
#include "drivers/port_spec.h"

#include <rte_dev.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MTU_MAX 16000u // frames of 16 KiB: no Ethernet carries more, and 16 bits always hold it

/* DPDK's port whose device has this name. Returns -ENODEV when there is none. */
static int find_port(const char *name, uint16_t *port_id, struct rte_device **device) {
	struct rte_eth_dev_info info;

	for (uint16_t id = 0; id < RTE_MAX_ETHPORTS; id++) {
		if (rte_eth_dev_is_valid_port(id) == 0 || rte_eth_dev_info_get(id, &info) != 0 ||
		    info.device == NULL || strcmp(rte_dev_name(info.device), name) != 0)
			continue;
		*port_id = id;
		*device = info.device;
		return 0;
	}
	return -ENODEV;
}

static int prepare_pci(struct port *port) {
	const char *spec = port->request->spec;
	const char *devargs = strchr(spec, ',');
	char address[PORT_PCI_OCTETS];

	port_spec_pci_address(spec, address);
	snprintf(
		port->device, sizeof(port->device), "%s%s", address, devargs != NULL ? devargs : ""
	);
	const int rc = port_pci_check(port->title, address);
	return rc != 0 ? rc : port_pci_check_started(port->title, address);
}

/*
 * Drivers that sit on a Linux interface beside the kernel are safe only when the interface was
 * taken over. af_xdp keeps its own options; af_packet we size ourselves; pcap is for files.
 */
static int prepare_vdev(struct port *port) {
	const char *spec = port->request->spec;
	bool has_iface = port_spec_argument(spec, "iface", port->ifname, sizeof(port->ifname));

	snprintf(port->device, sizeof(port->device), "%s", spec);
	if (strncmp(spec, "net_af_xdp", 10) == 0 && has_iface)
		return port_netif_prepare(port);
	if (strncmp(spec, "net_af_packet", 13) == 0 || strncmp(spec, "net_pcap", 8) == 0) {
		has_iface |= port_spec_argument(spec, "rx_iface", port->ifname, IFNAMSIZ);
		has_iface |= port_spec_argument(spec, "tx_iface", port->ifname, IFNAMSIZ);
		if (has_iface)
			return driver_error(
				EINVAL, "port",
				"%s would share %s with the kernel: write %s alone to have it "
				"taken over",
				port->title, port->ifname, port->ifname
			);
	}
	port->ifname[0] = '\0'; // others (tap) make an interface of their own
	return 0;
}

static int prepare_netif(struct port *port) {
	const char *spec = port->request->spec;

	if (!port_spec_is_ifname(spec))
		return driver_error(
			EINVAL, "port",
			"%s: neither a PCI address (0000:81:00.0), nor a DPDK device (net_…), "
			"nor a Linux interface name",
			port->title
		);
	snprintf(port->ifname, sizeof(port->ifname), "%s", spec);
	return port_netif_prepare(port);
}

static int prepare(struct port *port) {
	if (strlen(port->request->spec) >= sizeof(port->device) - PORT_PCI_OCTETS)
		return driver_error(E2BIG, "port", "%s: too long", port->title);
	if (port->request->mtu > MTU_MAX)
		return driver_error(
			EINVAL, "port", "%s: an mtu of %u is more than %u", port->title,
			port->request->mtu, MTU_MAX
		);
	switch (port->info.kind) {
	case PORT_PCI:
		return prepare_pci(port);
	case PORT_VDEV:
		return prepare_vdev(port);
	case PORT_NETIF:
		break;
	}
	return prepare_netif(port);
}

static int probe_failed(const struct port *port, int rc) {
	char reason[256];

	eal_log_reason(rc, reason, sizeof(reason));
	if (port->info.kind == PORT_VDEV && strstr(reason, "failed to parse device") != NULL)
		return driver_error(
			ENODEV, "port",
			"%s: DPDK has no driver of this name installed; see: apt-cache search "
			"librte-net",
			port->title
		);
	return driver_error(
		rc < -1 ? -rc : ENODEV, "port", "%s: DPDK cannot use it: %s", port->title, reason
	);
}

static int probe(struct port *port) {
	char name[RTE_DEV_NAME_MAX_LEN];
	int rc;

	snprintf(name, sizeof(name), "%.*s", (int)strcspn(port->device, ","), port->device);
	if (find_port(name, &port->info.port_id, &port->rte_device) == 0) {
		port->rte_device = NULL; // somebody else's
		return driver_error(
			EBUSY, "port", "%s is a port of macsecd already: use each one once",
			port->title
		);
	}
	rc = rte_dev_probe(port->device);
	if (rc != 0)
		return probe_failed(port, rc);
	rc = find_port(name, &port->info.port_id, &port->rte_device);
	if (rc != 0)
		return driver_error(
			ENODEV, "port", "%s: DPDK made no Ethernet port of it", port->title
		);
	port->is_probed = true;
	return 0;
}

static uint32_t speed_mbps(const struct port *port) {
	struct rte_eth_link link = {0};

	if (port->netif != NULL)
		return netif_speed_mbps(port->ifname);
	if (rte_eth_link_get_nowait(port->info.port_id, &link) != 0)
		return 0;
	return link.link_speed == RTE_ETH_SPEED_NUM_UNKNOWN ? 0 : link.link_speed;
}

static void describe(struct port *port) {
	struct rte_ether_addr address = {0};

	rte_eth_macaddr_get(port->info.port_id, &address);
	memcpy(port->info.mac, address.addr_bytes, sizeof(port->info.mac));
	port->info.max_frame_octets = (uint16_t)(PORT_ETHER_OCTETS + port->mtu);
	port->info.speed_mbps = speed_mbps(port);
}

static int open_steps(struct port *port) {
	int rc;

	eal_log_clear();
	rc = prepare(port);
	if (rc == 0)
		rc = probe(port);
	if (rc != 0)
		return rc;
	if (port->netif == NULL)
		port->info.numa_node = rte_eth_dev_socket_id(port->info.port_id);
	if (port->info.kind == PORT_NETIF)
		rc = port_packet_adopt(port);
	if (rc == 0)
		rc = port_setup(port);
	if (rc != 0)
		return rc;
	rte_eth_stats_reset(port->info.port_id); // a driver that cannot starts anywhere
	describe(port);
	return 0;
}

int port_open(const struct port_request *request, struct port **out) {
	struct port *port;
	int rc;

	*out = NULL;
	port_pool_release(NULL);
	port = calloc(1, sizeof(*port));
	if (port == NULL)
		return driver_error(ENOMEM, "port", "%s port: out of memory", request->role);
	port->request = request;
	port->info.kind = port_spec_kind(request->spec);
	port->info.numa_node = -1;
	snprintf(port->title, sizeof(port->title), "%s port %s", request->role, request->spec);

	rc = open_steps(port);
	port->request = NULL;
	if (rc != 0) {
		port_close(port);
		return rc;
	}
	*out = port;
	return 0;
}

void port_close(struct port *port) {
	if (port == NULL)
		return;
	if (port->is_started)
		rte_eth_dev_stop(port->info.port_id);
	if (port->is_probed)
		rte_eth_dev_close(port->info.port_id);
	if (port->rte_device != NULL)
		rte_dev_remove(port->rte_device);
	port_pool_release(port->info.pool);
	netif_give_back(port->netif);
	free(port->packet);
	free(port);
}

const struct port_info *port_info(const struct port *port) {
	return &port->info;
}

bool port_link_is_up(const struct port *port) {
	struct rte_eth_link link = {0};

	if (port->netif != NULL) // af_packet always says yes
		return netif_has_carrier(port->ifname);
	return rte_eth_link_get_nowait(port->info.port_id, &link) != 0 ||
	       link.link_status == RTE_ETH_LINK_UP;
}

int port_stats(const struct port *port, struct port_stats *stats) {
	struct rte_eth_stats device;
	int rc = rte_eth_stats_get(port->info.port_id, &device);

	if (rc != 0)
		return rc;
	*stats = (struct port_stats){
		.rx_frames = device.ipackets,
		.tx_frames = device.opackets,
		.rx_octets = device.ibytes,
		.tx_octets = device.obytes,
		.rx_missed = device.imissed + port_packet_drops(port->packet),
		.rx_errors = device.ierrors,
		.tx_errors = device.oerrors + port_netif_dropped(port),
		.rx_no_mbuf = device.rx_nombuf,
	};
	return 0;
}
