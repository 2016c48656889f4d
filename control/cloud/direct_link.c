/* SPDX-License-Identifier: BSD-3-Clause */
/* Requests of the Direct Link API v1; the contract is in direct_link.h. */
#include "control/cloud/direct_link.h"

#include "control/cloud/cloud_words.h"
#include "control/cloud/direct_link_read.h"
#include "control/cloud/http.h"

#include <cjson/cJSON.h>

#include <stdio.h>
#include <string.h>

#define BASE_URL "https://directlink.cloud.ibm.com"
#define API_VERSION "2025-06-17" // the day on which today's MACsec resources came
#define URL_MAX 640u

/* One request below a gateway. */
struct call {
	enum http_method method;
	const char *path; // behind "/macsec"
	const char *id;   // behind the path; "": none
	const char *body; // NULL: none
	const char *what; // for messages
};

static int url_write(
	const struct direct_link *link, const struct call *call, char *url,
	struct cloud_error *error
) {
	const char *base = link->service->url[0] == '\0' ? BASE_URL : link->service->url;
	const char *id = call->id;

	/* Both go into the path as they are. */
	if (!cloud_words_is_id(link->gateway, SERVICE_ID_MAX - 1) ||
	    (id[0] != '\0' && !cloud_words_is_id(id, SERVICE_ID_MAX - 1)))
		return cloud_fail(
			error, CLOUD_FINAL, 0,
			"the gateway's id is not one; write the id that 'ibmcloud dl gateways' "
			"shows into 'gateway' of the link's 'direct-link'"
		);
	snprintf(
		url, URL_MAX, "%.*s/v1/gateways/%s/macsec%s%s%s?version=" API_VERSION,
		cloud_words_url_octets(base), base, link->gateway, call->path,
		id[0] == '\0' ? "" : "/", id
	);
	return 0;
}

static const char *content_type(const struct call *call) {
	if (call->body == NULL)
		return NULL;
	return call->method == HTTP_PATCH ? "Content-Type: application/merge-patch+json"
					  : "Content-Type: application/json";
}

/* One request. *answer is to be cleared in any case. */
static int
attempt(const struct direct_link *link, const struct call *call, const char *url,
	struct http_answer *answer, struct cloud_error *error) {
	const char *bearer;
	int ret = iam_header(
		link->iam, &link->service->account, link->service->ca_file, link->now_ms(), &bearer,
		error
	);

	if (ret < 0)
		return ret;
	const struct http_request request = {
		.method = call->method,
		.url = url,
		.ca_file = link->service->ca_file,
		.headers = {bearer, "Accept: application/json", content_type(call)},
		.body = call->body,
		.body_octets = call->body == NULL ? 0 : strlen(call->body),
	};
	ret = http_exchange(&request, answer, error);
	if (ret < 0)
		return ret;
	if (answer->status < 200 || answer->status > 299)
		return direct_link_refused(answer, call->what, error);
	return 0;
}

/* A request, and once more when its token was refused. A token that is refused afresh is final. */
static int exchange(
	const struct direct_link *link, const struct call *call, struct http_answer *answer,
	struct cloud_error *error
) {
	char url[URL_MAX];
	int ret = url_write(link, call, url, error);

	if (ret < 0)
		return ret;
	ret = attempt(link, call, url, answer, error);
	if (ret == 0 || error->verdict != CLOUD_TOKEN)
		return ret;
	iam_forget(link->iam, &link->service->account);
	http_answer_clear(answer);
	ret = attempt(link, call, url, answer, error);
	if (ret < 0 && error->verdict == CLOUD_TOKEN)
		ret = cloud_fail(error, CLOUD_FINAL, error->http_status, "%s", error->text);
	return ret;
}

int direct_link_macsec(
	const struct direct_link *link, struct direct_link_macsec *out, struct cloud_error *error
) {
	const struct call call = {HTTP_GET, "", "", NULL, "the gateway's MACsec configuration"};
	struct http_answer answer = {0};
	int ret = exchange(link, &call, &answer, error);

	if (ret == 0)
		ret = direct_link_read_macsec(answer.body, out, error);
	http_answer_clear(&answer);
	return ret;
}

int direct_link_caks(
	const struct direct_link *link, struct direct_link_cak *caks, uint32_t *n,
	struct cloud_error *error
) {
	const struct call call = {HTTP_GET, "/caks", "", NULL, "the gateway's CAKs"};
	struct http_answer answer = {0};
	int ret = exchange(link, &call, &answer, error);

	if (ret == 0)
		ret = direct_link_read_caks(answer.body, caks, n, error);
	http_answer_clear(&answer);
	return ret;
}

/* {"name":…,"key":{"crn":…}}. NULL without memory; cJSON_free. */
static char *cak_print(const char *name, const char *key_crn) {
	cJSON *cak = cJSON_CreateObject();
	bool is_whole = cJSON_AddStringToObject(cak, "name", name) != NULL;
	cJSON *key = cJSON_AddObjectToObject(cak, "key");

	is_whole = is_whole && cJSON_AddStringToObject(key, "crn", key_crn) != NULL;
	char *text = is_whole ? cJSON_PrintUnformatted(cak) : NULL;

	cJSON_Delete(cak);
	return text;
}

int direct_link_set_cak(
	const struct direct_link *link, const char *cak_id, const char *name, const char *key_crn,
	struct direct_link_cak *out, struct cloud_error *error
) {
	char *body = cak_print(name, key_crn);
	const struct call call = {
		HTTP_PATCH, "/caks", cak_id, body, "a new name and key for a CAK"};
	struct http_answer answer = {0};

	if (body == NULL)
		return cloud_fail(error, CLOUD_FINAL, 0, "out of memory");
	int ret = exchange(link, &call, &answer, error);
	if (ret == 0)
		ret = direct_link_read_cak(answer.body, out, error);
	http_answer_clear(&answer);
	cJSON_free(body);
	return ret;
}
