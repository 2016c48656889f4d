/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The SecTAG on the wire (IEEE 802.1AE-2018 clause 9) and the Ethernet around it. Pure: no DPDK, no
 * state, no errno. All functions are for any thread; frames are hostile.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define ETHER_ADDRESSES_OCTETS 12u // DA and SA
#define ETHER_HEADER_OCTETS 14u
#define ETHER_MIN_FRAME_OCTETS 60u // without FCS
#define ETHER_VLAN_OCTETS 4u

#define ETHERTYPE_VLAN 0x8100u
#define ETHERTYPE_QINQ 0x88a8u
#define ETHERTYPE_EAPOL 0x888eu
#define ETHERTYPE_MACSEC 0x88e5u

#define SECTAG_OCTETS 8u      // EtherType included
#define SECTAG_SCI_OCTETS 16u // the same with an explicit SCI

/* TCI and AN, the octet after the EtherType (9.5). */
#define TCI_V 0x80u
#define TCI_ES 0x40u
#define TCI_SC 0x20u
#define TCI_SCB 0x10u
#define TCI_E 0x08u
#define TCI_C 0x04u
#define TCI_AN 0x03u

/* Secure Data shorter than this is told by SL (9.7); 48 and more are sent as 0. */
#define SECTAG_SL_LIMIT 48u

struct sectag {
	uint64_t sci; // valid when TCI_SC is set
	uint32_t pn;  // low 32 bits
	uint8_t tci_an;
	uint8_t sl;
	uint8_t octets; // of the tag: 8 or 16
};

enum sectag_verdict {
	SECTAG_OK,
	SECTAG_BAD,          // InPktsBadTag
	SECTAG_UNCONTROLLED, // E=1, C=0: for the KaY, never for the Controlled Port (9.5)
};

static inline uint16_t load_be16(const uint8_t *p) {
	uint16_t v;
	memcpy(&v, p, sizeof(v));
	return __builtin_bswap16(v);
}

static inline uint32_t load_be32(const uint8_t *p) {
	uint32_t v;
	memcpy(&v, p, sizeof(v));
	return __builtin_bswap32(v);
}

static inline uint64_t load_be64(const uint8_t *p) {
	uint64_t v;
	memcpy(&v, p, sizeof(v));
	return __builtin_bswap64(v);
}

static inline void store_be64(uint8_t *p, uint64_t v) {
	v = __builtin_bswap64(v);
	memcpy(p, &v, sizeof(v));
}

/* SCI of a MAC address and a port identifier (7.1.2). */
static inline uint64_t sci_of(const uint8_t mac[static 6], uint16_t port) {
	return (uint64_t)load_be32(mac) << 32 | (uint64_t)load_be16(mac + 4) << 16 | port;
}

static inline bool ethertype_is_vlan(uint16_t ethertype) {
	return ethertype == ETHERTYPE_VLAN || ethertype == ETHERTYPE_QINQ;
}

/*
 * Octets between the frame's start and the EtherType that MACsec sees: the addresses and up to
 * `max_tags` VLAN tags that stay in clear. `head` are the first `octets` of the frame (at least
 * 14).
 */
static inline uint32_t ether_clear_octets(const uint8_t *head, size_t octets, unsigned max_tags) {
	uint32_t at = ETHER_ADDRESSES_OCTETS;
	while (max_tags-- > 0 && at + ETHER_VLAN_OCTETS + 2 <= octets &&
	       ethertype_is_vlan(load_be16(head + at)))
		at += ETHER_VLAN_OCTETS;
	return at;
}

/* SL of a frame with so many octets of user data (9.7; equal to Secure Data with AES-GCM). */
static inline uint8_t sectag_sl(uint32_t user_octets) {
	return user_octets < SECTAG_SL_LIMIT ? (uint8_t)user_octets : 0;
}

/*
 * Reads a SecTAG at `p`, of which `octets` are there, and judges it by 9.3–9.9 and 10.6.1: V, the
 * ES/SC/SCB combination, E/C, SL. PN 0 is judged later: with the XPN suites it is legal. On
 * SECTAG_BAD the fields are not to be used.
 */
static inline enum sectag_verdict
sectag_parse(const uint8_t *p, size_t octets, struct sectag *tag) {
	if (octets < SECTAG_OCTETS)
		return SECTAG_BAD;
	const uint8_t tci = p[2];
	const bool has_sci = tci & TCI_SC;
	tag->tci_an = tci;
	tag->sl = p[3];
	tag->pn = load_be32(p + 4);
	tag->octets = has_sci ? SECTAG_SCI_OCTETS : SECTAG_OCTETS;
	if (tci & TCI_V || (has_sci && tci & (TCI_ES | TCI_SCB)) || tag->sl >= SECTAG_SL_LIMIT)
		return SECTAG_BAD;
	if ((tci & (TCI_E | TCI_C)) == TCI_C || octets < tag->octets)
		return SECTAG_BAD;
	tag->sci = has_sci ? load_be64(p + 8) : 0;
	return (tci & (TCI_E | TCI_C)) == TCI_E ? SECTAG_UNCONTROLLED : SECTAG_OK;
}

/*
 * Octets of user data in a frame whose tag is followed by `rest` octets (Secure Data, ICV, MAC
 * padding), or 0 when the length is invalid (9.7, 9.12). A short frame's ICV is found by SL alone:
 * the sender's MAC may have padded behind it.
 */
static inline uint32_t sectag_user_octets(const struct sectag *tag, uint32_t rest) {
	const uint32_t icv = 16;
	if (rest < icv + 2)
		return 0;
	if (tag->sl != 0)
		return tag->sl >= 2 && tag->sl <= rest - icv ? tag->sl : 0;
	return rest - icv >= SECTAG_SL_LIMIT ? rest - icv : 0;
}

/*
 * First word (octets 0..7) of a SecTAG as it lies in memory of a little-endian machine, so that a
 * tag leaves in one wide store: EtherType, TCI/AN, SL, PN. The second word is the SCI in network
 * order.
 */
static inline uint64_t sectag_first_word(uint8_t tci_an, uint8_t sl, uint32_t pn) {
	return 0xe588u | (uint64_t)tci_an << 16 | (uint64_t)sl << 24 |
	       (uint64_t)__builtin_bswap32(pn) << 32;
}
