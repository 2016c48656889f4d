/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Keys in HPCS and Key Protect (KMS API v2, facts/ibm.md section 3) and secrets in Secrets Manager
 * (1.6), as one kind of thing. Each call makes one request, and with a refused token one more with
 * a fresh one; waiting and trying again are the caller's (retry.h). One thread.
 */
#pragma once

#include "control/cloud/cloud_error.h"
#include "control/cloud/iam.h"
#include "control/cloud/service.h"

#include <stdbool.h>
#include <stdint.h>

enum kms_state {
	KMS_PRE_ACTIVE = 0,
	KMS_ACTIVE = 1,
	KMS_SUSPENDED = 2,
	KMS_DEACTIVATED = 3, // expired
	KMS_DESTROYED = 5,
};

/* A stored key without its material. */
struct kms_key {
	char id[SERVICE_ID_MAX];      // what an alias stands for at present
	char version[SERVICE_ID_MAX]; // Secrets Manager: of the secret; KMS: ""
	char crn[SERVICE_CRN_MAX];
	enum kms_state state;
	bool is_deleted;
	bool is_extractable; // a standard key; always true for a secret
	int64_t expires_s;   // since 1970-01-01T00:00:00Z; 0: never
	/* One manager of two wants it deleted (facts/ibm.md 3.6); the other may agree until then.
	 */
	bool is_set_for_deletion;
	int64_t deletion_ends_s; // since 1970; 0: not told
};

/* What fetching and checking work with. */
struct kms {
	struct iam *iam;
	uint64_t (*now_ms)(void); // monotonic
};

/*
 * The key's metadata (GET …/metadata). Returns 0, or a negative errno with `error` filled in:
 * FINAL texts say what an operator does about it (role ReaderPlus missing, wrong instance, unknown
 * id, deleted, …). A state other than active is no error here: kms_judge says what it means.
 */
int kms_look(
	const struct kms *kms, const struct service_key *key, struct kms_key *out,
	struct cloud_error *error
);

/*
 * The key with its material: *payload is secret memory, terminated, owned by the caller
 * (secret_free); NULL when the service gives none.
 */
int kms_fetch(
	const struct kms *kms, const struct service_key *key, struct kms_key *out, char **payload,
	struct cloud_error *error
);

/*
 * Fetches, judges and decodes: cak gets PAYLOAD_CAK_OCTETS octets (secret memory; zero on failure).
 * A key that is not active, not extractable, expired or not well-formed is FINAL.
 */
int kms_fetch_cak(
	const struct kms *kms, const struct service_key *key, struct kms_key *out, uint8_t *cak,
	struct cloud_error *error
);

/*
 * Imports `payload` (base64) as a standard key under `name`, into key->ring if that is set; HPCS
 * and Key Protect: POST /api/v2/keys, Secrets Manager: POST /api/v2/secrets (arbitrary).
 * *out: the key that was made.
 */
int kms_import(
	const struct kms *kms, const struct service_key *key, const char *name, const char *payload,
	struct kms_key *out, struct cloud_error *error
);

/*
 * Whether a CAK can be had from this key: 0, or -EPROTO with `error` FINAL saying which rule fails
 * (state, deleted, extractable, expired at wall_s). Pure.
 */
int kms_judge(const struct kms_key *key, int64_t wall_s, struct cloud_error *error);
