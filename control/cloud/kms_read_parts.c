/* SPDX-License-Identifier: BSD-3-Clause */
/* Shared steps of reading keys and secrets; the contract is in kms_read_parts.h. */
#include "control/cloud/kms_read_parts.h"

#include "control/cloud/cloud_words.h"
#include "control/secret.h"

#include <string.h>
#include <strings.h>

#define UUID_DIGITS "0123456789abcdefABCDEF-"

int kms_read_refuse(struct cloud_error *error, const char *name) {
	return cloud_fail(
		error, CLOUD_FINAL, 200,
		"the answer's \"%s\" is missing, there twice or not of its type; check that the "
		"url is the service's",
		name
	);
}

/* Aliases may not look like that (facts/ibm.md 3.4). */
static bool is_uuid(const char *text) {
	return strlen(text) == 36 && strspn(text, UUID_DIGITS) == 36 && text[8] == '-' &&
	       text[13] == '-' && text[18] == '-' && text[23] == '-';
}

static int take_payload(const cJSON *item, char **payload, struct cloud_error *error) {
	size_t octets;

	if (payload == NULL || item == NULL || item->valuestring[0] == '\0')
		return 0;
	octets = strlen(item->valuestring) + 1;
	*payload = secret_alloc(octets);
	if (*payload == NULL)
		return cloud_fail(error, CLOUD_TRANSIENT, 0, "no secret memory for a key");
	memcpy(*payload, item->valuestring, octets);
	return 0;
}

int kms_read_finish(
	struct fields *fields, const struct kms_expect *expect, const struct kms_key *out,
	char **payload, struct cloud_error *error
) {
	const cJSON *item = fields_find(fields, "payload");

	fields_require(fields, "id", cloud_words_is_id(out->id, SERVICE_ID_MAX - 1));
	fields_require(fields, "payload", item == NULL || cJSON_IsString(item));
	if (fields->wrong != NULL)
		return kms_read_refuse(error, fields->wrong);
	if (is_uuid(expect->id) && strcasecmp(expect->id, out->id) != 0)
		return cloud_fail(
			error, CLOUD_FINAL, 200,
			"asked for key %.96s, the answer is about %.96s; check what stands between "
			"here and the service",
			expect->id, out->id
		);
	return take_payload(item, payload, error);
}

int kms_read_with(
	const struct kms_reading *reading, struct kms_key *out, char **payload,
	struct cloud_error *error
) {
	cJSON *answer = fields_parse(reading->json, reading->octets);
	int result;

	memset(out, 0, sizeof(*out));
	if (payload != NULL)
		*payload = NULL;
	if (answer == NULL)
		return cloud_fail(
			error, CLOUD_TRANSIENT, 200,
			"key %.96s: the answer is not JSON; check the url and what stands in "
			"between",
			reading->expect->id[0] == '\0' ? "(new)" : reading->expect->id
		);
	result = reading->read(answer, reading->expect, out, payload, error);
	cJSON_Delete(answer);
	if (result == 0)
		return 0;
	memset(out, 0, sizeof(*out));
	return result;
}
