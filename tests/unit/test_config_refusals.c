/* SPDX-License-Identifier: BSD-3-Clause */
/* Configuration files with one wrong word or value: each row is a file, the place that must be
 * named, and a piece of the line. */
#include "tests/unit/config_refusal.h"

Test(config_refusals, words_that_are_unknown_doubled_misplaced_or_missing) {
	static const struct refusal refusals[] = {
		{LINK "    macsec:\n      polcy: must-secure\n", 7, 7,
		 "unknown word 'polcy' in 'macsec'; did you mean 'policy'?"},
		{LINK "    wrokers: {}\n", 6, 5, "did you mean 'workers'?"},
		{LINK "contrl: {}\n", 6, 1, "did you mean 'control'?"},
		{LINK "dpdk: {max-link: 1}\n", 6, 8, "did you mean 'max-links'?"},
		{LINK "frobnicate: 1\n", 6, 1, "unknown word 'frobnicate' in the file; remove it"},
		{LINK "\"a\\eb\": 1\n", 6, 1, "unknown word 'a?b'"},
		{LINK "aaaaaaaaaabbbbbbbbbbccccccccccddddddddddeeeee: 1\n", 6, 1,
		 "'aaaaaaaaaabbbbbbbbbbccccccccccdddddddddd...'"},
		{LINK "    policy: must-secure\n", 6, 5, "move it to 'macsec'"},
		{LINK "mtu: 1500\n", 6, 1, "move it to a link"},
		{LINK "    mtu: 1500\n    mtu: 1500\n", 7, 5,
		 "'mtu' stands twice in a link, first in line 6"},
		{LINK "links: []\n", 6, 1, "'links' stands twice"},
		{LINK "    mka: {}\n", 6, 5, "'mka' stands twice"},
		{"control: {}\n", 1, 1, "'links' is missing in the file"},
		{"links:\n  - host: a\n    line: b\n    mka: {primary: {ckn: AA, cak: file:/k}}\n",
		 2, 5, "'name' is missing in a link; add 'name:'"},
		{"links:\n  - name: a\n    line: b\n    mka: {primary: {ckn: AA, cak: file:/k}}\n",
		 2, 5, "'host' is missing"},
		{"links:\n  - name: a\n    host: b\n    line: c\n", 2, 5,
		 "'primary' is missing in 'mka'"},
		{OPEN_MKA "      rekey: 0\n", 6, 7, "'primary' is missing in 'mka'"},
		{OPEN_MKA "      primary: {ckn: AA}\n", 6, 16, "'cak' is missing in 'primary'"},
		{OPEN_MKA "      primary: {cak: file:/k}\n", 6, 16,
		 "'ckn' is missing in 'primary'"},
		{OPEN_MKA "      fallback: {ckn: AA, cak: file:/k}\n", 6, 7,
		 "'primary' is missing in 'mka'; add 'primary:', or 'key-chain:'"},
		{CAK("AA", "file:/k") "      fallback: {ckn: BB}\n", 7, 17,
		 "'cak' is missing in 'fallback'"},
		{OPEN_MKA "      key-chain: [{cak: file:/k, start: 2026-01-01T00:00:00Z}]\n", 6, 19,
		 "'ckn' is missing in 'key-chain'"},
		{OPEN_MKA "      key-chain: [{ckn: AA, start: 2026-01-01T00:00:00Z}]\n", 6, 19,
		 "'cak' is missing in 'key-chain'"},
		{OPEN_MKA "      key-chain: [{ckn: AA, cak: file:/k}]\n", 6, 19,
		 "'start' is missing in 'key-chain'; add 'start:'"},
		{LINK "    on-failure: drop\n", 6, 5, "move it to 'macsec'"},
		{CAK("AA", "file:/k") "      accept-until: 1\n", 7, 7, "move it to 'key-chain'"},
	};

	EXPECT_ALL(refusals);
}

Test(config_refusals, values_of_the_wrong_kind) {
	static const struct refusal refusals[] = {
		{"links: 5\n", 1, 8, "'links' needs a list"},
		{"links: []\n", 1, 8, "'links' needs a list of 1 to 1024 links"},
		{"links:\n", 1, 1, "'links' needs a list"},
		{"links: {a: b}\n", 1, 8, "'links' needs a list"},
		{"links: [dl0]\n", 1, 9, "begin it with '- name:'"},
		{"- links\n", 1, 1, "the file must begin with a word; write 'links:'"},
		{"links\n", 1, 1, "the file must begin with a word"},
		{"null\n", 1, 1, "the file must begin with a word"},
		{LINK "    macsec: must-secure\n", 6, 13, "'macsec' needs words of its own"},
		{LINK "    macsec:\n", 6, 5, "'macsec' needs words of its own"},
		{LINK "    workers: [1]\n", 6, 14, "'workers' needs words of its own"},
		{OPEN_MKA "      primary: file:/k\n", 6, 16, "'primary' needs words of its own"},
		{LINK "    mtu: [1500]\n", 6, 10, "'mtu' holds a list; write a number"},
		{LINK "    mtu: {a: 1}\n", 6, 10, "'mtu' holds a map; write a number"},
		{LINK "    mtu:\n", 6, 5, "'mtu' has no value; write a number"},
		{LINK "    mtu: ~\n", 6, 10, "'mtu' has no value"},
		{LINK "    mtu: null\n", 6, 10, "'mtu' has no value"},
		{LINK "    macsec: {bypass: lldp}\n", 6, 22, "'bypass' needs a list; write [lldp]"},
		{LINK "    macsec: {bypass: }\n", 6, 14, "'bypass' needs a list"},
		{LINK "    macsec: {bypass: [[lldp]]}\n", 6, 23, "'bypass' holds a list"},
		{LINK "    workers: {protect: 2}\n", 6, 24, "'protect' needs a list; write [2, 3]"},
		{LINK "    macsec: {allowed-suites: gcm-aes-128}\n", 6, 30,
		 "'allowed-suites' needs a list; write [gcm-aes-128]"},
		{OPEN_MKA "      key-chain: {ckn: AA}\n", 6, 18,
		 "'key-chain' needs a list of 1 to 64 CAKs; begin each with '- ckn:'"},
		{OPEN_MKA "      key-chain: []\n", 6, 18, "'key-chain' needs a list of 1 to 64"},
		{OPEN_MKA "      key-chain:\n", 6, 7, "'key-chain' needs a list"},
		{OPEN_MKA "      key-chain: [AA]\n", 6, 19, "begin it with '- ckn:'"},
		{LINK "control: {log-level: [info]}\n", 6, 22, "'log-level' holds a list"},
	};

	EXPECT_ALL(refusals);
}

Test(config_refusals, numbers) {
	static const struct refusal refusals[] = {
		{LINK "    mtu: 67\n", 6, 10, "'mtu' is out of range: 67; write 68 to 9000"},
		{LINK "    mtu: 9001\n", 6, 10, "out of range: 9001"},
		{LINK "    mtu: 99999999999999999999999999\n", 6, 10, "'mtu' is no number"},
		{LINK "    mtu: -1\n", 6, 10, "'mtu' is no number: '-1'; write 68 to 9000"},
		{LINK "    mtu: 0x5dc\n", 6, 10, "'mtu' is no number: '0x5dc'"},
		{LINK "    mtu: 01500\n", 6, 10, "'mtu' is no number: '01500'"},
		{LINK "    mtu: 1_500\n", 6, 10, "'mtu' is no number"},
		{LINK "    mtu: 1e3\n", 6, 10, "'mtu' is no number"},
		{LINK "    mtu: 1500.0\n", 6, 10, "'mtu' is no number"},
		{LINK "    mtu: \"1500\"\n", 6, 10, "without quotes"},
		{LINK "    mtu: |\n      1500\n", 7, 0, "'mtu' is no number"},
		{LINK "    macsec: {replay-window: 4294967296}\n", 6, 29, "out of range"},
		{LINK "    macsec: {confidentiality-offset: 40}\n", 6, 38, "write 0, 30 or 50"},
		{LINK "    macsec: {vlan-in-clear: 3}\n", 6, 29, "write 0 to 2"},
		{OPEN_MKA "      rekey: 29\n      primary: {ckn: AA, cak: file:/k}\n", 6, 14,
		 "'rekey' is out of range: 29; write 0 or 30 to 2592000"},
		{OPEN_MKA "      rekey: 2592001\n      primary: {ckn: AA, cak: file:/k}\n", 6, 14,
		 "out of range"},
		{OPEN_MKA
		 "      key-server-priority: 256\n      primary: {ckn: AA, cak: file:/k}\n",
		 6, 28, "write 0 to 255"},
		{OPEN_MKA "      port-id: 0\n      primary: {ckn: AA, cak: file:/k}\n", 6, 16,
		 "write 1 to 65535"},
		{LINK "dpdk: {memory: 63}\n", 6, 16, "write 0 or 64 to 1048576"},
		{LINK "dpdk: {memory: 1048577}\n", 6, 16, "out of range"},
		{LINK "dpdk: {max-links: 0}\n", 6, 19, "write 1 to 1024"},
		{LINK "dpdk: {max-links: 1025}\n", 6, 19, "write 1 to 1024"},
		{LINK "    workers: {protect: []}\n", 6, 24, "'protect' names 0 CPUs"},
		{LINK "    workers: {protect: [1024]}\n", 6, 25, "write 0 to 1023"},
		{LINK "    workers: {validate: [7, 7]}\n", 6, 29, "names CPU 7 twice"},
		{LINK
		 "    workers: {protect: [0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,"
		 "21,22,23,24,25,26,27,28,29,30,31,32]}\n",
		 6, 24, "'protect' names 33 CPUs; name 1 to 32"},
	};

	EXPECT_ALL(refusals);
}

Test(config_refusals, choices_and_truth_values) {
	static const struct refusal refusals[] = {
		{LINK "    macsec: {encryption: yes}\n", 6, 26, "'encryption' cannot be 'yes'"},
		{LINK "    macsec: {encryption: \"true\"}\n", 6, 26, "without quotes"},
		{LINK "    macsec: {include-sci: True}\n", 6, 27, "write true or false"},
		{LINK "    macsec: {policy: must-secured}\n", 6, 22, "did you mean 'must-secure'?"},
		{LINK "    macsec: {validate: off}\n", 6, 24, "one of strict, check, disabled"},
		{LINK "    macsec: {validate: check}\n", 6, 24,
		 "'policy: must-secure' forbids them"},
		{LINK "    macsec: {validate: disabled}\n", 6, 24, "or 'policy: should-secure'"},
		{LINK "    macsec: {cipher-suite: gcm-aes-xpn256}\n", 6, 28,
		 "did you mean 'gcm-aes-xpn-256'?"},
		{LINK "    macsec: {cipher-suite: aes}\n", 6, 28,
		 "gcm-aes-128, gcm-aes-256, gcm-aes-xpn-128, gcm-aes-xpn-256"},
		{LINK "    macsec: {on-failure: keep-sak}\n", 6, 26,
		 "one of drop, allow, keep-last-sak"},
		{LINK "    macsec: {allowed-suites: [gcm-aes-xpn-256, gcm-aes-265]}\n", 6, 48,
		 "did you mean 'gcm-aes-256'?"},
		{LINK "    macsec: {allowed-suites: [gcm-aes-xpn-256, gcm-aes-xpn-256]}\n", 6, 48,
		 "'allowed-suites' names gcm-aes-xpn-256 twice"},
		{LINK "    macsec: {bypass: [lldp, arp]}\n", 6, 29, "'bypass' cannot be 'arp'"},
		{LINK "    macsec: {bypass: [ptp, ptp]}\n", 6, 28, "'bypass' names ptp twice"},
		{LINK "control: {log-level: trace}\n", 6, 22, "error, warning, info, debug"},
		{LINK "dpdk: {hugepages: always}\n", 6, 19, "auto, required, never"},
		{LINK "dpdk: {engine: ipsec_mb}\n", 6, 16, "did you mean 'ipsec-mb'?"},
		{LINK "dpdk: {polling: idle}\n", 6, 17, "adaptive, busy"},
	};

	EXPECT_ALL(refusals);
}

Test(config_refusals, names_ports_paths_and_addresses) {
	static const struct refusal refusals[] = {
		{"links:\n" SECOND("a/b", "h", "w"), 2, 11, "'name' cannot be 'a/b'"},
		{"links:\n" SECOND("'a b'", "h", "w"), 2, 11, "letters, digits"},
		{"links:\n" SECOND("..", "h", "w"), 2, 11, "'name' cannot be '..'"},
		{"links:\n" SECOND("abcdefghijabcdefghijabcdefghij12", "h", "w"), 2, 11,
		 "1 to 31 letters"},
		{"links:\n" SECOND("''", "h", "w"), 2, 11, "'name' cannot be ''"},
		{"links:\n" SECOND("a", "interface-name16", "w"), 3, 11, "'host' is no port"},
		{"links:\n" SECOND("a", "81:00", "w"), 3, 11, "'host' is no port: '81:00'"},
		{"links:\n" SECOND("a", "0000:81:00.8", "w"), 3, 11, "PCI address"},
		{"links:\n" SECOND("a", "h", "net_"), 4, 11, "'line' is no port: 'net_'"},
		{"links:\n" SECOND("a", "h", "'net_tap0,iface=a b'"), 4, 11, "'line' is no port"},
		{LINK "control: {socket: run/s}\n", 6, 19, "write an absolute path"},
		{LINK "control: {run-dir: \"/r\\nb\"}\n", 6, 20, "'run-dir' cannot be '/r?b'"},
		{LINK
		 "control: {socket: "
		 "/aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
		 "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa}\n",
		 6, 19, "at most 107 ASCII characters"},
		{LINK "dpdk: {file-prefix: ../x}\n", 6, 21, "'file-prefix' cannot be '../x'"},
		{OPEN_MKA "      eapol-destination: 00:80:c2:00:00:03\n"
			  "      primary: {ckn: AA, cak: file:/k}\n",
		 6, 26, "write a group address"},
		{OPEN_MKA "      eapol-destination: 01-80-c2-00-00-03\n"
			  "      primary: {ckn: AA, cak: file:/k}\n",
		 6, 26, "'eapol-destination' is no MAC address"},
	};

	EXPECT_ALL(refusals);
}

Test(config_refusals, keys_and_their_names) {
	static const struct refusal refusals[] = {
		{CAK("ABC", "file:/k"), 6, 22, "these 3 characters; write an even number"},
		{CAK("''", "file:/k"), 6, 22, "'ckn' cannot be these 0 characters"},
		{CAK("XY", "file:/k"), 6, 22, "hexadecimal digits, 2 to 64"},
		{CAK("0x10", "file:/k"), 6, 22, "hexadecimal digits"},
		{CAK("000000000000000000000000000000000000000000000000000000000000000000",
		     "file:/k"),
		 6, 22, "these 66 characters"},
		{CAK("AA01", "/etc/k"), 6, 33, "write file: and the absolute path"},
		{CAK("AA01", "file:k"), 6, 33, "'cak' is no key reference"},
		{CAK("AA01", "file:/"), 6, 33, "'cak' is no key reference"},
		{CAK("AA01", "hpcs:/k"), 6, 33, "'cak' is no key reference"},
		{CAK("AA01", "\"file:/a\\tb\""), 6, 33, "'cak' is no key reference"},
	};

	EXPECT_ALL(refusals);
}

/* Somebody who puts the key in the file must not find it in a log. */
Test(config_refusals, key_in_place_of_its_reference_is_not_printed) {
	static const char *const texts[] = {
		CAK("AA01", "d00dfeedd00dfeedd00dfeedd00dfeed"),
		CAK("d00dfeedd00dfeedd00dfeedd00dfeed1", "file:/k"),
		CAK("AA01", "[d00dfeedd00dfeedd00dfeedd00dfeed]"),
		CAK("AA01", "\"d00dfeedd00dfeedd00dfeedd00dfeed"),
	};

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		struct capture *capture = capture_begin();
		struct config *config = NULL;
		int result = config_parse("bad.yaml", texts[i], strlen(texts[i]), &config);

		capture_end(capture);
		cr_assert_eq(result, -EINVAL);
		cr_assert_null(strstr(capture->text, "d00dfeed"), "%s", capture->text);
		free(capture);
	}
}
