/* SPDX-License-Identifier: BSD-3-Clause */
/* What the KMS API and Secrets Manager say when they refuse (facts/ibm.md 3.7). Pure. */
#pragma once

#include "control/cloud/cloud_error.h"
#include "control/cloud/http.h"
#include "control/cloud/service.h"

#include <stdbool.h>

/* What was asked, for messages. */
struct kms_question {
	const struct service_key *key;
	const char *correlation; // Correlation-Id that was sent; "": none
	bool is_token_fresh;     // the token was made for this very try
};

/*
 * Reads an answer of another status than 2xx. Only errorMsg, message and code of an error envelope,
 * or a short plain text, are quoted. A refused token is TOKEN, or FINAL with what to check if it
 * was fresh. Returns a negative errno with `error` filled in.
 */
int kms_error_read(
	const struct http_answer *answer, const struct kms_question *question,
	struct cloud_error *error
);
