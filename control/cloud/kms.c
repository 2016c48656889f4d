/* SPDX-License-Identifier: BSD-3-Clause */
/* Looking at keys and fetching them; the contract is in kms.h. */
#include "control/cloud/kms.h"

#include "control/cloud/kms_call.h"
#include "control/cloud/kms_read.h"
#include "control/cloud/payload.h"
#include "control/secret.h"

#include <string.h>
#include <time.h>

/* payload: NULL: the metadata only, which needs less of a role and shows less. */
static int
get(const struct kms *kms, const struct service_key *key, struct kms_key *out, char **payload,
    struct cloud_error *error) {
	bool is_secret = key->service.kind == SERVICE_SECRETS_MANAGER;
	struct kms_call call = {
		.method = HTTP_GET,
		.collection = is_secret ? "secrets" : "keys",
		.item = key->id,
		.suffix = payload == NULL ? "/metadata" : "",
	};
	struct kms_expect expect = {.id = key->id};
	struct http_answer answer = {0};
	int result = kms_call(kms, key, &call, &answer, error);

	memset(out, 0, sizeof(*out));
	if (payload != NULL)
		*payload = NULL;
	if (result == 0)
		result =
			(is_secret ? kms_read_secret : kms_read_key
			)(answer.body, answer.body_octets, &expect, out, payload, error);
	http_answer_clear(&answer);
	return result;
}

int kms_look(
	const struct kms *kms, const struct service_key *key, struct kms_key *out,
	struct cloud_error *error
) {
	return get(kms, key, out, NULL, error);
}

int kms_fetch(
	const struct kms *kms, const struct service_key *key, struct kms_key *out, char **payload,
	struct cloud_error *error
) {
	return get(kms, key, out, payload, error);
}

static int
decode(const struct service_key *key, const char *payload, uint8_t *cak,
       struct cloud_error *error) {
	bool is_secret = key->service.kind == SERVICE_SECRETS_MANAGER;
	enum payload_fault fault;

	if (payload == NULL)
		return cloud_fail(
			error, CLOUD_FINAL, 200,
			"key %.96s came without its material; give the credential's owner the role "
			"%s, Reader sees metadata only",
			key->id, is_secret ? "SecretsReader" : "ReaderPlus"
		);
	fault = payload_decode(
		payload, strlen(payload), is_secret ? PAYLOAD_EITHER : PAYLOAD_BASE64,
		key->service.is_lenient, cak
	);
	if (fault == PAYLOAD_GOOD)
		return 0;
	return cloud_fail(
		error, CLOUD_FINAL, 200, "key %.96s: %s", key->id, payload_fault_text(fault)
	);
}

int kms_fetch_cak(
	const struct kms *kms, const struct service_key *key, struct kms_key *out, uint8_t *cak,
	struct cloud_error *error
) {
	char *payload = NULL;
	int result;

	secret_wipe(cak, PAYLOAD_CAK_OCTETS);
	result = kms_fetch(kms, key, out, &payload, error);
	if (result == 0)
		result = kms_judge(out, time(NULL), error);
	if (result == 0)
		result = decode(key, payload, cak, error);
	secret_free(payload);
	return result;
}
