/* SPDX-License-Identifier: BSD-3-Clause */
/* Refuses an interface that the machine itself uses: taking it over would cut the operator off, or
 * let the kernel go on sending through it. */
#include "drivers/log.h"
#include "drivers/netif_impl.h"

#include <arpa/inet.h>
#include <errno.h>
#include <ifaddrs.h>
#include <net/if_arp.h>
#include <netinet/in.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

/* The address as text, or NULL for one that does not count: IPv6 link-local ones appear by
 * themselves and go when IPv6 is switched off. */
static const char *
address_text(const struct sockaddr *address, char text[static INET6_ADDRSTRLEN]) {
	const struct sockaddr_in6 *ipv6 = (const void *)address;
	const struct sockaddr_in *ipv4 = (const void *)address;

	if (address == NULL)
		return NULL;
	if (address->sa_family == AF_INET)
		return inet_ntop(AF_INET, &ipv4->sin_addr, text, INET6_ADDRSTRLEN);
	if (address->sa_family == AF_INET6 && !IN6_IS_ADDR_LINKLOCAL(&ipv6->sin6_addr))
		return inet_ntop(AF_INET6, &ipv6->sin6_addr, text, INET6_ADDRSTRLEN);
	return NULL;
}

static int check_addresses(const char *ifname) {
	char text[INET6_ADDRSTRLEN];
	struct ifaddrs *list;
	int rc = 0;

	if (getifaddrs(&list) != 0)
		return driver_error(
			errno, "port", "cannot list the addresses of %s: %s", ifname,
			strerror(errno)
		);
	for (const struct ifaddrs *entry = list; entry != NULL && rc == 0; entry = entry->ifa_next)
		if (strcmp(entry->ifa_name, ifname) == 0 && address_text(entry->ifa_addr, text))
			rc = driver_error(
				EADDRINUSE, "port",
				"interface %s has the address %s and belongs to this machine: "
				"ip address flush dev %s",
				ifname, text, ifname
			);
	freeifaddrs(list);
	return rc;
}

/* IPv4 only: IPv6 routes go when IPv6 is switched off. A machine without IPv4 has no file. */
static int check_routes(const char *ifname) {
	FILE *table = fopen("/proc/thread-self/net/route", "re");
	char line[256], name[IFNAMSIZ];
	bool has_route = false;

	if (table == NULL)
		return 0;
	while (!has_route && fgets(line, sizeof(line), table) != NULL)
		has_route = sscanf(line, "%15s", name) == 1 && strcmp(name, ifname) == 0;
	fclose(table);
	if (!has_route)
		return 0;
	return driver_error(
		EADDRINUSE, "port",
		"this machine routes through interface %s: ip route flush dev %s", ifname, ifname
	);
}

int netif_check_unused(const char *ifname, const struct netif_link *link) {
	int rc;

	if (link->hardware_type == ARPHRD_LOOPBACK)
		return driver_error(
			EINVAL, "port",
			"interface %s is the loopback and leads nowhere; choose one of: ip -br "
			"link",
			ifname
		);
	if (link->hardware_type != ARPHRD_ETHER)
		return driver_error(
			EINVAL, "port", "interface %s is not Ethernet; choose one of: ip -br link",
			ifname
		);
	if (link->master[0] != '\0')
		return driver_error(
			EBUSY, "port",
			"interface %s is a member of %s: ip link set dev %s nomaster", ifname,
			link->master, ifname
		);
	if (link->upper[0] != '\0')
		return driver_error(
			EBUSY, "port",
			"interface %s carries %s, which would send through it: ip link delete %s",
			ifname, link->upper, link->upper
		);
	rc = check_addresses(ifname);
	return rc != 0 ? rc : check_routes(ifname);
}

/* A name in the abstract socket space: no file, one space for each network namespace, like the
 * interface's index, and gone with the process. */
int netif_claim(const char *ifname, int index, int *claim) {
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int n = snprintf(
		address.sun_path + 1, sizeof(address.sun_path) - 1, "macsecd-interface-%d", index
	);
	socklen_t length = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + (size_t)n);

	*claim = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (*claim >= 0 && bind(*claim, (struct sockaddr *)&address, length) == 0)
		return 0;
	return driver_error(
		errno, "port",
		"interface %s is held by another macsecd (%s); see: ss -xap | grep %s", ifname,
		strerror(errno), address.sun_path + 1
	);
}
