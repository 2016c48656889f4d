/* SPDX-License-Identifier: BSD-3-Clause */
/* Storing a key; the contract is in kms.h. */
#include "control/cloud/fields.h"
#include "control/cloud/kms_call.h"
#include "control/cloud/kms_read.h"

#include <string.h>

#define KEY_TYPE "application/vnd.ibm.kms.key+json"
#define NAME_MIN 2u // facts/ibm.md 3.4; shorter and longer ones are refused by the service too
#define NAME_MAX_OCTETS 90u

/* Adds a text; false without memory. cJSON copies it, and wipes the copy in the end. */
static bool add(cJSON *object, const char *name, const char *text) {
	return cJSON_AddStringToObject(object, name, text) != NULL;
}

static bool add_standard_key(cJSON *body, const char *name, const char *payload) {
	cJSON *metadata = cJSON_AddObjectToObject(body, "metadata");
	cJSON *resources = cJSON_AddArrayToObject(body, "resources");
	cJSON *key = cJSON_CreateObject();

	if (!cJSON_AddItemToArray(resources, key)) {
		cJSON_Delete(key);
		return false;
	}
	return add(metadata, "collectionType", KEY_TYPE) &&
	       cJSON_AddNumberToObject(metadata, "collectionTotal", 1) != NULL &&
	       add(key, "type", KEY_TYPE) && add(key, "name", name) &&
	       cJSON_AddTrueToObject(key, "extractable") != NULL && add(key, "payload", payload);
}

static bool
add_secret(cJSON *body, const struct service_key *key, const char *name, const char *payload) {
	return add(body, "secret_type", "arbitrary") && add(body, "name", name) &&
	       (key->ring[0] == '\0' || add(body, "secret_group_id", key->ring)) &&
	       add(body, "payload", payload);
}

/* NULL without memory; to be freed with cJSON_free, which wipes. */
static char *
make_body(const struct service_key *key, const char *name, const char *payload, bool is_secret) {
	cJSON *body = cJSON_CreateObject();
	char *text = NULL;

	if (is_secret ? add_secret(body, key, name, payload)
		      : add_standard_key(body, name, payload))
		text = cJSON_PrintUnformatted(body);
	cJSON_Delete(body);
	return text;
}

static bool is_name(const char *name) {
	size_t octets = strnlen(name, NAME_MAX_OCTETS + 1);

	if (octets < NAME_MIN || octets > NAME_MAX_OCTETS)
		return false;
	for (size_t i = 0; i < octets; i++)
		if (name[i] < ' ' || name[i] > '~')
			return false;
	return true;
}

static int
post(const struct kms *kms, const struct service_key *key, const char *body, struct kms_key *out,
     struct cloud_error *error) {
	bool is_secret = key->service.kind == SERVICE_SECRETS_MANAGER;
	struct kms_call call = {
		.method = HTTP_POST,
		.collection = is_secret ? "secrets" : "keys",
		.suffix = "",
		.body = body,
	};
	struct kms_expect expect = {.id = "", .is_minimal = true};
	struct http_answer answer = {0};
	int result = kms_call(kms, key, &call, &answer, error);

	if (result == 0)
		result =
			(is_secret ? kms_read_secret : kms_read_key
			)(answer.body, answer.body_octets, &expect, out, NULL, error);
	http_answer_clear(&answer);
	return result;
}

int kms_import(
	const struct kms *kms, const struct service_key *key, const char *name, const char *payload,
	struct kms_key *out, struct cloud_error *error
) {
	bool is_secret = key->service.kind == SERVICE_SECRETS_MANAGER;
	char *body;
	int result;

	memset(out, 0, sizeof(*out));
	if (!is_name(name))
		return cloud_fail(
			error, CLOUD_FINAL, 0,
			"a key's name has %u to %u printable characters; choose another", NAME_MIN,
			NAME_MAX_OCTETS
		);
	body = make_body(key, name, payload, is_secret);
	if (body == NULL)
		return cloud_fail(error, CLOUD_TRANSIENT, 0, "no memory for a request");
	result = post(kms, key, body, out, error);
	cJSON_free(body);
	return result;
}
