/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Files with cloud credentials: an API key, or the token that says which compute resource we are.
 * Read anew for each request to IAM, so that a rotated one is used at once.
 */
#pragma once

#include "control/cloud/cloud_error.h"
#include "control/cloud/service.h"

#include <stdbool.h>
#include <stdint.h>

#define CREDENTIAL_OCTETS_MAX 8192u

/* What a file looked like. All zero: it was not there. */
struct credential_stamp {
	uint64_t device, inode, octets;
	int64_t modified_ns, changed_ns;
};

/*
 * Reads the credential of an account with a grant that has one (not VPC_INSTANCE). The path is
 * account->credential, or $CREDENTIALS_DIRECTORY/NAME for a systemd credential, or, for a
 * compute-resource token without one, the first of the places where orchestrators put it.
 *
 * The file must be a regular one of root or of our effective user, of 1 to CREDENTIAL_OCTETS_MAX
 * printable characters without a blank and one line break at most behind them. Group and others may
 * neither read nor write an API key; they may read what systemd or an orchestrator put there, since
 * the mode is then not the operator's. Symbolic links are followed: the open file is judged.
 *
 * *secret: secret memory, terminated; the caller's (secret_free); NULL on failure. *stamp is set
 * either way. Returns 0, or -EPROTO with `error` FINAL naming the file and the fix.
 */
int credential_read(
	const struct iam_account *account, char **secret, struct credential_stamp *stamp,
	struct cloud_error *error
);

/* How the file looks now, unread. */
void credential_stamp(const struct iam_account *account, struct credential_stamp *stamp);

/* Where it is, for messages: a path, or "" when none can be told. `path`: CREDENTIAL_PATH_MAX. */
void credential_path(const struct iam_account *account, char *path);

#define CREDENTIAL_PATH_MAX (2 * SERVICE_PATH_MAX)
