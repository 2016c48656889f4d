/* SPDX-License-Identifier: BSD-3-Clause */
/* What IAM and the metadata service answer. Pure, apart from secret memory. */
#pragma once

#include "control/cloud/cloud_error.h"
#include "control/cloud/http.h"
#include "control/cloud/service.h"

#include <stddef.h>
#include <stdint.h>

#define IAM_TOKEN_OCTETS_MAX 8192u
#define IAM_LIFE_MAX_S 86400u // more is not believed

struct iam_token {
	char *text; // secret memory, terminated; the caller's
	uint32_t life_s;
};

/*
 * Reads {"access_token", "expires_in", "token_type"} (facts/ibm.md 4.1). The token must be short
 * enough and printable without blanks: it goes into a header. Returns 0; -EAGAIN with `error`
 * TRANSIENT when it is no JSON at all; -EPROTO with FINAL when a member is wrong.
 */
int iam_answer_read(
	const char *json, size_t octets, struct iam_token *token, struct cloud_error *error
);

/*
 * Says what an answer of another status than 2xx means (4.4). `credential` is what was sent, NULL:
 * none; a sentence that repeats it is not quoted. Returns a negative errno.
 */
int iam_error_read(
	const struct http_answer *answer, const struct iam_account *account, const char *credential,
	struct cloud_error *error
);
