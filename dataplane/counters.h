/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Every counter of a lane: the 802.1AE-2018 MIB ones and every reason for which a frame is lost, in
 * one list. The enum, JSON, tables and metrics are generated from it. A frame is never lost without
 * one of these moving.
 *
 * Each worker counts for itself on its own cache lines with a relaxed load and store; readers sum.
 * So no counter is ever written by two threads, and none needs a locked instruction.
 *
 * Conservation, asserted by every system test, per lane:
 *   RX_FRAMES + INJECTED = TX_FRAMES + PUNTED + sum of drops (+ in flight while traffic runs)
 *
 * The counters that 802.1AE keeps per SC are kept per SecY here: with one peer they are the same.
 */
#pragma once

#include <stdalign.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What a counter means for the conservation equation. */
enum counter_kind {
	COUNTER_IN,   // a frame came into the lane
	COUNTER_OUT,  // a frame left it
	COUNTER_DROP, // a frame was lost here: this is the reason
	COUNTER_INFO, // says more about frames that are counted elsewhere too
};

/*
 * X(NAME, word, kind, unit, help). The words of 802.1AE are those of the 2022 YANG
 * (ieee802-dot1ae-secy); a drop that the standard counts carries the standard's word, the others
 * say what happened.
 */
#define COUNTERS(X)                                                                               \
	X(RX_FRAMES, "rx-frames", IN, "frames", "received from the port")                         \
	X(INJECTED, "injected", IN, "frames", "handed in by control (MKPDUs)")                    \
	X(TX_FRAMES, "tx-frames", OUT, "frames", "taken by the port for transmission")            \
	X(PUNTED, "punted", OUT, "frames", "EAPOL from the line, handed to control")              \
	/* transmit, 802.1AE 10.7.18 */                                                           \
	X(OUT_PKTS_UNTAGGED, "out-pkts-untagged", INFO, "frames",                                 \
	  "sent without a SecTAG because the policy allows it")                                   \
	X(OUT_PKTS_TOO_LONG, "out-pkts-too-long", DROP, "frames",                                 \
	  "longer than the line port's MTU once protected")                                       \
	X(OUT_PKTS_PROTECTED, "out-pkts-protected", INFO, "frames", "integrity protected only")   \
	X(OUT_PKTS_ENCRYPTED, "out-pkts-encrypted", INFO, "frames",                               \
	  "integrity protected and encrypted")                                                    \
	X(OUT_OCTETS_PROTECTED, "out-octets-protected", INFO, "octets",                           \
	  "user data integrity protected only")                                                   \
	X(OUT_OCTETS_ENCRYPTED, "out-octets-encrypted", INFO, "octets", "user data encrypted")    \
	/* receive, 802.1AE 10.7.9 */                                                             \
	X(IN_PKTS_UNTAGGED, "in-pkts-untagged", INFO, "frames", "without SecTAG, delivered")      \
	X(IN_PKTS_NO_TAG, "in-pkts-no-tag", DROP, "frames",                                       \
	  "without SecTAG, dropped: the policy demands one")                                      \
	X(IN_PKTS_BAD_TAG, "in-pkts-bad-tag", DROP, "frames",                                     \
	  "an invalid SecTAG, a PN of 0 or a wrong length")                                       \
	X(IN_PKTS_NO_SA, "in-pkts-no-sa", INFO, "frames",                                         \
	  "no SC or SA for it, delivered (not strict, C=0)")                                      \
	X(IN_PKTS_NO_SA_ERROR, "in-pkts-no-sa-error", DROP, "frames",                             \
	  "no SC or SA for it, dropped")                                                          \
	X(IN_PKTS_OVERRUN, "in-pkts-overrun", DROP, "frames",                                     \
	  "beyond the capacity of the cryptography: stays 0, a lane slows down instead")          \
	X(IN_PKTS_LATE, "in-pkts-late", DROP, "frames", "PN below the lowest acceptable one")     \
	X(IN_PKTS_NOT_VALID, "in-pkts-not-valid", DROP, "frames",                                 \
	  "the ICV does not verify, dropped")                                                     \
	X(IN_PKTS_INVALID, "in-pkts-invalid", INFO, "frames",                                     \
	  "the ICV does not verify, delivered (check, C=0)")                                      \
	X(IN_PKTS_UNCHECKED, "in-pkts-unchecked", INFO, "frames",                                 \
	  "not verified, delivered (validation disabled)")                                        \
	X(IN_PKTS_DELAYED, "in-pkts-delayed", INFO, "frames",                                     \
	  "PN below the lowest one, delivered (no replay protection)")                            \
	X(IN_PKTS_OK, "in-pkts-ok", INFO, "frames", "verified and delivered")                     \
	X(IN_OCTETS_VALIDATED, "in-octets-validated", INFO, "octets",                             \
	  "user data of integrity protected frames")                                              \
	X(IN_OCTETS_DECRYPTED, "in-octets-decrypted", INFO, "octets",                             \
	  "user data of decrypted frames")                                                        \
	/* reasons the standard has no counter for */                                             \
	X(BYPASSED, "bypassed", INFO, "frames",                                                   \
	  "a protocol that the configuration lets cross in clear")                                \
	X(DROP_HOST_EAPOL, "drop-host-eapol", DROP, "frames",                                     \
	  "EAPOL from the host port: only we speak MKA")                                          \
	X(DROP_UNCONTROLLED, "drop-uncontrolled", DROP, "frames",                                 \
	  "E=1 C=0: not for the Controlled Port")                                                 \
	X(DROP_NO_TX_SA, "drop-no-tx-sa", DROP, "frames",                                         \
	  "no transmit SA in use: the link is not secured")                                       \
	X(DROP_PN_EXHAUSTED, "drop-pn-exhausted", DROP, "frames",                                 \
	  "the transmit SA has no packet numbers left")                                           \
	X(DROP_RUNT, "drop-runt", DROP, "frames", "shorter than an Ethernet header")              \
	X(DROP_TRUNCATED, "drop-truncated", DROP, "frames", "cut short by the driver")            \
	X(DROP_NO_ROOM, "drop-no-room", DROP, "frames", "no head- or tail-room in the mbuf")      \
	X(DROP_SEGMENTS, "drop-segments", DROP, "frames", "in more mbuf segments than supported") \
	X(DROP_CRYPTO, "drop-crypto", DROP, "frames", "the crypto engine reported an error")      \
	X(DROP_TOO_LONG, "drop-too-long", DROP, "frames", "longer than the host port's MTU")      \
	X(DROP_TX_FULL, "drop-tx-full", DROP, "frames", "the transmit queue stayed full")         \
	X(DROP_PUNT_FULL, "drop-punt-full", DROP, "frames",                                       \
	  "the ring to control is full, or the frame too long for it")                            \
	X(DROP_INJECT_NO_MBUF, "drop-inject-no-mbuf", DROP, "frames",                             \
	  "no mbuf for a frame from control")                                                     \
	/* the lane's own health */                                                               \
	X(BURSTS, "bursts", INFO, "bursts", "bursts with at least one frame")                     \
	X(TURN_WAITS, "turn-waits", INFO, "waits", "times a worker waited for its transmit turn") \
	X(TURN_WAIT_MAX_CYCLES, "turn-wait-max-cycles", INFO, "cycles",                           \
	  "longest wait for a transmit turn")

enum counter {
#define X(name, word, kind, unit, help) C_##name,
	COUNTERS(X)
#undef X
		COUNTER_COUNT,
};

/* A plain copy, as readers see it. */
struct counters {
	uint64_t value[COUNTER_COUNT];
};

/* One worker's counters of one lane. Only that worker writes. */
struct lane_counters {
	alignas(64) _Atomic uint64_t value[COUNTER_COUNT];
};

struct counter_info {
	const char *word; // as in JSON and the command line
	const char *unit;
	const char *help;
	enum counter_kind kind;
};

/* Facts of one counter; `counter` below COUNTER_COUNT. Any thread. */
const struct counter_info *counter_info(enum counter counter);

/* Adds one worker's counters to a sum; a maximum counter keeps the greater. Any thread. */
void counters_add(struct counters *sum, const struct lane_counters *one);

/* Frames in, frames out, frames dropped: the three sides of the conservation equation. */
struct counters_balance {
	uint64_t in, out, dropped;
};
void counters_balance(const struct counters *sum, struct counters_balance *balance);

/* By the owning worker only: relaxed load + store, never a read-modify-write. */
static inline void count_n(struct lane_counters *counters, enum counter counter, uint64_t n) {
	_Atomic uint64_t *value = &counters->value[counter];
	atomic_store_explicit(
		value, atomic_load_explicit(value, memory_order_relaxed) + n, memory_order_relaxed
	);
}

static inline void count(struct lane_counters *counters, enum counter counter) {
	count_n(counters, counter, 1);
}
