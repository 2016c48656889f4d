/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What is wrong with a link, what shows it, and what to do: one diagnosis from one view. Pure, so
 * that every finding is tested with a view made by hand. `macsecctl doctor` prints it, and the
 * sentence of `macsecctl status` is made from it.
 *
 * The order is that of a person at the rack: the cable; whether there is a key to begin with;
 * whether anything is heard; whether it is believed; whether we are heard; whether a key is agreed;
 * the host side. Then what works but should not stay so. The first that applies is the diagnosis:
 * what comes later often follows from it.
 */
#pragma once

#include "control/link.h"

#include <stdbool.h>
#include <stddef.h>

#define DIAGNOSIS_OCTETS 512u           // of each text, terminator included
#define DIAGNOSIS_SENTENCE_OCTETS 1032u // of finding and fix in one

enum diagnosis_verdict {
	DIAGNOSIS_OK,
	DIAGNOSIS_WARNING, // traffic crosses as it should, but something else is not as configured
	DIAGNOSIS_WRONG,   // traffic does not cross, or not protected
};

struct diagnosis {
	enum diagnosis_verdict verdict;
	char finding[DIAGNOSIS_OCTETS];  // what is so
	char evidence[DIAGNOSIS_OCTETS]; // what was seen
	char fix[DIAGNOSIS_OCTETS];      // what to do; "" when all is well
};

/* Never fails. */
void diagnosis_make(const struct link_view *view, struct diagnosis *diagnosis);

/* "FINDING: FIX", and an empty text when all is well. size: DIAGNOSIS_SENTENCE_OCTETS hold it. */
void diagnosis_sentence(const struct diagnosis *diagnosis, char *text, size_t size);

/* "ok", "warning", "wrong". */
const char *diagnosis_verdict_word(enum diagnosis_verdict verdict);
