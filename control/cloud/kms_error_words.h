/* SPDX-License-Identifier: BSD-3-Clause */
/* The words of an error, out of any of the envelopes that IBM's services use. Pure. */
#pragma once

#include "control/cloud/cloud_error.h"
#include "control/cloud/cloud_words.h"
#include "control/cloud/http.h"

#include <stdbool.h>

struct kms_error_words {
	char code[CLOUD_CODE_MAX];      // "" when there is none
	char sentence[CLOUD_WORDS_MAX]; // as cloud_words_quote leaves it; "" when there is none
	bool is_token_expired;          // plain "Token is expired", without a code
	bool is_master_key_missing;     // CKR_IBM_WK_NOT_INITIALIZED
};

/*
 * Understands {"resources":[{"errorMsg","reasons":[{"code"}]}]} (KMS), {"errors":[{"code",
 * "message"}]} (Secrets Manager, Direct Link), {"errorCode","errorMessage"} (IAM) and a short plain
 * text. Anything else leaves the words empty.
 */
void kms_error_words_read(const struct http_answer *answer, struct kms_error_words *words);
