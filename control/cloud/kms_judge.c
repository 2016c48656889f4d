/* SPDX-License-Identifier: BSD-3-Clause */
/* Whether a stored key is one that a CAK can be had from (facts/ibm.md 3.6). */
#include "control/cloud/kms.h"
#include "control/config_time.h"

static int refuse_state(const struct kms_key *key, struct cloud_error *error) {
	switch (key->state) {
	case KMS_PRE_ACTIVE:
		return cloud_fail(
			error, CLOUD_FINAL, 0,
			"key %.96s is not active yet; wait for its activation date, or import one "
			"without",
			key->id
		);
	case KMS_SUSPENDED:
		return cloud_fail(
			error, CLOUD_FINAL, 0, "key %.96s is suspended; enable it in the service",
			key->id
		);
	case KMS_DEACTIVATED:
		return cloud_fail(
			error, CLOUD_FINAL, 0,
			"key %.96s is deactivated: it expired; import a new one and rotate to it",
			key->id
		);
	default:
		return cloud_fail(
			error, CLOUD_FINAL, 0,
			"key %.96s is in state %d, which is not active; look at it in the service",
			key->id, (int)key->state
		);
	}
}

int kms_judge(const struct kms_key *key, int64_t wall_s, struct cloud_error *error) {
	if (key->is_deleted || key->state == KMS_DESTROYED)
		return cloud_fail(
			error, CLOUD_FINAL, 0,
			"key %.96s was deleted; restore it within 30 days, or import a new one and "
			"rotate to it",
			key->id
		);
	if (key->state != KMS_ACTIVE)
		return refuse_state(key, error);
	if (key->expires_s != 0 && key->expires_s <= wall_s)
		return cloud_fail(
			error, CLOUD_FINAL, 0,
			"key %.96s expired at %s; import a new one and rotate to it", key->id,
			config_time_text(key->expires_s).text
		);
	if (!key->is_extractable)
		return cloud_fail(
			error, CLOUD_FINAL, 0,
			"key %.96s is a root key, which never leaves the service; import the CAK "
			"as "
			"a standard key",
			key->id
		);
	return 0;
}
