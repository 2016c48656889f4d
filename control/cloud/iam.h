/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Bearer tokens from IBM Cloud IAM (facts/ibm.md section 4): one per account, used until 80 % of
 * its life, then replaced; the old one goes on while no new one can be had, until ten seconds
 * before its end. Life is counted on the monotonic clock from `expires_in`: a wrong wall clock does
 * no harm. Credentials are read from their file for each request, in secret memory, and never kept.
 * One thread.
 */
#pragma once

#include "control/cloud/cloud_error.h"
#include "control/cloud/service.h"

#include <stdbool.h>
#include <stdint.h>

struct iam;

/* Returns a store for tokens, or NULL when memory runs out. */
struct iam *iam_create(void);

/* Wipes all tokens. NULL is allowed. */
void iam_destroy(struct iam *iam);

/*
 * The header "Authorization: Bearer …" for an account. *header: secret memory of `iam`, valid until
 * the next call. Returns 0 or a negative errno with `error` filled in: the credential file cannot
 * be used (FINAL, with the file's name), IAM refuses it (FINAL, IAM's code), IAM is not there
 * (TRANSIENT). One call asks IAM once at most, and none does for a second after a failure, or for
 * as long as IAM's Retry-After says. ca_file: as in struct service. now_ms: monotonic.
 */
int iam_header(
	struct iam *iam, const struct iam_account *account, const char *ca_file, uint64_t now_ms,
	const char **header, struct cloud_error *error
);

/*
 * The account's token was refused, to one key of many perhaps: the next iam_header, which is to be
 * the same caller's, gets a fresh one or fails. The old one stays for the others until there is a
 * fresh one. Right after the refused request: no other token can have come in between then.
 */
void iam_forget(struct iam *iam, const struct iam_account *account);

/* Another token is asked for by the next iam_header; who asks gets the old one if that fails. */
void iam_renew(struct iam *iam, const struct iam_account *account);

/*
 * Whether the credential's file has changed since it was last read, so that a final refusal is
 * worth another try.
 */
bool iam_credential_changed(struct iam *iam, const struct iam_account *account);
