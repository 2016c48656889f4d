/* SPDX-License-Identifier: BSD-3-Clause */
/* Three kinds of port specification: a PCI address, a DPDK vdev string, a Linux interface name. */
#include "drivers/port_spec.h"

#include "drivers/port.h"

#include <ctype.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>

/* Octets of `text` that match: 'x' a hexadecimal digit, anything else itself. 0: no match. */
static size_t match(const char *text, const char *pattern) {
	size_t n;

	for (n = 0; pattern[n] != '\0'; n++) {
		if (pattern[n] == 'x' ? !isxdigit((unsigned char)text[n]) : text[n] != pattern[n])
			return 0;
	}
	return n;
}

bool port_spec_pci_address(const char *spec, char address[static PORT_PCI_OCTETS]) {
	size_t with_domain = match(spec, "xxxx:xx:xx.x"), without = match(spec, "xx:xx.x");
	size_t length = with_domain != 0 ? with_domain : without;

	if (length == 0 || (spec[length] != '\0' && spec[length] != ','))
		return false;
	if (spec[length - 1] > '7') // a PCI device has eight functions
		return false;
	snprintf(
		address, PORT_PCI_OCTETS, "%s%.*s", with_domain != 0 ? "" : "0000:", (int)length,
		spec
	);
	for (size_t i = 0; address[i] != '\0'; i++)
		address[i] = (char)tolower((unsigned char)address[i]);
	return true;
}

bool port_spec_argument(const char *spec, const char *key, char *value, size_t size) {
	size_t key_length = strlen(key);

	for (const char *at = strchr(spec, ','); at != NULL; at = strchr(at, ',')) {
		size_t length;

		at++;
		if (strncmp(at, key, key_length) != 0 || at[key_length] != '=')
			continue;
		at += key_length + 1;
		length = strcspn(at, ",");
		if (length >= size)
			return false;
		memcpy(value, at, length);
		value[length] = '\0';
		return true;
	}
	return false;
}

bool port_spec_is_ifname(const char *spec) {
	size_t length = strlen(spec);

	if (length == 0 || length >= IFNAMSIZ || strcmp(spec, ".") == 0 || strcmp(spec, "..") == 0)
		return false;
	for (size_t i = 0; i < length; i++)
		if (!isalnum((unsigned char)spec[i]) && strchr("._-:@", spec[i]) == NULL)
			return false;
	return true;
}

enum port_kind port_spec_kind(const char *spec) {
	char address[PORT_PCI_OCTETS];

	if (port_spec_pci_address(spec, address))
		return PORT_PCI;
	return strncmp(spec, "net_", 4) == 0 ? PORT_VDEV : PORT_NETIF;
}
