/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Takes a Linux interface over and gives it back. Each step that changed something leaves its mark
 * in struct netif, so that giving back is the same code after success and after a failure half-way.
 */
#include "drivers/netif.h"

#include "drivers/log.h"
#include "drivers/netif_impl.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#define TAKEN_FLAGS (IFF_NOARP | IFF_PROMISC | IFF_UP)
#define TEXT_OCTETS 16u

/*
 * Kernel settings of the interface while we hold it. IPv6 would send by itself (router
 * solicitation, multicast listener reports). The two of IPv4 keep what arrives for this machine's
 * other addresses out: nothing is routed through the interface, so no source passes the reverse
 * path filter.
 */
static const struct {
	const char *path; // %s: the interface
	const char *value;
	const char *what, *fix; // for the message
} settings[] = {
	{"/proc/sys/net/ipv6/conf/%s/disable_ipv6", "1", "switch IPv6 off",
	 "make /proc/sys writable, or set disable_ipv6=1 of"},
	{"/proc/sys/net/ipv4/conf/%s/rp_filter", "1", "switch the reverse path filter on",
	 "make /proc/sys writable, or set rp_filter=1 of"},
	{"/proc/sys/net/ipv4/conf/%s/forwarding", "0", "switch forwarding off",
	 "make /proc/sys writable, or set forwarding=0 of"},
};

#define N_SETTINGS (sizeof(settings) / sizeof(settings[0]))

struct netif {
	int fd;    // of the namespace it was taken in
	int claim; // keeps other macsecd away, see netif_claim
	int index;
	char name[IFNAMSIZ];
	int mtu;     // before; 0: not changed
	short flags; // before, of TAKEN_FLAGS
	bool has_changed_flags;
	char setting[N_SETTINGS][TEXT_OCTETS]; // before; empty: there was none
	struct netif_features features;
};

/* Reads or writes one short file. Returns 0 or a negative errno. */
static int setting_access(size_t which, const char *ifname, int mode, char *text, size_t size) {
	char path[128];
	ssize_t n;
	int fd, rc;

	snprintf(path, sizeof(path), settings[which].path, ifname);
	fd = open(path, mode | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	n = mode == O_RDONLY ? read(fd, text, size - 1) : write(fd, text, strlen(text));
	rc = n < 0 ? -errno : 0;
	close(fd);
	if (mode == O_RDONLY && n >= 0)
		text[n] = '\0';
	return rc;
}

/* A kernel without IPv6 has no file for it, and needs none. */
static void settings_read(struct netif *netif) {
	for (size_t i = 0; i < N_SETTINGS; i++)
		if (setting_access(i, netif->name, O_RDONLY, netif->setting[i], TEXT_OCTETS) != 0)
			netif->setting[i][0] = '\0';
}

/* `fix` is a command that ends in the interface's name, for a failure that is not about rights. */
static int change_failed(const struct netif *netif, int rc, const char *what, const char *fix) {
	bool needs_rights = rc == -EPERM || rc == -EACCES;

	return driver_error(
		-rc, "port", "interface %s: cannot %s (%s): %s %s", netif->name, what,
		strerror(-rc),
		needs_rights ? "give macsecd CAP_NET_ADMIN, or run it as root, to change" : fix,
		netif->name
	);
}

static int settings_change(struct netif *netif) {
	char text[TEXT_OCTETS];

	for (size_t i = 0; i < N_SETTINGS; i++) {
		int rc = setting_access(i, netif->name, O_RDONLY, text, sizeof(text));

		if (rc == -ENOENT || (rc == 0 && text[0] == settings[i].value[0]))
			continue;
		snprintf(text, sizeof(text), "%s", settings[i].value);
		if (rc == 0)
			rc = setting_access(i, netif->name, O_WRONLY, text, sizeof(text));
		if (rc != 0)
			return change_failed(netif, rc, settings[i].what, settings[i].fix);
	}
	return 0;
}

static void settings_restore(struct netif *netif) {
	for (size_t i = 0; i < N_SETTINGS; i++)
		if (netif->setting[i][0] != '\0')
			setting_access(i, netif->name, O_WRONLY, netif->setting[i], TEXT_OCTETS);
}

static int request_send(const struct netif *netif, unsigned long code, struct ifreq *request) {
	memcpy(request->ifr_name, netif->name, sizeof(request->ifr_name));
	return ioctl(netif->fd, code, request) < 0 ? -errno : 0;
}

static int mtu_change(struct netif *netif, uint16_t mtu) {
	struct ifreq request = {0};
	int rc = request_send(netif, SIOCGIFMTU, &request);
	int before = request.ifr_mtu;
	char what[32];

	if (rc == 0 && before != mtu) {
		request.ifr_mtu = mtu;
		rc = request_send(netif, SIOCSIFMTU, &request);
		if (rc == 0)
			netif->mtu = before;
	}
	snprintf(what, sizeof(what), "set its MTU to %u", mtu);
	return rc == 0 ? 0 : change_failed(netif, rc, what, "see its limits: ip -d link show dev");
}

/* Sets TAKEN_FLAGS to `flags` and leaves the others alone. */
static int flags_set(const struct netif *netif, short flags, short *before) {
	struct ifreq request = {0};
	int rc = request_send(netif, SIOCGIFFLAGS, &request);

	if (rc != 0)
		return rc;
	if (before != NULL)
		*before = (short)(request.ifr_flags & TAKEN_FLAGS);
	request.ifr_flags = (short)((request.ifr_flags & ~TAKEN_FLAGS) | flags);
	return request_send(netif, SIOCSIFFLAGS, &request);
}

static int flags_change(struct netif *netif) {
	int rc = flags_set(netif, TAKEN_FLAGS, &netif->flags);

	netif->has_changed_flags = true;
	return rc == 0 ? 0 : change_failed(netif, rc, "bring it up", "ip link set up dev");
}

static int features_change(struct netif *netif) {
	int rc = netif_features_off(netif->fd, netif->name, &netif->features);

	return rc == 0 ? 0 : change_failed(netif, rc, "switch its offloads off", "see: ethtool -k");
}

/*
 * The MTU goes first: crossing 1280 octets makes the kernel forget or invent the interface's IPv6
 * settings. Up goes last, when the kernel is silent already.
 */
static int take(struct netif *netif, uint16_t mtu) {
	int rc;

	settings_read(netif);
	rc = mtu_change(netif, mtu);
	if (rc == 0)
		rc = settings_change(netif);
	if (rc == 0)
		rc = features_change(netif);
	if (rc == 0)
		rc = flags_change(netif);
	return rc;
}

/* A frame whose checksum the far end of a veth left for later would be wrong on the wire; only the
 * far end can help it. */
static void report_veth(const char *ifname, const struct netif_link *link) {
	if (strcmp(link->kind, "veth") == 0)
		driver_info(
			"port",
			"interface %s is a veth: its peer must finish its frames itself "
			"(ethtool -K PEER tx off)",
			ifname
		);
}

int netif_take(const char *ifname, uint16_t mtu, struct netif **out) {
	struct netif_link link;
	struct netif *netif;
	int rc;

	*out = NULL;
	rc = netif_link_read(ifname, &link);
	if (rc != 0)
		return driver_error(
			-rc, "port", "there is no interface %s (%s); see: ip -br link", ifname,
			strerror(-rc)
		);
	rc = netif_check_unused(ifname, &link);
	if (rc != 0)
		return rc;

	netif = calloc(1, sizeof(*netif));
	if (netif == NULL)
		return driver_error(ENOMEM, "port", "no memory to take interface %s over", ifname);
	netif->index = link.index;
	snprintf(netif->name, sizeof(netif->name), "%s", ifname);
	netif->fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	netif->claim = -1;
	rc = netif->fd < 0 ? driver_error(errno, "port", "no socket: %s", strerror(errno))
			   : netif_claim(ifname, link.index, &netif->claim);
	if (rc == 0)
		rc = take(netif, mtu);
	if (rc != 0) {
		netif_give_back(netif);
		return rc;
	}
	report_veth(ifname, &link);
	*out = netif;
	return 0;
}

void netif_give_back(struct netif *netif) {
	struct ifreq request = {0};

	if (netif == NULL)
		return;
	/* By index: it may have been renamed, or be gone and another one have its name. */
	request.ifr_ifindex = netif->index;
	if (netif->fd >= 0 && ioctl(netif->fd, SIOCGIFNAME, &request) == 0) {
		memcpy(netif->name, request.ifr_name, sizeof(netif->name));
		if (netif->has_changed_flags)
			flags_set(netif, netif->flags, NULL);
		netif_features_restore(netif->fd, netif->name, &netif->features);
		request.ifr_mtu = netif->mtu;
		if (netif->mtu != 0)
			request_send(netif, SIOCSIFMTU, &request);
		settings_restore(netif);
	}
	if (netif->fd >= 0)
		close(netif->fd);
	if (netif->claim >= 0)
		close(netif->claim);
	free(netif);
}
