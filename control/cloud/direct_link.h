/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The MACsec part of the Direct Link API v1 (facts/ibm.md section 2). Each call makes one request,
 * and with a refused token one more with a fresh one. One thread; macsecctl only.
 */
#pragma once

#include "control/cloud/cloud_error.h"
#include "control/cloud/iam.h"
#include "control/cloud/service.h"

#include <stdbool.h>
#include <stdint.h>

#define DIRECT_LINK_CAKS_MAX 4u // there may be two; a few more are read so that they can be shown
#define DIRECT_LINK_REASONS_MAX 4u

struct direct_link_reason {
	char code[64];
	char message[256];
};

/* GatewayMacsec. Words are kept as the API writes them: new ones must not break us. */
struct direct_link_macsec {
	bool is_active;
	char cipher_suite[32];
	uint32_t confidentiality_offset;
	uint32_t key_server_priority;
	char rekey_mode[32]; // "timer", "packet_number_rollover"
	uint32_t rekey_interval_s;
	char security_policy[24]; // "must_secure", "should_secure"
	uint64_t window_size;
	char status[24];
	uint32_t n_reasons;
	struct direct_link_reason reasons[DIRECT_LINK_REASONS_MAX];
};

/* GatewayMacsecCak. */
struct direct_link_cak {
	char id[SERVICE_ID_MAX];
	char session[16]; // "primary", "fallback"
	char name[65];    // CKN, hexadecimal digits
	char key_crn[SERVICE_CRN_MAX];
	char status[24];
	bool has_active; // while it rotates: what is in force
	char active_name[65];
	char active_key_crn[SERVICE_CRN_MAX];
	char active_status[24];
};

struct direct_link {
	const struct service *service; // kind SERVICE_DIRECT_LINK
	const char *gateway;           // id
	struct iam *iam;
	uint64_t (*now_ms)(void);
};

int direct_link_macsec(
	const struct direct_link *link, struct direct_link_macsec *out, struct cloud_error *error
);

/* Fills at most DIRECT_LINK_CAKS_MAX; *n is their number. */
int direct_link_caks(
	const struct direct_link *link, struct direct_link_cak *caks, uint32_t *n,
	struct cloud_error *error
);

/* PATCH …/caks/{id}: name and key together, as the API demands. *out: the CAK as it is then. */
int direct_link_set_cak(
	const struct direct_link *link, const char *cak_id, const char *name, const char *key_crn,
	struct direct_link_cak *out, struct cloud_error *error
);

/*
 * Whether Direct Link may read keys of a service: IAM's authorisation policies, where the token's
 * owner may list them. *is_known is false when it may not; *is_instance_wide: the policy covers the
 * whole instance, as HPCS needs it.
 */
struct direct_link_authorisation {
	bool is_known, exists, is_instance_wide;
	char role[64];
};
int direct_link_authorisation(
	const struct direct_link *link, const struct service_key *key, const char *account_id,
	struct direct_link_authorisation *out, struct cloud_error *error
);
