/* SPDX-License-Identifier: BSD-3-Clause */
/* Reading of port specifications. Links drivers/port_spec.c. */
#include "drivers/port.h"
#include "drivers/port_spec.h"

#include <criterion/criterion.h>

Test(port_spec, tells_the_three_kinds_apart) {
	static const struct {
		const char *spec;
		enum port_kind kind;
	} cases[] = {
		{"0000:81:00.0", PORT_PCI},
		{"81:00.0", PORT_PCI},
		{"FFFF:fE:1f.7", PORT_PCI},
		{"0000:81:00.0,mprq_en=1", PORT_PCI},
		{"net_memif0,socket=/run/x.sock", PORT_VDEV},
		{"net_null0", PORT_VDEV},
		{"eth0", PORT_NETIF},
		{"net0", PORT_NETIF},
		{"enp129s0f0", PORT_NETIF},
		{"0000:81:00.8", PORT_NETIF}, // PCI functions end at 7
		{"0000:81:00", PORT_NETIF},
		{"0000:81:00.0x", PORT_NETIF},
		{"00000:81:00.0", PORT_NETIF},
		{"g000:81:00.0", PORT_NETIF},
		{" 81:00.0", PORT_NETIF},
		{"+1:00.0", PORT_NETIF},
		{"", PORT_NETIF},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		cr_assert_eq(port_spec_kind(cases[i].spec), cases[i].kind, "\"%s\"", cases[i].spec);
}

Test(port_spec, gives_a_pci_address_its_domain_in_lower_case) {
	char address[PORT_PCI_OCTETS];

	cr_assert(port_spec_pci_address("81:0A.3", address));
	cr_assert_str_eq(address, "0000:81:0a.3");
	cr_assert(port_spec_pci_address("0001:81:0A.3,rx=1", address));
	cr_assert_str_eq(address, "0001:81:0a.3");
}

Test(port_spec, finds_the_value_of_a_key) {
	const char *spec = "net_x0,iface=eth1,rx_iface=eth2,empty=";
	char value[16];

	cr_assert(port_spec_argument(spec, "iface", value, sizeof(value)));
	cr_assert_str_eq(value, "eth1");
	cr_assert(port_spec_argument(spec, "rx_iface", value, sizeof(value)));
	cr_assert_str_eq(value, "eth2");
	cr_assert(port_spec_argument(spec, "empty", value, sizeof(value)));
	cr_assert_str_eq(value, "");
}

Test(port_spec, does_not_find_what_is_not_there) {
	char value[16];

	cr_assert_not(port_spec_argument("net_x0", "iface", value, sizeof(value)));
	cr_assert_not(port_spec_argument("net_x0,", "iface", value, sizeof(value)));
	cr_assert_not(port_spec_argument("net_x0,ifac", "iface", value, sizeof(value)));
	cr_assert_not(port_spec_argument("net_x0,iface", "iface", value, sizeof(value)));
	cr_assert_not(port_spec_argument("iface=eth0", "iface", value, sizeof(value)));
	cr_assert_not(port_spec_argument("net_x0,my_iface=eth0", "iface", value, sizeof(value)));
}

Test(port_spec, refuses_a_value_that_does_not_fit) {
	char value[5];

	cr_assert(port_spec_argument("net_x0,iface=eth0", "iface", value, sizeof(value)));
	cr_assert_not(port_spec_argument("net_x0,iface=eth10", "iface", value, sizeof(value)));
}

Test(port_spec, accepts_interface_names_that_linux_accepts) {
	cr_assert(port_spec_is_ifname("eth0"));
	cr_assert(port_spec_is_ifname("eth0.100"));
	cr_assert(port_spec_is_ifname("veth-line_1"));
	cr_assert(port_spec_is_ifname("123456789012345"));
}

Test(port_spec, refuses_names_that_could_not_stand_in_a_path_or_a_device_string) {
	static const char *const names[] = {
		"",       ".",       "..", "1234567890123456", "eth0/x", "a b", "eth0,qpairs=2",
		"e[0-3]", "\xc3\xa4"};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		cr_assert_not(port_spec_is_ifname(names[i]), "\"%s\"", names[i]);
}
