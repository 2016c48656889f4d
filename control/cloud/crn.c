/* SPDX-License-Identifier: BSD-3-Clause */
/* Reading CRNs; the contract is in crn.h. Host names and paths are made of what passes here. */
#include "control/cloud/crn.h"

#include "control/cloud/cloud_words.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define PARTS 10u
#define HOST_LABEL_MAX 63u // RFC 1035 section 2.3.4
#define CRN_TEXT_MAX (SERVICE_CRN_MAX - 1)

enum { CRN, VERSION, CLOUD, REACH, SERVICE, REGION, ACCOUNT, INSTANCE, TYPE, ID };

struct crn_service {
	const char *word, *type;
	enum service_kind kind;
};

static const struct crn_service services[] = {
	{"hs-crypto", "key", SERVICE_HPCS},
	{"kms", "key", SERVICE_KEY_PROTECT},
	{"secrets-manager", "secret", SERVICE_SECRETS_MANAGER},
};

/* Cuts `text` at its colons; false unless there are PARTS parts. */
static bool split(char *text, char *parts[PARTS]) {
	uint32_t n = 0;

	for (; n < PARTS && text != NULL; n++)
		parts[n] = strsep(&text, ":");
	return n == PARTS && text == NULL;
}

static bool is_host_label(const char *text) {
	size_t n = strlen(text);

	return cloud_words_is_id(text, HOST_LABEL_MAX) && strchr(text, '_') == NULL &&
	       text[0] != '-' && text[n - 1] != '-';
}

static const struct crn_service *find_service(const char *word) {
	for (size_t i = 0; i < sizeof(services) / sizeof(services[0]); i++)
		if (strcmp(services[i].word, word) == 0)
			return &services[i];
	return NULL;
}

/* False when `part` is empty or does not fit. */
static bool take(char *out, size_t room, const char *part) {
	size_t n = strlen(part);

	if (n == 0 || n >= room)
		return false;
	memcpy(out, part, n + 1);
	return true;
}

static bool take_parts(char *const parts[PARTS], struct crn *out) {
	const char *account = parts[ACCOUNT];

	if (strncmp(account, "a/", 2) != 0 || !cloud_words_is_id(account + 2, SERVICE_ID_MAX))
		return false;
	if (!is_host_label(parts[REGION]) || !is_host_label(parts[INSTANCE]) ||
	    !cloud_words_is_id(parts[ID], SERVICE_ID_MAX))
		return false;
	return take(out->region, sizeof(out->region), parts[REGION]) &&
	       take(out->account, sizeof(out->account), account + 2) &&
	       take(out->instance, sizeof(out->instance), parts[INSTANCE]) &&
	       take(out->id, sizeof(out->id), parts[ID]);
}

static bool has_frame(char *const parts[PARTS]) {
	return strcmp(parts[CRN], "crn") == 0 && strcmp(parts[VERSION], "v1") == 0 &&
	       strcmp(parts[CLOUD], "bluemix") == 0 && strcmp(parts[REACH], "public") == 0;
}

int crn_read(const char *text, struct crn *out) {
	char copy[CRN_TEXT_MAX + 1];
	char *parts[PARTS];
	const struct crn_service *service;

	memset(out, 0, sizeof(*out));
	if (strnlen(text, sizeof(copy)) == sizeof(copy))
		return -EINVAL;
	memcpy(copy, text, strlen(text) + 1);
	if (!split(copy, parts) || !has_frame(parts))
		return -EINVAL;
	service = find_service(parts[SERVICE]);
	if (service == NULL)
		return -EPROTONOSUPPORT;
	if (strcmp(parts[TYPE], service->type) != 0 || !take_parts(parts, out)) {
		memset(out, 0, sizeof(*out));
		return -EINVAL;
	}
	out->kind = service->kind;
	return 0;
}

int crn_url(const struct crn *crn, bool is_private, char *url, size_t octets) {
	const char *inner = is_private ? "private." : "";
	int n;

	switch (crn->kind) {
	case SERVICE_HPCS:
		n = snprintf(
			url, octets, "https://%s.api.%s%s.hs-crypto.appdomain.cloud", crn->instance,
			inner, crn->region
		);
		break;
	case SERVICE_KEY_PROTECT:
		n = snprintf(url, octets, "https://%s%s.kms.cloud.ibm.com", inner, crn->region);
		break;
	default:
		n = snprintf(
			url, octets, "https://%s.%s%s.secrets-manager.appdomain.cloud",
			crn->instance, inner, crn->region
		);
		break;
	}
	return n >= 0 && (size_t)n < octets ? 0 : -ENOSPC;
}
