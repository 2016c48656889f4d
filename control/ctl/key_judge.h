/* SPDX-License-Identifier: BSD-3-Clause */
/* Everything that could be wrong with a stored key, a line each. Pure. */
#pragma once

#include "control/cloud/kms.h"
#include "control/cloud/payload.h"
#include "control/ctl/verdicts.h"

#define KEY_JUDGE_SOON_S (30ll * 86400) // an expiry is warned about so long before

/* Which key, before each line's subject: "", or "primary CAK AA01 ". */
struct key_subject {
	const char *prefix;
};

/* Adds lines for what the service says of the key: state, kind, expiry, alias. */
void key_judge_stored(
	struct verdicts *verdicts, const struct key_subject *subject, const struct service_key *key,
	const struct kms_key *stored, int64_t wall_s
);

/* Adds a line for how the payload decoded, and a warning for a CAK that looks padded. cak: secret
 * memory, PAYLOAD_CAK_OCTETS. */
void key_judge_payload(
	struct verdicts *verdicts, const struct key_subject *subject, const struct service_key *key,
	enum payload_fault fault, const uint8_t *cak
);

/* Adds a line for a call that failed: what kind of trouble it is, and the client's own words. */
void key_judge_failure(
	struct verdicts *verdicts, const struct key_subject *subject,
	const struct cloud_error *error
);

/* Adds a line "prefix field". */
__attribute__((format(printf, 5, 6))) void key_judge_say(
	struct verdicts *verdicts, const struct key_subject *subject, enum verdict verdict,
	const char *field, const char *format, ...
);
