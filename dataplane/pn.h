/* SPDX-License-Identifier: BSD-3-Clause */
/* Packet numbers: XPN recovery, the replay window, limits (IEEE 802.1AE-2018 10.5, 10.6). Pure
 * arithmetic. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#define PN_FIRST 1u
#define PN_MAX_XPN_WINDOW ((1u << 30) - 1)

/* What a receive SA knows of packet numbers: the next expected and the lowest acceptable one. */
struct pn_window {
	uint64_t next;
	uint64_t lowest;
};

/* The last packet number of an SA (10.5.2). */
static inline uint64_t pn_last(bool is_xpn) {
	return is_xpn ? UINT64_MAX : UINT32_MAX;
}

/*
 * Whether a transmit SA may use `next`. Past the last one nothing is used again: with 32 bits the
 * counter goes on above it, with 64 it comes to 0 and stays there, because nothing is reserved any
 * more.
 */
static inline bool pn_is_usable(uint64_t next, uint64_t last) {
	return next != 0 && next <= last;
}

/* How many packet numbers a transmit SA has left. */
static inline uint64_t pn_left(uint64_t next, uint64_t last) {
	return pn_is_usable(next, last) ? last - next + 1 : 0;
}

/*
 * The 64-bit PN of a frame from the 32 bits on the wire (10.6.2): the upper half is that of the
 * lowest acceptable PN, one more if that one's low half has its top bit set and the wire's has not.
 * Right for every true PN in [lowest, lowest + 2^31); a `lowest` that is stale by less than that is
 * as good.
 */
static inline uint64_t pn_recover(uint64_t lowest, uint32_t wire) {
	const uint64_t upper = lowest >> 32;
	const bool wrapped = (lowest & 0x80000000u) && !(wire & 0x80000000u);
	return (upper + wrapped) << 32 | wire;
}

/*
 * What a frame that was found valid does to the window (10.6.5): next only grows, lowest follows at
 * the window's distance and only grows too. A duplicate inside the window is accepted: the standard
 * keeps no bitmap.
 */
static inline struct pn_window pn_accept(struct pn_window w, uint64_t pn, uint32_t window) {
	if (pn >= w.next)
		w.next = pn == UINT64_MAX ? pn : pn + 1;
	const uint64_t lowest = w.next > window ? w.next - window : 0;
	if (lowest > w.lowest)
		w.lowest = lowest;
	return w;
}
