/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Whether Direct Link may read a service's keys: one of the account's policies of type
 * "authorization" (facts/ibm.md 4.2). The contracts are in direct_link.h and direct_link_read.h.
 */
#include "control/cloud/cloud_words.h"
#include "control/cloud/direct_link.h"
#include "control/cloud/direct_link_read.h"
#include "control/cloud/fields.h"
#include "control/cloud/http.h"

#include <cjson/cJSON.h>

#include <stdio.h>
#include <string.h>

#define SUBJECT "directlink"
#define URL_MAX 512u

static const cJSON *find(const cJSON *object, const char *key) {
	return cJSON_GetObjectItemCaseSensitive(object, key);
}

/* The attributes of the first subject or resource. */
static const cJSON *attributes_of(const cJSON *policy, const char *side) {
	return find(cJSON_GetArrayItem(find(policy, side), 0), "attributes");
}

/* The value of an attribute, or NULL. */
static const char *attribute(const cJSON *attributes, const char *name) {
	const cJSON *item;

	cJSON_ArrayForEach(item, attributes) {
		const char *is = cJSON_GetStringValue(find(item, "name"));

		if (is != NULL && strcmp(is, name) == 0)
			return cJSON_GetStringValue(find(item, "value"));
	}
	return NULL;
}

static bool is_word(const char *is, const char *wanted) {
	return is != NULL && strcmp(is, wanted) == 0;
}

static const char *service_of(enum service_kind kind) {
	switch (kind) {
	case SERVICE_KEY_PROTECT:
		return "kms";
	case SERVICE_SECRETS_MANAGER:
		return "secrets-manager";
	default:
		return "hs-crypto";
	}
}

static bool is_for(const cJSON *policy, const struct service_key *key) {
	const cJSON *resource = attributes_of(policy, "resources");
	const char *instance = attribute(resource, "serviceInstance");
	const char *state = cJSON_GetStringValue(find(policy, "state"));

	return (state == NULL || strcmp(state, "active") == 0) &&
	       is_word(attribute(attributes_of(policy, "subjects"), "serviceName"), SUBJECT) &&
	       is_word(attribute(resource, "serviceName"), service_of(key->service.kind)) &&
	       (instance == NULL || strcmp(instance, key->service.instance) == 0);
}

/* Nothing narrows it below the instance: no key, ring, group or tag. */
static bool is_instance_wide(const cJSON *policy) {
	static const char *const wide[] = {"serviceName", "serviceInstance", "accountId"};
	const cJSON *item;

	cJSON_ArrayForEach(item, attributes_of(policy, "resources")) {
		const char *name = cJSON_GetStringValue(find(item, "name"));
		bool is_wide = false;

		for (size_t i = 0; i < sizeof(wide) / sizeof(wide[0]); i++)
			is_wide = is_wide || is_word(name, wide[i]);
		if (!is_wide)
			return false;
	}
	return true;
}

static void take(const cJSON *policy, struct direct_link_authorisation *out) {
	const cJSON *role = cJSON_GetArrayItem(find(policy, "roles"), 0);
	const char *word = cJSON_GetStringValue(find(role, "display_name"));

	if (word == NULL)
		word = cJSON_GetStringValue(find(role, "role_id"));
	out->exists = true;
	out->is_instance_wide = is_instance_wide(policy);
	cloud_words_quote(out->role, sizeof(out->role), word == NULL ? "" : word);
}

int direct_link_read_authorisation(
	const char *body, const struct service_key *key, struct direct_link_authorisation *out,
	struct cloud_error *error
) {
	cJSON *tree = fields_parse(body, strlen(body));
	const cJSON *policies = find(tree, "policies"), *policy;

	*out = (struct direct_link_authorisation){.is_known = cJSON_IsArray(policies)};
	cJSON_ArrayForEach(policy, policies) {
		if (!out->is_instance_wide && is_for(policy, key))
			take(policy, out);
	}
	cJSON_Delete(tree);
	if (out->is_known)
		return 0;
	return cloud_fail(
		error, CLOUD_FINAL, 0,
		"IAM's list of authorisations is not of the form it documents"
	);
}

/* Whoever may not list policies: then nothing is known, and nothing has failed. */
static bool is_not_permitted(uint16_t status) {
	return status == 401 || status == 403;
}

static int
get(const struct direct_link *link, const char *url, struct http_answer *answer,
    struct cloud_error *error) {
	const struct service *service = link->service;
	const char *bearer;
	const int ret = iam_header(
		link->iam, &service->account, service->ca_file, link->now_ms(), &bearer, error
	);

	if (ret < 0)
		return ret;
	const struct http_request request = {
		.method = HTTP_GET,
		.url = url,
		.ca_file = service->ca_file,
		.headers = {bearer, "Accept: application/json"},
	};
	return http_exchange(&request, answer, error);
}

static int refused(uint16_t status, struct cloud_error *error) {
	const bool is_outage = status == 429 || status >= 500;

	return cloud_fail(
		error, is_outage ? CLOUD_TRANSIENT : CLOUD_FINAL, status,
		"IAM does not list authorisations (HTTP %u); %s", status,
		is_outage ? "look again later" : "is 'iam-url' of the direct-link service right?"
	);
}

int direct_link_authorisation(
	const struct direct_link *link, const struct service_key *key, const char *account_id,
	struct direct_link_authorisation *out, struct cloud_error *error
) {
	const char *base = link->service->account.url;
	struct http_answer answer = {0};
	char url[URL_MAX];

	*out = (struct direct_link_authorisation){0};
	if (!cloud_words_is_id(account_id, 40))
		return cloud_fail(error, CLOUD_FINAL, 0, "the key's CRN names no account");
	snprintf(
		url, sizeof(url), "%.*s/v1/policies?account_id=%s&type=authorization",
		cloud_words_url_octets(base), base, account_id
	);
	int ret = get(link, url, &answer, error);
	if (ret == 0 && answer.status == 200)
		ret = direct_link_read_authorisation(answer.body, key, out, error);
	else if (ret == 0 && !is_not_permitted(answer.status))
		ret = refused(answer.status, error);
	http_answer_clear(&answer);
	return ret;
}
