/* SPDX-License-Identifier: BSD-3-Clause */
/* One member of ours as key server, and up to three puppets that say what they can do. */
#pragma once

#include "tests/unit/mka_puppet.h"

#define G128 (1u << SUITE_GCM_AES_128)
#define G256 (1u << SUITE_GCM_AES_256)
#define X128 (1u << SUITE_GCM_AES_XPN_128)
#define X256 (1u << SUITE_GCM_AES_XPN_256)
#define OFFERS_MAX 3u

struct offer {
	bool is_there;
	bool is_silent;  // announces nothing
	uint32_t suites; // bits of those announced
	uint8_t codes;   // capability of each in the announcement
	uint8_t basic;   // capability in the basic set
};

#define CAN(suites) \
	{ true, false, suites, 3, 3 }
#define SILENT \
	{ true, true, 0, 3, 3 }

extern struct puppet offerers[OFFERS_MAX]; // SCIs from PUPPET_SCI up, by 0x10000

/* Makes one that has not spoken yet. */
void offer_begin(unsigned int i, const struct offer *offer);

/* Changes what it announces with its next MKPDU. */
void offer_announce(unsigned int i, uint32_t suites, uint8_t code);

/* The first n speak; each second, for so long. */
void offers_say(unsigned int n);
void offers_live_on(unsigned int n, uint64_t ns);

/* It says that it receives and transmits with the latest SAK. */
void offer_use_latest(unsigned int i);

/* Starts our member and those that are there, and gives them time. Returns how many are. */
unsigned int offers_bring_up(const struct offer offers[OFFERS_MAX]);

void offers_end(unsigned int n);

/* What our member's data plane has as latest SAK; NULL: none. */
const struct sak *latest_sak(void);
