/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Gives DPDK's af_packet driver a better socket than its own. The driver creates its socket for all
 * interfaces and binds it to ours later, so that frames of other interfaces are in its ring; it
 * joins a fan-out group that reassembles IPv4 fragments, even with one queue; it receives what
 * other programs of this machine send. None of this can be undone on that socket.
 *
 * The driver knows its socket only as a file descriptor and a mapping. So, between probing and
 * starting, a socket with rings of the same shape is mapped over the old mapping and put under the
 * same descriptor; the old one goes away by that. The driver closes ours as its own.
 */
#include "drivers/log.h"
#include "drivers/port_impl.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

struct port_packet {
	int fd;         // the driver's number, our socket
	uint64_t drops; // summed here: reading clears the kernel's count
};

struct mapping {
	void *address;
	size_t octets;
};

static bool is_packet_socket_of(int fd, int index) {
	struct sockaddr_ll address = {0};
	socklen_t length = sizeof(address);

	return getsockname(fd, (struct sockaddr *)&address, &length) == 0 &&
	       address.sll_family == AF_PACKET && address.sll_ifindex == index;
}

/* The driver does not tell its socket: the only one of ours that is bound to the interface. */
static int find_socket(int index) {
	DIR *folder = opendir("/proc/self/fd");
	struct dirent *entry;
	int found = -1;

	while (folder != NULL && found < 0 && (entry = readdir(folder)) != NULL) {
		int fd = atoi(entry->d_name); // "." and ".." give 0, which is asked anyway

		if (is_packet_socket_of(fd, index))
			found = fd;
	}
	if (folder != NULL)
		closedir(folder);
	return found;
}

static bool find_mapping(int fd, struct mapping *mapping) {
	FILE *maps = fopen("/proc/self/maps", "re");
	unsigned long first, end, inode;
	struct stat status;
	bool found = false;
	char line[512];

	if (maps == NULL)
		return false;
	while (!found && fstat(fd, &status) == 0 && fgets(line, sizeof(line), maps) != NULL) {
		if (sscanf(line, "%lx-%lx %*s %*s %*s %lu", &first, &end, &inode) != 3)
			continue;
		found = inode == status.st_ino && strstr(line, "socket:[") != NULL;
	}
	fclose(maps);
	if (found)
		*mapping = (struct mapping){(void *)first, end - first};
	return found;
}

static int set(int fd, int option, int value) {
	return setsockopt(fd, SOL_PACKET, option, &value, sizeof(value));
}

/* The options are the driver's own, but for the last one. PACKET_LOSS: skip a frame that the kernel
 * refuses, do not stop at it. */
static int set_options(int fd, const struct tpacket_req *ring) {
	if (set(fd, PACKET_VERSION, TPACKET_V2) != 0 || set(fd, PACKET_LOSS, 1) != 0 ||
	    set(fd, PACKET_QDISC_BYPASS, 1) != 0 || set(fd, PACKET_IGNORE_OUTGOING, 1) != 0 ||
	    setsockopt(fd, SOL_PACKET, PACKET_RX_RING, ring, sizeof(*ring)) != 0 ||
	    setsockopt(fd, SOL_PACKET, PACKET_TX_RING, ring, sizeof(*ring)) != 0)
		return -errno;
	return 0;
}

static int map_over(const struct mapping *mapping, int fd) {
	int flags = MAP_SHARED | MAP_FIXED | MAP_POPULATE;
	void *address;

	address = mmap(mapping->address, mapping->octets, PROT_READ | PROT_WRITE, flags, fd, 0);
	return address == MAP_FAILED ? -errno : 0;
}

/*
 * Our socket takes the place of `fd` and of its mapping, and only then learns its interface: with
 * protocol 0 it has received nothing before. Returns 0 or a negative errno; after a failure the
 * driver's socket may be half replaced, and the port is to be closed.
 */
static int replace(int fd, const struct mapping *mapping, const struct port *port, int index) {
	struct sockaddr_ll address = {
		.sll_family = AF_PACKET,
		.sll_protocol = htons(ETH_P_ALL),
		.sll_ifindex = index,
	};
	int ours = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);
	int rc = ours < 0 ? -errno : set_options(ours, &port->ring);

	if (rc == 0)
		rc = map_over(mapping, ours);
	if (rc == 0 && dup3(ours, fd, O_CLOEXEC) < 0)
		rc = -errno;
	if (ours >= 0)
		close(ours);
	if (rc == 0 && bind(fd, (struct sockaddr *)&address, sizeof(address)) != 0)
		rc = -errno;
	return rc;
}

int port_packet_adopt(struct port *port) {
	size_t rings = 2 * (size_t)port->ring.tp_block_size * port->ring.tp_block_nr;
	int index = (int)if_nametoindex(port->ifname);
	int fd = index != 0 ? find_socket(index) : -1;
	struct mapping mapping;
	int rc;

	if (fd < 0 || !find_mapping(fd, &mapping) || mapping.octets != rings)
		return driver_error(
			ENOTSUP, "port",
			"%s: DPDK's af_packet driver does not show its socket in /proc/self: mount "
			"/proc, or use another DPDK release",
			port->title
		);
	port->packet = calloc(1, sizeof(*port->packet));
	if (port->packet == NULL)
		return driver_error(ENOMEM, "port", "%s: out of memory", port->title);
	port->packet->fd = fd;
	rc = replace(fd, &mapping, port, index);
	if (rc == 0)
		return 0;
	return driver_error(
		-rc, "port",
		"%s: no packet socket for it (%s): CAP_NET_RAW, Linux 4.20 or newer and %zu MiB of "
		"memory are needed",
		port->title, strerror(-rc), rings >> 20
	);
}

uint64_t port_packet_drops(struct port_packet *packet) {
	struct tpacket_stats stats;
	socklen_t length = sizeof(stats);

	if (packet == NULL)
		return 0;
	if (getsockopt(packet->fd, SOL_PACKET, PACKET_STATISTICS, &stats, &length) == 0)
		packet->drops += stats.tp_drops;
	return packet->drops;
}
