/* SPDX-License-Identifier: BSD-3-Clause */
/* A secure association key as MKA hands it to the data plane's door (802.1X-2020 9.8, 12.4). */
#pragma once

#include "dataplane/suite.h"

#include <stdbool.h>
#include <stdint.h>

#define MI_OCTETS 12u
#define CA_MAX_MEMBERS 32u // members of one CA, ourselves included

/* Key identifier: the key server's member identifier and the key number it chose (802.1X 9.8). */
struct ki {
	uint8_t mi[MI_OCTETS];
	uint32_t kn;
};

struct sak_member {
	uint64_t sci;  // host integer of the 8 octets in network order
	uint32_t ssci; // 0 with the 32-bit suites
};

/* Lives in secret memory: it holds the key itself. */
struct sak {
	struct ki ki;
	enum cipher_suite suite;
	uint8_t an;                     // 0..3
	bool confidentiality;           // false: integrity only
	uint8_t confidentiality_offset; // 0, 30 or 50 octets
	uint8_t octets[SAK_MAX_OCTETS]; // suite_info(suite)->sak_octets of them count
	uint8_t salt[SALT_OCTETS];      // XPN suites only
	uint32_t own_ssci;              // XPN suites only
	uint32_t n_peers;
	struct sak_member peers[CA_MAX_MEMBERS]; // without ourselves
};
