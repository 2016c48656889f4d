/* SPDX-License-Identifier: BSD-3-Clause */
/* Lines about a stored key; the contract is in key_judge.h. */
#include "control/ctl/key_judge.h"

#include "control/config_time.h"

#include <openssl/crypto.h>

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

void key_judge_say(
	struct verdicts *verdicts, const struct key_subject *subject, enum verdict verdict,
	const char *field, const char *format, ...
) {
	char whole[VERDICT_SUBJECT_MAX], text[VERDICT_TEXT_MAX];
	va_list arguments;

	snprintf(whole, sizeof(whole), "%s%s", subject->prefix, field);
	va_start(arguments, format);
	vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	verdict_say(verdicts, verdict, whole, "%s", text);
}

static void judge_state(
	struct verdicts *verdicts, const struct key_subject *subject, const struct kms_key *stored
) {
	static const struct {
		enum kms_state state;
		const char *text;
	} states[] = {
		{KMS_PRE_ACTIVE, "not active yet; wait for its activation date, or import a key "
				 "without one"},
		{KMS_SUSPENDED, "suspended; enable it in the service"},
		{KMS_DEACTIVATED, "deactivated, it has expired; import a new key and rotate to it"},
		{KMS_DESTROYED, "deleted; restore it within 30 days, or import a new key and "
				"rotate to it"},
	};

	if (stored->state == KMS_ACTIVE && !stored->is_deleted) {
		key_judge_say(verdicts, subject, VERDICT_PASS, "state", "active");
		return;
	}
	for (size_t i = 0; i < sizeof(states) / sizeof(states[0]); i++) {
		if (states[i].state != (stored->is_deleted ? KMS_DESTROYED : stored->state))
			continue;
		key_judge_say(verdicts, subject, VERDICT_FAIL, "state", "%s", states[i].text);
		return;
	}
	key_judge_say(
		verdicts, subject, VERDICT_FAIL, "state",
		"%d, which is not active; look at the key in the service", (int)stored->state
	);
}

static void judge_kind(
	struct verdicts *verdicts, const struct key_subject *subject, const struct kms_key *stored
) {
	if (stored->is_extractable)
		key_judge_say(
			verdicts, subject, VERDICT_PASS, "extractable", "yes, a standard key"
		);
	else
		key_judge_say(
			verdicts, subject, VERDICT_FAIL, "extractable",
			"no: it is a root key, which never leaves the service; store the CAK as a "
			"standard key: macsecctl key import"
		);
}

static void judge_expiry(
	struct verdicts *verdicts, const struct key_subject *subject, const struct kms_key *stored,
	int64_t wall_s
) {
	const char *at = NULL;
	const struct config_time_text text = config_time_text(stored->expires_s);

	if (stored->expires_s == 0) {
		key_judge_say(verdicts, subject, VERDICT_PASS, "expiry", "never");
		return;
	}
	at = text.text;
	if (stored->expires_s <= wall_s)
		key_judge_say(
			verdicts, subject, VERDICT_FAIL, "expiry",
			"expired at %s, which cannot be changed; import a new key and rotate to it",
			at
		);
	else if (stored->expires_s - wall_s < KEY_JUDGE_SOON_S)
		key_judge_say(
			verdicts, subject, VERDICT_WARN, "expiry",
			"in %" PRId64 " days, at %s, which cannot be changed; rotate to a new key "
			"before",
			(stored->expires_s - wall_s) / 86400, at
		);
	else
		key_judge_say(verdicts, subject, VERDICT_PASS, "expiry", "%s", at);
}

/* Name and key change together: what an alias points to may change alone. */
static void judge_alias(
	struct verdicts *verdicts, const struct key_subject *subject, const struct service_key *key,
	const struct kms_key *stored
) {
	if (strcmp(key->id, stored->id) == 0)
		key_judge_say(verdicts, subject, VERDICT_PASS, "key", "%s", stored->id);
	else
		key_judge_say(
			verdicts, subject, VERDICT_WARN, "key",
			"%s is an alias of %s: if it is moved to another key, the CAK under this "
			"name stays as it is; write the key's CRN",
			key->id, stored->id
		);
}

void key_judge_stored(
	struct verdicts *verdicts, const struct key_subject *subject, const struct service_key *key,
	const struct kms_key *stored, int64_t wall_s
) {
	judge_alias(verdicts, subject, key, stored);
	judge_state(verdicts, subject, stored);
	judge_kind(verdicts, subject, stored);
	judge_expiry(verdicts, subject, stored, wall_s);
	if (key->service.kind == SERVICE_KEY_PROTECT)
		key_judge_say(
			verdicts, subject, VERDICT_WARN, "service",
			"Direct Link takes CAKs from Hyper Protect Crypto Services and Secrets "
			"Manager, not from Key Protect; this key serves other peers only"
		);
}

static void
judge_padding(struct verdicts *verdicts, const struct key_subject *subject, const uint8_t *cak) {
	static const uint8_t zeroes[PAYLOAD_CAK_OCTETS / 2];

	if (CRYPTO_memcmp(cak + sizeof(zeroes), zeroes, sizeof(zeroes)) == 0)
		key_judge_say(
			verdicts, subject, VERDICT_WARN, "strength",
			"the second half is zeroes: a 128-bit key, padded. The peer must use all "
			"64 digits; better store one of 256 bits (macsecctl key generate)"
		);
}

void key_judge_payload(
	struct verdicts *verdicts, const struct key_subject *subject, const struct service_key *key,
	enum payload_fault fault, const uint8_t *cak
) {
	if (fault != PAYLOAD_GOOD) {
		key_judge_say(
			verdicts, subject, VERDICT_FAIL, "payload", "%s", payload_fault_text(fault)
		);
		return;
	}
	key_judge_say(
		verdicts, subject, VERDICT_PASS, "payload",
		key->service.is_lenient
			? "64 hexadecimal digits; a line end behind them is overlooked ('lenient')"
			: "64 hexadecimal digits"
	);
	judge_padding(verdicts, subject, cak);
}

void key_judge_failure(
	struct verdicts *verdicts, const struct key_subject *subject,
	const struct cloud_error *error
) {
	const char *field = "key";

	if (error->verdict == CLOUD_TRANSIENT || error->verdict == CLOUD_LATER)
		field = "reachable";
	else if (error->http_status == 401 || error->http_status == 403)
		field = "role";
	else if (error->http_status == 0)
		field = "connection";
	key_judge_say(verdicts, subject, VERDICT_FAIL, field, "%s", error->text);
}
