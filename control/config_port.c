/* SPDX-License-Identifier: BSD-3-Clause */
/* Port specifications as texts, on top of the drivers' reading of them. */
#include "control/config_port.h"

#include "drivers/port.h"

#include <stdio.h>
#include <string.h>

static bool is_graphic(const char *text) {
	while (*text > ' ' && *text < 0x7f)
		text++;
	return *text == '\0';
}

bool config_port_is_valid(const char *spec) {
	switch (is_graphic(spec) ? port_spec_kind(spec) : PORT_NETIF) {
	case PORT_PCI:
		return true;
	case PORT_VDEV:
		return strcspn(spec, ",") > strlen("net_") &&
		       strcspn(spec, ",") < sizeof(((struct config_port_identity *)0)->vdev);
	default:
		/* With ':' it is a mistyped PCI address, or a label, which is no interface. */
		return port_spec_is_ifname(spec) && strchr(spec, ':') == NULL;
	}
}

struct config_port_identity config_port_identify(const char *spec) {
	struct config_port_identity identity = {0};

	if (port_spec_pci_address(spec, identity.pci))
		return identity;
	if (port_spec_kind(spec) == PORT_NETIF) {
		snprintf(identity.netif, sizeof(identity.netif), "%s", spec);
		return identity;
	}
	snprintf(identity.vdev, sizeof(identity.vdev), "%.*s", (int)strcspn(spec, ","), spec);
	port_spec_argument(spec, "iface", identity.netif, sizeof(identity.netif));
	return identity;
}

static bool is_shared(const char *a, const char *b) {
	return a[0] != '\0' && strcmp(a, b) == 0;
}

bool config_port_is_same(
	const struct config_port_identity *a, const struct config_port_identity *b
) {
	return is_shared(a->pci, b->pci) || is_shared(a->vdev, b->vdev) ||
	       is_shared(a->netif, b->netif);
}
