/* SPDX-License-Identifier: BSD-3-Clause */
/* Keys out of JSON; the contract is in kms_read.h. Secrets are in secrets_manager.c. */
#include "control/cloud/kms_read.h"

#include "control/cloud/fields.h"
#include "control/cloud/kms_read_parts.h"

#include <string.h>

/* A hint, and no more than that: in another form it counts as absent. */
static void take_deletion(struct fields *fields, struct kms_key *out) {
	struct fields policy = {.object = fields_find(fields, "dualAuthDelete")};

	if (!cJSON_IsObject(policy.object))
		return;
	fields_bool(&policy, "keySetForDeletion", &out->is_set_for_deletion);
	if (out->is_set_for_deletion)
		fields_time(&policy, "authExpiration", &out->deletion_ends_s);
}

static void take_members(struct fields *fields, bool is_minimal, struct kms_key *out) {
	int64_t state = KMS_ACTIVE;
	bool has_state = fields_integer(fields, "state", KMS_PRE_ACTIVE, KMS_DESTROYED, &state);
	bool is_extractable = true;
	bool has_extractable = fields_bool(fields, "extractable", &is_extractable);

	fields_require(fields, "state", has_state || is_minimal);
	fields_require(fields, "extractable", has_extractable || is_minimal);
	out->state = (enum kms_state)state;
	out->is_extractable = is_extractable;
	fields_require(fields, "id", fields_text(fields, "id", out->id, sizeof(out->id)));
	fields_text(fields, "crn", out->crn, sizeof(out->crn));
	fields_bool(fields, "deleted", &out->is_deleted);
	fields_time(fields, "expirationDate", &out->expires_s);
	take_deletion(fields, out);
}

/* The one resource of an answer about one key; NULL when there is none, or several. */
static const cJSON *only_resource(const cJSON *answer) {
	struct fields fields = {.object = answer};
	const cJSON *resources = cJSON_IsObject(answer) ? fields_find(&fields, "resources") : NULL;
	const cJSON *first = cJSON_IsArray(resources) ? resources->child : NULL;

	return cJSON_IsObject(first) && first->next == NULL ? first : NULL;
}

static int read_answer(
	const cJSON *answer, const struct kms_expect *expect, struct kms_key *out, char **payload,
	struct cloud_error *error
) {
	struct fields fields = {.object = only_resource(answer)};

	if (fields.object == NULL)
		return kms_read_refuse(error, "resources");
	take_members(&fields, expect->is_minimal, out);
	return kms_read_finish(&fields, expect, out, payload, error);
}

int kms_read_key(
	const char *json, size_t octets, const struct kms_expect *expect, struct kms_key *out,
	char **payload, struct cloud_error *error
) {
	return kms_read_with(
		&(struct kms_reading){json, octets, expect, read_answer}, out, payload, error
	);
}
