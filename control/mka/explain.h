/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Words for people: log lines, why an MKPDU was refused, and what stands in the way of a SAK. A
 * flood must cost little, so what is refused is only noted; its sentence is made when it is logged
 * or asked for.
 */
#pragma once

#include "control/mka/mkpdu.h"

struct mka;
struct participant;

#define REFUSAL_DETAIL_OCTETS 96u

/* The last refused MKPDU: what its sentence names. */
struct refusal {
	bool is_any;
	enum mka_refusal why;
	uint64_t at_ns;
	uint8_t destination[6];
	uint8_t source[6];
	struct mkpdu_basic basic;           // zero as far as it was not read
	uint32_t last_mn;                   // MN: the highest one heard from this member identifier
	uint64_t other_sci;                 // MI_CLASH: whose identifier it is
	char detail[REFUSAL_DETAIL_OCTETS]; // SAK_REFUSED: what is wrong with it
};

/* What keeps a CA from a SAK, or one of its peers from sharing it. */
enum obstacle_kind {
	OBSTACLE_NONE,
	OBSTACLE_PLAIN,     // the key server orders plain text, and we obey
	OBSTACLE_NO_SERVER, // nobody may serve
	OBSTACLE_SUITES,    // no cipher suite is allowed here and suits all peers
	OBSTACLE_PEER,      // a peer cannot take part
};

struct obstacle {
	enum obstacle_kind kind;
	uint64_t sci; // of the peer that stands for it; 0: none does
};

/* A text that grows up to its limit; what does not fit is left out. */
struct sentence {
	char *text;
	size_t used;
	size_t size; // of `text`, the terminator included
};

static inline size_t sentence_room(const struct sentence *sentence) {
	return sentence->size - 1 - sentence->used;
}

/* Empties it. `size` at least 1. */
struct sentence sentence_begin(char *text, size_t size);

__attribute__((format(printf, 2, 3))) void
sentence_add(struct sentence *sentence, const char *format, ...);

/* Octets in hexadecimal, "AA01". */
void sentence_add_hex(struct sentence *sentence, const uint8_t *octets, size_t n);

/* "CKN AA01", for sentences; valid until the next call with the same KaY. */
const char *participant_word(const struct participant *participant);

/* One log line through ops->log. */
__attribute__((format(printf, 3, 4))) void
report(struct mka *kay, enum mka_topic topic, const char *format, ...);

/* Counts and notes the refusal of the MKPDU in kay->pdu, as far as it was decoded. detail: for
 * SAK_REFUSED, else NULL; copied. Logs at most one refusal of a kind in 10 s. */
void report_refusal(struct mka *kay, enum mka_refusal why, const char *detail);

/* Writes the sentence of the last refusal, "" when there was none. */
void explain_refusal(const struct mka *kay, struct sentence *sentence);

/* What stands in the participant's way now. */
struct obstacle obstacle_find(const struct participant *participant);

/* Logs an obstacle that is new, at most one in 10 s. */
void obstacle_note(struct participant *participant);

/* Writes the sentence of the principal's obstacle, or while there is none of the first participant
 * that has one. "" without an obstacle. */
void obstacle_explain(const struct mka *kay, struct sentence *sentence);
