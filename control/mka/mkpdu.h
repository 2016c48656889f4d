/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A decoded MKPDU (802.1X-2020 11.11): one fixed struct, no allocation, so that no parameter set
 * can leak or overflow whatever its number or order. Peer lists and announcements point into the
 * frame.
 */
#pragma once

#include "control/mka/mka.h"
#include "control/mka/wire.h"

#define MKPDU_WRAPPED_MAX_OCTETS 40u

struct mkpdu_basic {
	uint8_t version;
	uint8_t key_server_priority;
	bool is_key_server;
	bool macsec_desired;
	uint8_t capability; // enum mka_capability
	uint64_t sci;
	uint8_t mi[MI_OCTETS];
	uint32_t mn;
	uint8_t ckn[MKA_CKN_MAX_OCTETS];
	uint8_t ckn_octets;
};

/* Entries of 16 octets each (MI, MN) as they stand on the wire. */
struct mkpdu_list {
	const uint8_t *entries;
	size_t n;
	uint8_t key_server_ssci; // low octet; live list of MKA version 3 with an XPN SAK, else 0
};

/* One of the two keys of a SAK Use set. The LPN's upper half comes from the XPN set. */
struct mkpdu_key_use {
	struct ki ki;
	uint8_t an;
	bool transmits;
	bool receives;
	uint64_t lpn;
};

struct mkpdu_sak_use {
	bool is_empty; // body of 0 octets: the sender does not use MACsec
	struct mkpdu_key_use latest;
	struct mkpdu_key_use old;
	bool plain_tx;
	bool plain_rx;
	bool delay_protect;
};

struct mkpdu_distributed_sak {
	bool is_plain;  // body of 0 octets: the key server orders plain text
	bool has_suite; // false: the 28 octet form of GCM-AES-128
	uint8_t an;
	uint8_t offset_code; // 0 integrity only, 1 offset 0, 2 offset 30, 3 offset 50
	uint32_t kn;
	uint64_t suite_id;
	uint8_t wrapped[MKPDU_WRAPPED_MAX_OCTETS];
	uint8_t wrapped_octets; // 24 or 40
};

struct mkpdu {
	uint8_t destination[6];
	uint8_t source[6];
	uint8_t eapol_version;
	size_t icv_offset; // in the frame; the ICV covers everything before it
	size_t sets_offset;
	struct mkpdu_basic basic;
	uint64_t seen[4]; // one bit per set type that stands in the MKPDU
	struct mkpdu_list live;
	struct mkpdu_list potential;
	struct mkpdu_sak_use sak_use;
	struct mkpdu_distributed_sak distributed_sak;
	uint8_t suspension_s;
	const uint8_t *announcement;
	size_t announcement_octets;
};

static inline bool mkpdu_has(const struct mkpdu *pdu, uint8_t type) {
	return pdu->seen[type / 64] >> (type % 64) & 1;
}

static inline void mkpdu_mark(struct mkpdu *pdu, uint8_t type) {
	pdu->seen[type / 64] |= UINT64_C(1) << (type % 64);
}

/*
 * Decodes what may be believed before the ICV is known: Ethernet and EAPOL heads and the Basic
 * parameter set. Returns true, or false with *why = LENGTH, NOT_MKA, VERSION, MALFORMED or
 * ALGORITHM.
 */
bool mkpdu_decode_head(
	const uint8_t *frame, size_t octets, struct mkpdu *pdu, enum mka_refusal *why
);

/*
 * Decodes the other sets, in any order, unknown ones skipped. `frame` is that of
 * mkpdu_decode_head, which must have succeeded, and stays valid as long as `pdu` is used. False
 * means MALFORMED: a length that cannot be, or a set that stands twice.
 */
bool mkpdu_decode_sets(const uint8_t *frame, struct mkpdu *pdu);

/* Position of the entry with this MI, or list->n. *mn is set when it is found. */
size_t mkpdu_list_find(const struct mkpdu_list *list, const uint8_t mi[MI_OCTETS], uint32_t *mn);

/*
 * Encodes everything but the ICV, for which 16 octets are left at pdu->icv_offset (set here).
 * Sets go out in ascending order of type, the one order every implementation accepts.
 * Returns the octets of the whole frame with the ICV, or 0 when `size` is too small.
 */
size_t mkpdu_encode(struct mkpdu *pdu, uint8_t *frame, size_t size);
