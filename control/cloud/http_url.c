/* SPDX-License-Identifier: BSD-3-Clause */
/* Judging URLs; the contract is in http_url.h. */
#include "control/cloud/http_url.h"

#include "control/cloud/cloud_words.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

#define URL_MAX 2048u
#define METADATA_ADDRESS "169.254.169.254"

/* A name never counts: whoever answers for DNS could send tokens in clear anywhere. */
static bool is_clear_allowed(const char *host) {
	struct in_addr address;

	if (strcmp(host, METADATA_ADDRESS) == 0 || strcmp(host, "[::1]") == 0)
		return true;
	return inet_pton(AF_INET, host, &address) == 1 && ntohl(address.s_addr) >> 24 == 127;
}

static bool has_part(CURLU *parsed, CURLUPart part) {
	char *text = NULL;

	if (curl_url_get(parsed, part, &text, 0) != CURLUE_OK)
		return false;
	curl_free(text);
	return true;
}

/* NULL, or what is wrong; fills host. */
static const char *judge(struct http_url *url) {
	char *scheme = NULL, *host = NULL, *port = NULL;
	const char *wrong = NULL;

	if (curl_url_get(url->parsed, CURLUPART_SCHEME, &scheme, 0) != CURLUE_OK ||
	    curl_url_get(url->parsed, CURLUPART_HOST, &host, 0) != CURLUE_OK)
		wrong = "is no URL; write https://host";
	else if (strcmp(scheme, "https") != 0 && strcmp(scheme, "http") != 0)
		wrong = "is neither https nor http; write https://host";
	else if (strcmp(scheme, "http") == 0 && !is_clear_allowed(host))
		wrong = "would send keys in clear; write https:// (http only to 127.0.0.1, [::1] "
			"and 169.254.169.254)";
	else if (has_part(url->parsed, CURLUPART_FRAGMENT))
		wrong = "has a fragment; remove '#' and what follows";
	if (host != NULL) {
		(void)curl_url_get(url->parsed, CURLUPART_PORT, &port, 0);
		snprintf(
			url->host, sizeof(url->host), "%s%s%s", host, port == NULL ? "" : ":",
			port == NULL ? "" : port
		);
	}
	curl_free(scheme);
	curl_free(host);
	curl_free(port);
	return wrong;
}

static const char *parse_and_judge(const char *text, struct http_url *out) {
	if (!cloud_words_is_token(text, URL_MAX))
		return "is no URL: empty, too long, or with blanks; write https://host";
	if (curl_url_set(out->parsed, CURLUPART_URL, text, CURLU_DISALLOW_USER) != CURLUE_OK)
		return "is no URL that can be called; write https://host, without user and "
		       "password";
	return judge(out);
}

int http_url_read(const char *text, struct http_url *out, struct cloud_error *error) {
	const char *wrong;

	memset(out, 0, sizeof(*out));
	out->parsed = curl_url();
	if (out->parsed == NULL)
		return cloud_fail(error, CLOUD_TRANSIENT, 0, "no memory for a request");
	wrong = parse_and_judge(text, out);
	if (wrong == NULL)
		return 0;
	http_url_clear(out);
	return cloud_fail(error, CLOUD_FINAL, 0, "\"%.160s\" %s", text, wrong);
}

void http_url_clear(struct http_url *url) {
	curl_url_cleanup(url->parsed);
	url->parsed = NULL;
}
