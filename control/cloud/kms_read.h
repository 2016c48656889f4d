/* SPDX-License-Identifier: BSD-3-Clause */
/* Keys as the services describe them, in JSON, into struct kms_key. Pure, apart from secret
 * memory. */
#pragma once

#include "control/cloud/kms.h"

#include <stddef.h>

/* What is expected of an answer. */
struct kms_expect {
	const char *id;  // asked for; "": a new key. An id, not an alias, must be the answer's
	bool is_minimal; // of a key that was just made: state and extractable may be absent
};

/*
 * Reads {"resources":[{…}]} of the KMS API (facts/ibm.md 3.3), or the object of Secrets Manager
 * (1.6). Unknown members are ignored; known ones must be of their type, in range, there once, and
 * id, state and extractable must be there.
 *
 * payload: NULL when it is not wanted; else *payload is secret memory, the caller's, or NULL when
 * the answer has none. Returns 0, -EAGAIN with `error` TRANSIENT when it is no JSON at all, or
 * -EPROTO with FINAL naming the member. The answer itself is never quoted.
 */
int kms_read_key(
	const char *json, size_t octets, const struct kms_expect *expect, struct kms_key *out,
	char **payload, struct cloud_error *error
);
int kms_read_secret(
	const char *json, size_t octets, const struct kms_expect *expect, struct kms_key *out,
	char **payload, struct cloud_error *error
);
