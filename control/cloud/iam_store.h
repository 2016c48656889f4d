/* SPDX-License-Identifier: BSD-3-Clause */
/* The token store with another source of tokens than IAM: for tests of its clock. */
#pragma once

#include "control/cloud/iam.h"
#include "control/cloud/iam_grants.h"

/* As iam_grant_fetch. */
typedef int iam_fetch(
	const struct iam_account *account, const char *ca_file, struct iam_token *token,
	struct credential_stamp *stamp, struct cloud_error *error
);

/* As iam_create; tokens come from `fetch`, and clock_ms (monotonic) tells how long it took. */
struct iam *iam_create_with(iam_fetch *fetch, uint64_t (*clock_ms)(void));

#define IAM_ACCOUNTS_MAX 64u        // with more, the one that was used longest ago is forgotten
#define IAM_MARGIN_MS 10000u        // a token is not used for so long before its end
#define IAM_REFRESH_PAUSE_MS 60000u // between tries to replace a token that is still good
#define IAM_FAILURE_PAUSE_MS 1000u  // after any failure, for all keys together; or Retry-After
