/* SPDX-License-Identifier: BSD-3-Clause */
/* Cloud resource names of keys and secrets (facts/ibm.md 2.2) and the endpoints that follow from
 * them (3.1). Pure. */
#pragma once

#include "control/cloud/service.h"

#include <stddef.h>

/* crn:v1:bluemix:public:SERVICE:REGION:a/ACCOUNT:INSTANCE:key|secret:ID */
struct crn {
	enum service_kind kind; // never DIRECT_LINK
	char region[32];
	char account[40];
	char instance[SERVICE_ID_MAX];
	char id[SERVICE_ID_MAX];
};

/*
 * Reads a CRN. `text` is hostile: every part is checked for length and characters (what goes into
 * a host name or path must be letters, digits, '-'). Returns 0, -EINVAL: not a CRN of ten parts
 * of this form, -EPROTONOSUPPORT: of another service than hs-crypto, kms, secrets-manager.
 */
int crn_read(const char *text, struct crn *out);

/*
 * The service's usual base URL, without a path: HPCS and Secrets Manager by instance and region,
 * Key Protect by region; public or private form. Returns 0 or -ENOSPC.
 */
int crn_url(const struct crn *crn, bool is_private, char *url, size_t octets);
