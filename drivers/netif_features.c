/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Offloads off and on again. The kernel's feature words (ETHTOOL_GFEATURES) are used and not the
 * older single switches, as only they can put back exactly what was there: one old switch stands
 * for several features.
 */
#include "drivers/log.h"
#include "drivers/netif_impl.h"

#include <errno.h>
#include <linux/ethtool.h>
#include <linux/sockios.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>

/* ethtool's structures end in an array of unknown length; `room` makes it NETIF_FEATURE_BLOCKS. */
union feature_words {
	struct ethtool_gfeatures get;
	char
		room[sizeof(struct ethtool_gfeatures) +
		     NETIF_FEATURE_BLOCKS * sizeof(struct ethtool_get_features_block)];
};

union feature_change {
	struct ethtool_sfeatures set;
	char
		room[sizeof(struct ethtool_sfeatures) +
		     NETIF_FEATURE_BLOCKS * sizeof(struct ethtool_set_features_block)];
};

union feature_count {
	struct ethtool_sset_info info;
	char room[sizeof(struct ethtool_sset_info) + sizeof(uint32_t)];
};

static int ethtool(int fd, const char *ifname, void *command) {
	struct ifreq request = {.ifr_data = command};

	snprintf(request.ifr_name, sizeof(request.ifr_name), "%s", ifname);
	return ioctl(fd, SIOCETHTOOL, &request) < 0 ? -errno : 0;
}

static bool starts_with(const char *name, const char *prefix) {
	return strncmp(name, prefix, strlen(prefix)) == 0;
}

/* Features that make one frame of several on receipt: what arrives is then not what was sent. */
static bool is_merging(const char *name) {
	return starts_with(name, "rx-gro") || starts_with(name, "rx-lro") ||
	       starts_with(name, "rx-udp-gro");
}

/* Also: splitting, late checksums, and tags or frames that the device takes out of our sight. */
static bool is_unwanted(const char *name) {
	static const char *const prefixes[] = {"tx-checksum-", "rx-checksum", "tx-gso-",
					       "tx-vlan-",     "rx-vlan-",    "tx-generic-seg"};
	size_t length = strnlen(name, ETH_GSTRING_LEN);

	if (is_merging(name))
		return true;
	for (size_t i = 0; i < sizeof(prefixes) / sizeof(prefixes[0]); i++)
		if (starts_with(name, prefixes[i]))
			return true;
	return length > 13 && strcmp(name + length - 13, "-segmentation") == 0;
}

static int features_count(int fd, const char *ifname, uint32_t *count) {
	union feature_count answer = {
		{.cmd = ETHTOOL_GSSET_INFO, .sset_mask = 1ull << ETH_SS_FEATURES}};
	int rc = ethtool(fd, ifname, &answer);

	*count = rc == 0 && answer.info.sset_mask != 0 ? answer.info.data[0] : 0;
	if (*count > NETIF_FEATURE_BLOCKS * 32)
		*count = NETIF_FEATURE_BLOCKS * 32;
	return rc;
}

/* The names of `count` features, each ETH_GSTRING_LEN octets; the caller frees. NULL on failure. */
static struct ethtool_gstrings *features_names(int fd, const char *ifname, uint32_t count) {
	struct ethtool_gstrings *names;

	names = calloc(1, sizeof(*names) + (size_t)count * ETH_GSTRING_LEN);
	if (names == NULL)
		return NULL;
	names->cmd = ETHTOOL_GSTRINGS;
	names->string_set = ETH_SS_FEATURES;
	names->len = count;
	if (ethtool(fd, ifname, names) == 0)
		return names;
	free(names);
	return NULL;
}

static const char *feature_name(struct ethtool_gstrings *names, uint32_t feature) {
	char *name = (char *)names->data + (size_t)feature * ETH_GSTRING_LEN;

	name[ETH_GSTRING_LEN - 1] = '\0';
	return name;
}

static int features_get(int fd, const char *ifname, union feature_words *words) {
	*words = (union feature_words){{.cmd = ETHTOOL_GFEATURES, .size = NETIF_FEATURE_BLOCKS}};
	return ethtool(fd, ifname, words);
}

/* The kernel answers > 0 when it granted a part only; the caller looks at what is active then. */
static int
features_set(int fd, const char *ifname, const struct netif_features *saved, bool restore) {
	union feature_change change = {{.cmd = ETHTOOL_SFEATURES, .size = saved->n_blocks}};

	for (uint32_t i = 0; i < saved->n_blocks; i++) {
		change.set.features[i].valid = saved->changed[i];
		change.set.features[i].requested =
			restore ? saved->wanted[i] & saved->changed[i] : 0;
	}
	return ethtool(fd, ifname, &change);
}

/* A device that cannot stop merging spoils traffic, so the operator is told. */
static void report_merging(int fd, const char *ifname, struct ethtool_gstrings *names) {
	union feature_words words;

	if (features_get(fd, ifname, &words) != 0)
		return;
	for (uint32_t i = 0; i < names->len; i++)
		if ((words.get.features[i / 32].active >> (i % 32) & 1) &&
		    is_merging(feature_name(names, i)))
			driver_info(
				"port", "interface %s cannot switch %s off: it may merge frames",
				ifname, feature_name(names, i)
			);
}

int netif_features_off(int fd, const char *ifname, struct netif_features *saved) {
	struct ethtool_gstrings *names;
	union feature_words words;
	uint32_t count;
	int rc;

	*saved = (struct netif_features){0};
	rc = features_count(fd, ifname, &count);
	if (rc == 0)
		rc = features_get(fd, ifname, &words);
	if (rc != 0 || count == 0)
		return rc == -EOPNOTSUPP ? 0 : rc;
	names = features_names(fd, ifname, count);
	if (names == NULL)
		return -ENOMEM;

	saved->n_blocks = (count + 31) / 32;
	for (uint32_t i = 0; i < names->len && i < count; i++)
		if (is_unwanted(feature_name(names, i)))
			saved->changed[i / 32] |= 1u << (i % 32);
	for (uint32_t i = 0; i < saved->n_blocks; i++) {
		saved->changed[i] &= words.get.features[i].available; // the rest is fixed
		saved->wanted[i] = words.get.features[i].requested;
	}
	rc = features_set(fd, ifname, saved, false);
	if (rc == 0)
		report_merging(fd, ifname, names);
	free(names);
	return rc;
}

void netif_features_restore(int fd, const char *ifname, const struct netif_features *saved) {
	if (saved->n_blocks > 0)
		features_set(fd, ifname, saved, true);
}
