/* SPDX-License-Identifier: BSD-3-Clause */
/* The four cipher suites of IEEE 802.1AE-2018 clause 14, as every room names them. No DPDK here. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#define SAK_MAX_OCTETS 32u
#define SALT_OCTETS 12u
#define ICV_OCTETS 16u

enum cipher_suite {
	SUITE_GCM_AES_128,
	SUITE_GCM_AES_256,
	SUITE_GCM_AES_XPN_128,
	SUITE_GCM_AES_XPN_256,
	SUITE_COUNT,
};

struct suite_info {
	uint64_t id;      // EUI-64 of Table 14-1, as a host integer
	const char *name; // word of the configuration and of the command line
	uint8_t sak_octets;
	bool is_xpn;
};

/*
 * Facts of one suite.
 *
 * suite: below SUITE_COUNT, else the behaviour is undefined (callers check what comes from
 * outside). Returns a pointer that stays valid for the life of the process; never NULL. Source:
 * IEEE 802.1AE-2018 Table 14-1. Any thread.
 */
static inline const struct suite_info *suite_info(enum cipher_suite suite) {
	static const struct suite_info table[SUITE_COUNT] = {
		[SUITE_GCM_AES_128] = {0x0080c20001000001, "gcm-aes-128", 16, false},
		[SUITE_GCM_AES_256] = {0x0080c20001000002, "gcm-aes-256", 32, false},
		[SUITE_GCM_AES_XPN_128] = {0x0080c20001000003, "gcm-aes-xpn-128", 16, true},
		[SUITE_GCM_AES_XPN_256] = {0x0080c20001000004, "gcm-aes-xpn-256", 32, true},
	};
	return &table[suite];
}
