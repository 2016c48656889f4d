/* SPDX-License-Identifier: BSD-3-Clause */
/* Cipher suites between members: who can do which (announce.c), and which is used (select.c). */
#pragma once

#include "control/mka/mkpdu.h"

struct sentence;
struct participant;
struct peer;

#define SUITE_ENTRY_OCTETS 10u // capability and identifier, 802.1X-2020 11.12.3
#define ANNOUNCEMENT_MAX_OCTETS (2u + SUITE_ENTRY_OCTETS * SUITE_COUNT)

/* What a peer announced. Kept until it announces otherwise: it need not repeat itself. */
struct announced {
	bool is_any; // false: it never told, and may be able to do anything
	bool was_malformed;
	uint8_t capability[SUITE_COUNT]; // enum mka_capability; NONE: not this suite
};

/* How a SAK is used, as the key server decides. */
struct suite_choice {
	enum cipher_suite suite;
	uint8_t confidentiality_offset;
};

extern const enum cipher_suite suites_by_strength[SUITE_COUNT]; // the strongest first

/* The suite with this identifier of 802.1AE Table 14-1. False: none, *suite is untouched. */
bool suite_find(uint64_t id, enum cipher_suite *suite);

/* What the Basic set says of us: what the configuration lets us do at best. */
enum mka_capability announce_capability(const struct mka_config *config);

/*
 * Writes the body of our Announcement set: one TLV with the allowed suites, the configured one
 * first, then the stronger before the weaker. Returns its octets.
 */
size_t announce_write(const struct mka_config *config, uint8_t body[ANNOUNCEMENT_MAX_OCTETS]);

/*
 * Reads a received Announcement set. Hostile. One that is malformed is ignored as a whole, and
 * marked so: it only informs, and the rest of its MKPDU keeps a peer alive. Several TLVs of cipher
 * suites add up; of a suite that stands twice the higher capability counts. Returns false when it
 * is malformed.
 */
bool announce_read(struct announced *announced, const uint8_t *body, size_t octets);

/* Bits of the suites that were announced. */
uint32_t announce_bits(const struct announced *announced);

/* What the peer can do with a suite, as far as we know; NONE: not to be used with it. */
enum mka_capability
suite_capability(const struct mka_config *config, const struct peer *peer, enum cipher_suite suite);

/* The least that a SAK needs here: confidentiality, or integrity alone. */
enum mka_capability suite_capability_needed(const struct mka_config *config);

/* Whether every peer that takes part can use this suite. */
bool suite_suits(const struct participant *participant, enum cipher_suite suite);

/*
 * As key server: the configured suite if it suits everyone, else the strongest allowed one that
 * does; and the confidentiality offset, as far as everyone can do it. False: no suite will do.
 */
bool suite_choose(const struct participant *participant, struct suite_choice *choice);
