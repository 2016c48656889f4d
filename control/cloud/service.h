/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A service of IBM Cloud as the configuration describes it (`keys.services[]`), and a key in it.
 * Plain data without pointers: it goes to the key agent over a socket. Pure.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#define SERVICE_NAME_MAX 32u // terminators included, in all of these
#define SERVICE_URL_MAX 256u
#define SERVICE_PATH_MAX 256u
#define SERVICE_ID_MAX 96u // GUIDs of 36, aliases of 2 to 90, key rings of 2 to 100 characters
#define SERVICE_RING_MAX 104u
#define SERVICE_CRN_MAX 512u

enum service_kind {
	SERVICE_HPCS,            // Hyper Protect Crypto Services: KMS API, CRN service "hs-crypto"
	SERVICE_KEY_PROTECT,     // Key Protect: the same API, CRN service "kms"
	SERVICE_SECRETS_MANAGER, // arbitrary secrets, CRN service "secrets-manager"
	SERVICE_DIRECT_LINK,     // Direct Link API v1: no keys, the gateway's MACsec configuration
};

/* How a token is had from IAM (facts/ibm.md section 4). */
enum iam_grant {
	IAM_API_KEY,          // of a user or a service id
	IAM_COMPUTE_RESOURCE, // a file with a compute-resource token, for a trusted profile
	IAM_VPC_INSTANCE,     // the VPC's metadata service, for a trusted profile
};

/* One way to a token. Two services with equal accounts share one token. */
struct iam_account {
	char url[SERVICE_URL_MAX]; // "https://iam.cloud.ibm.com"; no path
	enum iam_grant grant;
	/* Absolute path of the file with the API key or compute-resource token, or the name of a
	 * systemd credential (no '/'). "": the grant's default places; API_KEY has none. */
	char credential[SERVICE_PATH_MAX];
	char profile[SERVICE_CRN_MAX]; // trusted profile: id ("Profile-…"), CRN or name; "": none
	char metadata_url[SERVICE_URL_MAX]; // VPC_INSTANCE: "http://169.254.169.254"
};

struct service {
	char name[SERVICE_NAME_MAX];
	enum service_kind kind;
	char url[SERVICE_URL_MAX];       // base without /api/v2, /v1; "": derived from a key's CRN
	bool is_private;                 // derived URLs are the private endpoints
	char instance[SERVICE_ID_MAX];   // GUID; "": from a key's CRN
	char key_ring[SERVICE_RING_MAX]; // "": any
	bool is_lenient;                 // a stored key may end in one line break (payload.h)
	char ca_file[SERVICE_PATH_MAX];  // PEM; "": the system's certificate authorities
	struct iam_account account;
};

/* A key in a service: all that a client needs to fetch it. */
struct service_key {
	struct service service;      // url and instance are filled in
	char id[SERVICE_ID_MAX];     // of the key or secret, or an alias
	char ring[SERVICE_RING_MAX]; // "": any
	char crn[SERVICE_CRN_MAX];   // as the configuration names it; "": by id or alias
};

/* Whether one token serves both. */
bool iam_account_is_same(const struct iam_account *a, const struct iam_account *b);

/* "hpcs", "key-protect", "secrets-manager", "direct-link"; "api-key", "compute-resource",
 * "vpc-instance". Never NULL. */
const char *service_kind_word(enum service_kind kind);
const char *iam_grant_word(enum iam_grant grant);
