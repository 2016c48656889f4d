/* SPDX-License-Identifier: BSD-3-Clause */
/* What the findings share: diagnosis.c has the order, diagnosis_wrong.c, diagnosis_warning.c and
 * diagnosis_keys.c the findings. */
#pragma once

#include "control/server/diagnosis.h"

#include <inttypes.h>

#define SECOND_NS UINT64_C(1000000000)

/* One finding: whether it applies; then it has filled the texts. */
struct diagnosis_finding {
	bool (*applies)(const struct link_view *view, struct diagnosis *diagnosis);
};

/* How long after a change of state other CAKs and peers may still be finding each other. */
#define DIAGNOSIS_SETTLING_NS MKA_LIFE_NS

extern const struct diagnosis_finding diagnosis_wrong[];
extern const size_t diagnosis_wrong_count;
extern const struct diagnosis_finding diagnosis_warnings[];
extern const size_t diagnosis_warnings_count;

/* Findings about CAKs (diagnosis_keys.c, diagnosis_cloud.c); what they take and return is as in
 * diagnosis_finding. */
bool diagnosis_fallback_is_in_use(const struct link_view *view, struct diagnosis *diagnosis);
bool diagnosis_newer_cak_is_missing(const struct link_view *view, struct diagnosis *diagnosis);
bool diagnosis_next_cak_is_missing(const struct link_view *view, struct diagnosis *diagnosis);
bool diagnosis_fallback_would_fail(const struct link_view *view, struct diagnosis *diagnosis);
bool diagnosis_key_is_unusable(const struct link_view *view, struct diagnosis *diagnosis);
bool diagnosis_chain_is_over(const struct link_view *view, struct diagnosis *diagnosis);
bool diagnosis_key_is_awaited(const struct link_view *view, struct diagnosis *diagnosis);
bool diagnosis_key_has_trouble(const struct link_view *view, struct diagnosis *diagnosis);
bool diagnosis_clock_has_jumped(const struct link_view *view, struct diagnosis *diagnosis);

/* Findings about live peers that do not receive with our SAK (diagnosis_sak.c): all, or some. */
bool diagnosis_nobody_takes_our_sak(const struct link_view *view, struct diagnosis *diagnosis);
bool diagnosis_not_all_take_our_sak(const struct link_view *view, struct diagnosis *diagnosis);

/* Writes one of the texts. Always returns true, so that a finding ends with it. */
__attribute__((format(printf, 2, 3))) bool diagnosis_say(char *text, const char *format, ...);

/* The participant that counts: the principal, or the first one. NULL when there is none. */
const struct mka_participant_view *diagnosis_principal(const struct mka_view *mka);

/* A live peer of any participant, those of the principal first; or NULL. */
const struct mka_peer_view *diagnosis_live_peer(const struct mka_view *mka);

/* Whether an MKPDU was refused so lately that it explains what is so now: a peer sends at least
 * once in a life time. */
bool diagnosis_has_fresh_refusal(const struct mka_view *mka);

/* Whether our key-server-priority and that of every live peer is 255. */
bool diagnosis_nobody_may_serve(const struct mka_view *mka);

/* What to do about the obstacle that the view names. */
const char *diagnosis_obstacle_fix(const struct mka_view *mka);

/* Why this participant has no live peer, or fewer than others; and what to do. */
struct diagnosis_reason {
	char why[DIAGNOSIS_OCTETS];
	const char *fix;
};
void diagnosis_reason(const struct link_view *view, uint32_t i, struct diagnosis_reason *reason);

/* What to do about MKPDUs that are refused for this reason. */
const char *diagnosis_refusal_fix(const struct link_view *view, enum mka_refusal refusal);
