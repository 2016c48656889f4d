/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A view made by hand, and what the doctor says of it. Criterion gives each test a process of its
 * own, hence one bench.
 */
#pragma once

#include "control/server/diagnosis.h"

#include <stddef.h>

#define SECOND_NS UINT64_C(1000000000)

extern struct link_view *view;     // secured, with a fallback, and all well
extern struct config_link *config; // of the link

/* Fixtures of a test suite. */
void diagnosis_begin(void);
void diagnosis_end(void);

/* One way to spoil the view, and what is to be said of it: parts of the texts. */
struct finding {
	void (*spoil)(void);
	enum diagnosis_verdict verdict;
	const char *finding, *evidence, *fix;
};

/* The diagnosis of the present view must be this one. */
void assert_found(const struct finding *expected);

/* Each finding stands for itself, and what is spoilt stays so: a later one of the array comes
 * before those above it. */
void assert_all(const struct finding *findings, size_t n);

/* Spoils the view; nothing must be found. */
void assert_well(void (*spoil)(void));

/* Ways to spoil it. */
void refuse(enum mka_refusal why, const char *sentence); // 14 MKPDUs, the last 2 s ago
void forget_refusals(void);
void nothing(void);
void cable_is_out(void);
void peer_wants_no_macsec(void);
void chain_has_ended(void);

/* A chain of CC01 (participant 2) and CC02 (participant 3, only accepted yet) behind the primary;
 * all are agreed, CC01 is in use. */
void use_chain(void);

/* This participant becomes the principal. */
void a_cak_is_in_use(uint32_t participant);
