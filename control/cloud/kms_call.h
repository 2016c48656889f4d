/* SPDX-License-Identifier: BSD-3-Clause */
/* One request to the KMS API or Secrets Manager, with its headers and its one more try. */
#pragma once

#include "control/cloud/http.h"
#include "control/cloud/kms.h"

struct kms_call {
	enum http_method method;
	const char *collection; // "keys" or "secrets"
	const char *item;       // checked here: id characters only; NULL: the collection itself
	const char *suffix;     // "/metadata" or ""
	const char *body;       // JSON, terminated, in memory that will be wiped; NULL: none
};

/*
 * Makes the request; when its token is refused, once more with a fresh one. Returns 0 with an
 * answer of status 2xx, which the caller clears, or a negative errno with `error` filled in;
 * never TOKEN.
 */
int kms_call(
	const struct kms *kms, const struct service_key *key, const struct kms_call *call,
	struct http_answer *answer, struct cloud_error *error
);
