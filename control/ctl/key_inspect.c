/* SPDX-License-Identifier: BSD-3-Clause */
/* From a reference to lines, as far as it goes; the contract is in key_inspect.h. */
#include "control/ctl/key_inspect.h"

#include "control/config_key.h"
#include "control/keys/key_file.h"
#include "control/secret.h"

#include <errno.h>
#include <string.h>
#include <time.h>

/* One key while it is looked at. */
struct inspection {
	struct desk *desk;
	struct verdicts *verdicts;
	const struct key_subject *subject;
	struct service_key key;
};

static enum payload_fault decode(const struct service_key *key, const char *payload, uint8_t *cak) {
	const bool is_secret = key->service.kind == SERVICE_SECRETS_MANAGER;

	if (payload == NULL)
		return PAYLOAD_MISSING;
	return payload_decode(
		payload, strlen(payload), is_secret ? PAYLOAD_EITHER : PAYLOAD_BASE64,
		key->service.is_lenient, cak
	);
}

static void inspect_payload(const struct inspection *look) {
	uint8_t *cak = secret_alloc(PAYLOAD_CAK_OCTETS);
	struct cloud_error error;
	struct kms_key stored;
	char *payload = NULL;

	if (cak == NULL)
		return;
	if (kms_fetch(&look->desk->kms, &look->key, &stored, &payload, &error) < 0)
		key_judge_failure(look->verdicts, look->subject, &error);
	else
		key_judge_payload(
			look->verdicts, look->subject, &look->key, decode(&look->key, payload, cak),
			cak
		);
	secret_free(payload);
	secret_free(cak);
}

/* True when a token is there. Its file and IAM are told apart by who answered. */
static bool inspect_token(const struct inspection *look) {
	const struct service *service = &look->key.service;
	struct cloud_error error;
	const char *header;
	const char *field = "credential";

	if (iam_header(
		    look->desk->iam, &service->account, service->ca_file, look->desk->kms.now_ms(),
		    &header, &error
	    ) == 0) {
		key_judge_say(
			look->verdicts, look->subject, VERDICT_PASS, "credential",
			"%s, and IAM gives a token for it", iam_grant_word(service->account.grant)
		);
		return true;
	}
	if (error.verdict == CLOUD_TRANSIENT || error.http_status != 0)
		field = "token";
	key_judge_say(look->verdicts, look->subject, VERDICT_FAIL, field, "%s", error.text);
	return false;
}

static void inspect_stored(const struct inspection *look) {
	struct cloud_error error;
	struct kms_key stored;

	if (!inspect_token(look))
		return;
	if (kms_look(&look->desk->kms, &look->key, &stored, &error) < 0) {
		key_judge_failure(look->verdicts, look->subject, &error);
		return;
	}
	key_judge_stored(look->verdicts, look->subject, &look->key, &stored, (int64_t)time(NULL));
	inspect_payload(look);
}

static void inspect_file(const struct inspection *look, const struct config_cak *cak) {
	uint8_t *octets = secret_alloc(KEY_FILE_KEY_OCTETS_MAX);
	uint8_t n;

	if (octets == NULL)
		return;
	if (key_file_read(look->desk->config, cak, octets, &n) < 0)
		key_judge_say(
			look->verdicts, look->subject, VERDICT_FAIL, "file",
			"cannot be used; the line on standard error says why"
		);
	else
		key_judge_say(
			look->verdicts, look->subject, VERDICT_PASS, "file",
			"a key of %u bits, on this machine only", n * 8u
		);
	secret_free(octets);
}

void key_inspect(
	struct desk *desk, const struct config_cak *cak, const struct key_subject *subject,
	struct verdicts *verdicts
) {
	struct inspection look = {.desk = desk, .verdicts = verdicts, .subject = subject};
	const int error = config_key_is_sound(cak->cak_ref)
				  ? config_key(desk->config, cak, &look.key)
				  : -EINVAL;

	if (error == -ENOENT) {
		inspect_file(&look, cak);
	} else if (error < 0) {
		/* The text itself is not shown: it may be a key in the wrong place. */
		key_judge_say(
			verdicts, subject, VERDICT_FAIL, "reference", "%s",
			config_key_problem(error)
		);
	} else {
		key_judge_say(
			verdicts, subject, VERDICT_PASS, "reference", "service %s (%s) at %s",
			look.key.service.name, service_kind_word(look.key.service.kind),
			look.key.service.url
		);
		inspect_stored(&look);
	}
}
