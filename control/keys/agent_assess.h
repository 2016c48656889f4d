/* SPDX-License-Identifier: BSD-3-Clause */
/* What the metadata of a stored key mean for the CAK that was fetched from it. Pure. */
#pragma once

#include "control/cloud/kms.h"
#include "control/keys/agent_wire.h"

/* Prints into a text of AGENT_TEXT_MAX octets: cut, and '?' for what is not printable ASCII. */
__attribute__((format(printf, 2, 3))) void agent_say(char *text, const char *format, ...);

/* The id and version as they stand in messages. `id`: of the want, where the service told none. */
void agent_identify(const struct kms_key *key, const char *id, struct agent_identity *out);

/*
 * Fills the news' verdict, text, expiry and identity. known: of the CAK that is in use. GOOD, or
 * WARNING when the CAK works and the stored key is another one by now, could not be fetched again,
 * or expires within 30 days; the text changes at 7 days and at one. wall_s: since 1970.
 */
void agent_assess(
	const struct kms_key *key, const struct agent_want *want, int64_t wall_s,
	struct agent_news *news
);
