/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/cloud/service.h"

#include <string.h>

bool iam_account_is_same(const struct iam_account *a, const struct iam_account *b) {
	return a->grant == b->grant && strcmp(a->url, b->url) == 0 &&
	       strcmp(a->credential, b->credential) == 0 && strcmp(a->profile, b->profile) == 0 &&
	       strcmp(a->metadata_url, b->metadata_url) == 0;
}

const char *service_kind_word(enum service_kind kind) {
	static const char *const words[] = {
		[SERVICE_HPCS] = "hpcs",
		[SERVICE_KEY_PROTECT] = "key-protect",
		[SERVICE_SECRETS_MANAGER] = "secrets-manager",
		[SERVICE_DIRECT_LINK] = "direct-link",
	};

	return words[kind];
}

const char *iam_grant_word(enum iam_grant grant) {
	static const char *const words[] = {
		[IAM_API_KEY] = "api-key",
		[IAM_COMPUTE_RESOURCE] = "compute-resource",
		[IAM_VPC_INSTANCE] = "vpc-instance",
	};

	return words[grant];
}
