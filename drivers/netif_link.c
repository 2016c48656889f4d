/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * One question to rtnetlink: how an interface stands to the others. Netlink and not /sys/class/net,
 * because a mounted sysfs shows the namespace it was mounted in, which need not be ours.
 */
#include "drivers/netif_impl.h"

#include <errno.h>
#include <linux/if_link.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define DUMP_OCTETS 32768u // the kernel fills at most this much for one read

/* Attributes of one RTM_NEWLINK that matter here. */
struct link_message {
	int index;
	uint16_t hardware_type;
	uint32_t master;         // index, 0: none
	uint32_t lower;          // index of the interface it is built on, 0: none
	bool is_lower_elsewhere; // `lower` counts in another network namespace
	uint32_t max_mtu;
	uint64_t tx_dropped;
	char name[IFNAMSIZ];
	char kind[16];
};

static uint32_t attribute_u32(const struct rtattr *attribute) {
	uint32_t value = 0;

	if (RTA_PAYLOAD(attribute) >= sizeof(value))
		memcpy(&value, RTA_DATA(attribute), sizeof(value));
	return value;
}

static void attribute_text(const struct rtattr *attribute, char *text, size_t size) {
	snprintf(
		text, size, "%.*s", (int)RTA_PAYLOAD(attribute), (const char *)RTA_DATA(attribute)
	);
}

static void parse_stats(const struct rtattr *attribute, struct link_message *message) {
	struct rtnl_link_stats64 stats = {0};
	size_t length = RTA_PAYLOAD(attribute); // grows with the kernel

	memcpy(&stats, RTA_DATA(attribute), length < sizeof(stats) ? length : sizeof(stats));
	message->tx_dropped = stats.tx_dropped;
}

static void parse_kind(const struct rtattr *info, struct link_message *message) {
	const struct rtattr *attribute = RTA_DATA(info);
	unsigned int left = (unsigned int)RTA_PAYLOAD(info);

	for (; RTA_OK(attribute, left); attribute = RTA_NEXT(attribute, left))
		if (attribute->rta_type == IFLA_INFO_KIND)
			attribute_text(attribute, message->kind, sizeof(message->kind));
}

static void parse_attribute(const struct rtattr *attribute, struct link_message *message) {
	switch (attribute->rta_type & NLA_TYPE_MASK) {
	case IFLA_IFNAME:
		attribute_text(attribute, message->name, sizeof(message->name));
		break;
	case IFLA_MASTER:
		message->master = attribute_u32(attribute);
		break;
	case IFLA_LINK:
		message->lower = attribute_u32(attribute);
		break;
	case IFLA_LINK_NETNSID:
		message->is_lower_elsewhere = true;
		break;
	case IFLA_MAX_MTU:
		message->max_mtu = attribute_u32(attribute);
		break;
	case IFLA_STATS64:
		parse_stats(attribute, message);
		break;
	case IFLA_LINKINFO:
		parse_kind(attribute, message);
		break;
	default:
		break;
	}
}

static void parse_message(const struct nlmsghdr *header, struct link_message *message) {
	const struct ifinfomsg *info = NLMSG_DATA(header);
	unsigned int left = (unsigned int)IFLA_PAYLOAD(header);

	*message = (struct link_message){.index = info->ifi_index, .hardware_type = info->ifi_type};
	for (const struct rtattr *attribute = IFLA_RTA(info); RTA_OK(attribute, left);
	     attribute = RTA_NEXT(attribute, left))
		parse_attribute(attribute, message);
}

/* A veth names its peer where others name the interface below them. */
static bool is_built_on(const struct link_message *message, int index) {
	return message->lower == (uint32_t)index && !message->is_lower_elsewhere &&
	       message->index != index && strcmp(message->kind, "veth") != 0;
}

static void link_update(struct netif_link *link, const struct link_message *message) {
	if (is_built_on(message, link->index))
		memcpy(link->upper, message->name, sizeof(link->upper));
	if (message->index != link->index)
		return;
	link->hardware_type = message->hardware_type;
	link->max_mtu = message->max_mtu != 0 ? message->max_mtu : UINT32_MAX;
	link->tx_dropped = message->tx_dropped;
	memcpy(link->kind, message->kind, sizeof(link->kind));
	if (message->master != 0 && if_indextoname(message->master, link->master) == NULL)
		snprintf(link->master, sizeof(link->master), "%u", message->master);
}

/* Returns 1 when there is more to read, 0 at the end, or a negative errno. */
static int parse_read(struct netif_link *link, const void *buffer, size_t length) {
	const struct nlmsghdr *header = buffer;
	unsigned int left = (unsigned int)length;

	for (; NLMSG_OK(header, left); header = NLMSG_NEXT(header, left)) {
		struct link_message message;

		if (header->nlmsg_type == NLMSG_DONE)
			return 0;
		if (header->nlmsg_type == NLMSG_ERROR)
			return ((const struct nlmsgerr *)NLMSG_DATA(header))->error;
		if (header->nlmsg_type != RTM_NEWLINK)
			continue;
		parse_message(header, &message);
		link_update(link, &message);
	}
	return 1;
}

static int dump_ask(int fd) {
	struct {
		struct nlmsghdr header;
		struct ifinfomsg info;
	} question = {
		.header =
			{
				.nlmsg_len = sizeof(question),
				.nlmsg_type = RTM_GETLINK,
				.nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP,
			},
	};

	return send(fd, &question, sizeof(question), 0) < 0 ? -errno : 0;
}

int netif_link_read(const char *ifname, struct netif_link *link) {
	_Alignas(struct nlmsghdr) char buffer[DUMP_OCTETS];
	int rc, fd;

	*link = (struct netif_link){.index = (int)if_nametoindex(ifname)};
	if (link->index == 0)
		return -ENODEV;
	fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
	if (fd < 0)
		return -errno;
	rc = dump_ask(fd);
	if (rc == 0)
		rc = 1;
	while (rc == 1) {
		ssize_t length = recv(fd, buffer, sizeof(buffer), 0);

		rc = length < 0 ? -errno : parse_read(link, buffer, (size_t)length);
	}
	close(fd);
	return rc;
}
