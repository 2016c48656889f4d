/* SPDX-License-Identifier: BSD-3-Clause */
/* Asking for a token, once, by the grant of an account (facts/ibm.md 4.1, 4.2). */
#pragma once

#include "control/cloud/cloud_error.h"
#include "control/cloud/credential.h"
#include "control/cloud/iam_answer.h"
#include "control/cloud/service.h"

/*
 * Asks IAM, or the VPC's metadata service in two steps. *stamp: how the credential's file looked.
 * Returns 0 with token->text in secret memory, the caller's, or a negative errno with `error`.
 */
int iam_grant_fetch(
	const struct iam_account *account, const char *ca_file, struct iam_token *token,
	struct credential_stamp *stamp, struct cloud_error *error
);

/*
 * The form that is posted: secret memory, terminated, the caller's. NULL without memory. credential
 * is encoded in full, whatever its characters. Pure, apart from secret memory.
 */
char *iam_grant_form(const struct iam_account *account, const char *credential);

/*
 * {"trusted_profile": {"id" | "crn": …}}, or {} without a profile, to `body` with room for
 * IAM_PROFILE_BODY_MAX octets. Returns 0, or -EPROTO with `error` FINAL for a profile that is
 * named. Pure.
 */
int iam_grant_profile_body(
	const struct iam_account *account, char *body, struct cloud_error *error
);

#define IAM_PROFILE_BODY_MAX 1024u
