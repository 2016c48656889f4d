/* SPDX-License-Identifier: BSD-3-Clause */
/* Reading the text that names a port. No device is touched. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#define PORT_PCI_OCTETS 13u // "0000:81:00.0" and its end

/*
 * True when `spec` begins with a PCI address (bb:dd.f or dddd:bb:dd.f, then the end or ",devargs");
 * the full lower-case form with its domain is put into address.
 */
bool port_spec_pci_address(const char *spec, char address[static PORT_PCI_OCTETS]);

/*
 * The value of `key` in a vdev string ("net_x0,key=value,…"), in value[size]. Returns false when
 * the key is absent or the value does not fit.
 */
bool port_spec_argument(const char *spec, const char *key, char *value, size_t size);

/* True for a name that Linux could give an interface and that a DPDK device string can carry. */
bool port_spec_is_ifname(const char *spec);
