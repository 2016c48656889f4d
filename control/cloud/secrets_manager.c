/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Arbitrary secrets of Secrets Manager as keys (facts/ibm.md 1.6); the contract is in kms_read.h.
 * A secret can get new versions under its id: their number tells them apart, in the metadata too.
 */
#include "control/cloud/kms_read_parts.h"

#include <stdio.h>
#include <string.h>

#define VERSIONS_MAX 1000000000

static void take_members(struct fields *fields, bool is_minimal, struct kms_key *out) {
	int64_t state = KMS_ACTIVE, versions = 0;
	bool has_state = fields_integer(fields, "state", KMS_PRE_ACTIVE, KMS_DESTROYED, &state);
	char type[32] = "";
	bool has_type = fields_text(fields, "secret_type", type, sizeof(type));

	fields_require(fields, "state", has_state || is_minimal);
	fields_require(fields, "secret_type", has_type || is_minimal);
	/* Passwords, certificates and the like are no keys, whatever their payload. */
	fields_require(fields, "secret_type", !has_type || strcmp(type, "arbitrary") == 0);
	out->state = (enum kms_state)state;
	out->is_extractable = true;
	out->is_deleted = state == KMS_DESTROYED;
	fields_require(fields, "id", fields_text(fields, "id", out->id, sizeof(out->id)));
	fields_text(fields, "crn", out->crn, sizeof(out->crn));
	fields_time(fields, "expiration_date", &out->expires_s);
	if (fields_integer(fields, "versions_total", 0, VERSIONS_MAX, &versions))
		snprintf(out->version, sizeof(out->version), "%lld", (long long)versions);
}

static int read_answer(
	const cJSON *answer, const struct kms_expect *expect, struct kms_key *out, char **payload,
	struct cloud_error *error
) {
	struct fields fields = {.object = answer};

	if (!cJSON_IsObject(answer))
		return kms_read_refuse(error, "id");
	take_members(&fields, expect->is_minimal, out);
	return kms_read_finish(&fields, expect, out, payload, error);
}

int kms_read_secret(
	const char *json, size_t octets, const struct kms_expect *expect, struct kms_key *out,
	char **payload, struct cloud_error *error
) {
	return kms_read_with(
		&(struct kms_reading){json, octets, expect, read_answer}, out, payload, error
	);
}
