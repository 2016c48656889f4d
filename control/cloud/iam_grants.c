/* SPDX-License-Identifier: BSD-3-Clause */
/* The three grants; the contract is in iam_grants.h. */
#include "control/cloud/iam_grants.h"

#include "control/cloud/cloud_words.h"
#include "control/cloud/http.h"
#include "control/secret.h"

#include <stdio.h>
#include <string.h>

#define IAM_PATH "/identity/token"
#define METADATA_VERSION "2022-03-01"
#define METADATA_TOKEN_S 300
#define URL_MAX (SERVICE_URL_MAX + 80u)
#define FORM_NAMES_MAX 160u // the form without what is put into it
#define BEARER_HEADER "Authorization: Bearer "

/* Appends `text` percent-encoded (RFC 3986 section 2.3 stays as it is); returns the new end. */
static char *append_encoded(char *end, const char *text) {
	static const char digits[] = "0123456789ABCDEF";

	for (; *text != '\0'; text++) {
		uint8_t c = (uint8_t)*text;
		char plain[2] = {*text, '\0'};

		if (cloud_words_is_id(plain, 1) || c == '.' || c == '~') {
			*end++ = *text;
			continue;
		}
		*end++ = '%';
		*end++ = digits[c >> 4];
		*end++ = digits[c & 15];
	}
	*end = '\0';
	return end;
}

static const char *profile_member(const char *profile) {
	if (strncmp(profile, "crn:", 4) == 0)
		return "profile_crn";
	return strncmp(profile, "Profile-", 8) == 0 ? "profile_id" : "profile_name";
}

char *iam_grant_form(const struct iam_account *account, const char *credential) {
	bool is_key = account->grant == IAM_API_KEY;
	char *form =
		secret_alloc(FORM_NAMES_MAX + 3 * (strlen(credential) + strlen(account->profile)));
	char *end = form;

	if (form == NULL)
		return NULL;
	end += snprintf(
		end, FORM_NAMES_MAX,
		"grant_type=urn%%3Aibm%%3Aparams%%3Aoauth%%3Agrant-type%%3A%s=",
		is_key ? "apikey&response_type=cloud_iam&apikey" : "cr-token&cr_token"
	);
	end = append_encoded(end, credential);
	if (!is_key && account->profile[0] != '\0') {
		end += snprintf(end, 32, "&%s=", profile_member(account->profile));
		append_encoded(end, account->profile);
	}
	return form;
}

static int exchange(
	const struct http_request *request, const struct iam_account *account,
	const char *credential, struct iam_token *token, struct cloud_error *error
) {
	struct http_answer answer = {0};
	int result = http_exchange(request, &answer, error);

	if (result == 0 && answer.status >= 200 && answer.status <= 299)
		result = iam_answer_read(answer.body, answer.body_octets, token, error);
	else if (result == 0)
		result = iam_error_read(&answer, account, credential, error);
	http_answer_clear(&answer);
	return result;
}

/* Configurations name IAM with the path or without. */
static int base_octets(const char *url) {
	int octets = cloud_words_url_octets(url);
	int path = (int)strlen(IAM_PATH);

	if (octets > path && strncmp(url + octets - path, IAM_PATH, (size_t)path) == 0)
		octets -= path;
	return octets;
}

static int post_form(
	const struct iam_account *account, const char *ca_file, const char *credential,
	struct iam_token *token, struct cloud_error *error
) {
	char *form = iam_grant_form(account, credential);
	char url[URL_MAX];
	struct http_request request = {
		.method = HTTP_POST,
		.url = url,
		.ca_file = ca_file,
		.headers =
			{"Content-Type: application/x-www-form-urlencoded",
			 "Accept: application/json"},
		.body = form,
	};
	int result;

	if (form == NULL)
		return cloud_fail(error, CLOUD_TRANSIENT, 0, "no secret memory for a request");
	request.body_octets = strlen(form);
	snprintf(url, sizeof(url), "%.*s" IAM_PATH, base_octets(account->url), account->url);
	result = exchange(&request, account, credential, token, error);
	secret_free(form);
	return result;
}

static int fetch_with_file(
	const struct iam_account *account, const char *ca_file, struct iam_token *token,
	struct credential_stamp *stamp, struct cloud_error *error
) {
	char *credential;
	int result;

	if (account->grant == IAM_COMPUTE_RESOURCE && account->profile[0] == '\0')
		return cloud_fail(
			error, CLOUD_FINAL, 0,
			"the grant compute-resource needs a trusted profile; name its id, CRN or "
			"name"
		);
	result = credential_read(account, &credential, stamp, error);
	if (result == 0)
		result = post_form(account, ca_file, credential, token, error);
	secret_free(credential);
	return result;
}

int iam_grant_profile_body(
	const struct iam_account *account, char *body, struct cloud_error *error
) {
	const char *profile = account->profile;
	bool is_crn = strncmp(profile, "crn:", 4) == 0;

	if (profile[0] == '\0') {
		memcpy(body, "{}", 3);
		return 0;
	}
	if ((!is_crn && strncmp(profile, "Profile-", 8) != 0) ||
	    !cloud_words_is_token(profile, SERVICE_CRN_MAX) || strpbrk(profile, "\"\\") != NULL)
		return cloud_fail(
			error, CLOUD_FINAL, 0,
			"the metadata service takes a trusted profile by id (Profile-...) or CRN "
			"only; write one of them"
		);
	snprintf(
		body, IAM_PROFILE_BODY_MAX, "{\"trusted_profile\":{\"%s\":\"%s\"}}",
		is_crn ? "crn" : "id", profile
	);
	return 0;
}

static int ask_metadata(
	const struct iam_account *account, const char *path, const struct http_request *asked,
	struct iam_token *token, struct cloud_error *error
) {
	struct http_request request = *asked;
	char url[URL_MAX];
	int result;

	snprintf(
		url, sizeof(url), "%.*s/instance_identity/v1/%s?version=" METADATA_VERSION,
		cloud_words_url_octets(account->metadata_url), account->metadata_url, path
	);
	request.url = url;
	request.ca_file = "";
	request.body_octets = strlen(request.body);
	result = exchange(&request, account, NULL, token, error);
	if (result < 0) {
		struct cloud_error inner = *error;

		cloud_fail(
			error, inner.verdict, inner.http_status,
			"VPC metadata service: %.360s; enable it for this instance if it is off",
			inner.text
		);
		error->retry_after_s = inner.retry_after_s;
		memcpy(error->code, inner.code, sizeof(error->code));
	}
	return result;
}

/* With the instance's own identity token, a token for the trusted profile. */
static int exchange_identity(
	const struct iam_account *account, const struct iam_token *identity,
	struct iam_token *token, struct cloud_error *error
) {
	size_t octets = sizeof(BEARER_HEADER) + strlen(identity->text);
	char *header = secret_alloc(octets);
	char body[IAM_PROFILE_BODY_MAX];
	struct http_request request = {
		.method = HTTP_POST,
		.headers = {"Content-Type: application/json", "Accept: application/json", header},
		.body = body,
	};
	int result;

	if (header == NULL)
		return cloud_fail(error, CLOUD_TRANSIENT, 0, "no secret memory for a request");
	snprintf(header, octets, BEARER_HEADER "%s", identity->text);
	result = iam_grant_profile_body(account, body, error);
	if (result == 0)
		result = ask_metadata(account, "iam_token", &request, token, error);
	secret_free(header);
	return result;
}

static int fetch_from_metadata(
	const struct iam_account *account, struct iam_token *token, struct cloud_error *error
) {
	char body[32];
	struct http_request request = {
		.method = HTTP_PUT,
		.headers =
			{"Metadata-Flavor: ibm", "Content-Type: application/json",
			 "Accept: application/json"},
		.body = body,
	};
	struct iam_token identity = {0};
	int result;

	snprintf(body, sizeof(body), "{\"expires_in\":%d}", METADATA_TOKEN_S);
	result = ask_metadata(account, "token", &request, &identity, error);
	if (result == 0)
		result = exchange_identity(account, &identity, token, error);
	secret_free(identity.text);
	return result;
}

int iam_grant_fetch(
	const struct iam_account *account, const char *ca_file, struct iam_token *token,
	struct credential_stamp *stamp, struct cloud_error *error
) {
	memset(token, 0, sizeof(*token));
	memset(stamp, 0, sizeof(*stamp));
	if (account->grant == IAM_VPC_INSTANCE)
		return fetch_from_metadata(account, token, error);
	return fetch_with_file(account, ca_file, token, stamp, error);
}
