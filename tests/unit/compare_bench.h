/* SPDX-License-Identifier: BSD-3-Clause */
/* Both ends of a circuit, to be made to differ, and the lines of a comparison. */
#pragma once

#include "control/ctl/direct_link_compare.h"

#define CRN(id) "crn:v1:bluemix:public:hs-crypto:us-south:a/acct:inst:key:" id

extern struct config_link our_link;
extern struct compare_ours ours;
extern struct compare_theirs theirs;
extern struct verdicts verdicts;

/* Sets a CAK of ours, or of the gateway's. */
void own_set(uint32_t i, const char *role, const char *ckn, const char *crn);
void their_set(uint32_t i, const char *session, const char *name, const char *crn);

/* Two ends that agree in everything. */
void agree(void);

/* Fills `verdicts` anew. */
void compare(void);

/* The first line of a subject, or NULL. */
const struct verdict_line *line_of(const char *subject);

/* Compares; exactly one line is other than pass: this one, with `part` in its text. */
void expect_one(const char *subject, enum verdict verdict, const char *part);
