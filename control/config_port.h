/* SPDX-License-Identifier: BSD-3-Clause */
/* Port specifications as texts: their forms, and whether two of them name one device. Pure. */
#pragma once

#include "drivers/port_spec.h"

#include <net/if.h>
#include <stdbool.h>

/* A PCI address ("0000:81:00.0", "81:00.0", device arguments behind a comma), a DPDK vdev string
 * ("net_…") or a Linux interface name. */
bool config_port_is_valid(const char *spec);

/* What a specification stands for; empty texts: none. */
struct config_port_identity {
	char pci[PORT_PCI_OCTETS]; // with its domain, lower case
	char vdev[64];             // name of the virtual device
	char netif[IF_NAMESIZE];   // Linux interface, also the one below a vdev
};

/* The identity of a valid specification; all empty for an empty text. */
struct config_port_identity config_port_identify(const char *spec);

/* True when both name one device, that is: have a text in common. */
bool config_port_is_same(
	const struct config_port_identity *a, const struct config_port_identity *b
);
