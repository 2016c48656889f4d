/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Octets of an MKPDU: constants of 802.1X-2020 clause 11, a reading cursor and a writer.
 *
 * Both remember the first overrun and do nothing after it, so that callers check once, at the end.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define ETHERTYPE_EAPOL 0x888eu
#define EAPOL_VERSION_SENT 3u
#define EAPOL_TYPE_MKA 5u
#define EAPOL_HEAD_OCTETS 18u // Ethernet header, EAPOL version, type and body length
#define MKPDU_ICV_OCTETS 16u
#define MKPDU_ALGORITHM 0x0080c201u // AES-CMAC with the KDF of clause 6.2.1
#define MKPDU_BODY_MIN_OCTETS 32u
#define MKPDU_BASIC_FIXED_OCTETS 28u // SCI, MI, MN and algorithm agility; the CKN follows
#define MKPDU_LIST_ENTRY_OCTETS 16u  // MI and MN
#define MKA_VERSION_SENT 3u

enum mkpdu_set_type {
	SET_LIVE_PEERS = 1,
	SET_POTENTIAL_PEERS = 2,
	SET_SAK_USE = 3,
	SET_DISTRIBUTED_SAK = 4,
	SET_ANNOUNCEMENT = 7,
	SET_XPN = 8,
	SET_ICV_INDICATOR = 255,
};

struct cursor {
	const uint8_t *at;
	size_t left;
	bool is_bad;
};

/* Takes `n` octets, or returns NULL and marks the cursor bad for good. */
static inline const uint8_t *cursor_take(struct cursor *in, size_t n) {
	const uint8_t *taken = in->at;

	if (in->is_bad || n > in->left) {
		in->is_bad = true;
		in->left = 0;
		return NULL;
	}
	in->at += n;
	in->left -= n;
	return taken;
}

/* Big-endian number of 1..8 octets; 0 once the cursor is bad. */
static inline uint64_t cursor_number(struct cursor *in, size_t n) {
	const uint8_t *octets = cursor_take(in, n);
	uint64_t value = 0;

	for (size_t i = 0; octets != NULL && i < n; i++)
		value = value << 8 | octets[i];
	return value;
}

/* Copies `n` octets; zeroes the target once the cursor is bad. */
static inline void cursor_copy(struct cursor *in, void *to, size_t n) {
	const uint8_t *octets = cursor_take(in, n);

	if (octets != NULL)
		memcpy(to, octets, n);
	else
		memset(to, 0, n);
}

struct writer {
	uint8_t *base;
	size_t used;
	size_t size;
	bool is_full;
};

/* Room for `n` octets, or NULL and full for good. */
static inline uint8_t *writer_room(struct writer *out, size_t n) {
	if (out->is_full || n > out->size - out->used) {
		out->is_full = true;
		return NULL;
	}
	out->used += n;
	return out->base + out->used - n;
}

static inline void writer_number(struct writer *out, uint64_t value, size_t n) {
	uint8_t *room = writer_room(out, n);

	for (size_t i = n; room != NULL && i > 0; i--, value >>= 8)
		room[i - 1] = (uint8_t)value;
}

static inline void writer_octets(struct writer *out, const void *octets, size_t n) {
	uint8_t *room = writer_room(out, n);

	if (room != NULL && n > 0)
		memcpy(room, octets, n);
}

/* Parameter sets are padded with 0 to a multiple of 4 octets (802.1X 11.11.3). */
static inline size_t padded(size_t octets) {
	return (octets + 3) & ~(size_t)3;
}

static inline void writer_pad(struct writer *out, size_t body_octets) {
	static const uint8_t zeros[4];

	writer_octets(out, zeros, padded(body_octets) - body_octets);
}
