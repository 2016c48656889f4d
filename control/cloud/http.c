/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * One exchange with libcurl's easy interface; the contract is in http.h. Every exchange has a
 * handle, a connection and a TLS session of its own: when it is over, all memory of them was given
 * back, and so wiped. HTTP/1.1 only: libnghttp2 has memory of its own, which is not wiped.
 */
#include "control/cloud/http.h"

#include "control/cloud/cloud_words.h"
#include "control/cloud/http_answer.h"
#include "control/cloud/http_errors.h"
#include "control/cloud/http_memory.h"
#include "control/cloud/http_url.h"
#include "control/log.h"
#include "control/secret.h"

#include <curl/curl.h>
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#define USER_AGENT "macsecd/" MACSECD_VERSION
#define HEADER_MAX (16u * 1024u)

int http_init(void) {
	/* libcurl and OpenSSL would write the secrets of all TLS sessions to the file it names. */
	unsetenv("SSLKEYLOGFILE");
	if (http_memory_use() < 0)
		return log_error(
			EIO, "cloud", "libcurl does not start; reinstall libcurl and OpenSSL"
		);
	signal(SIGPIPE, SIG_IGN);
	return 0;
}

void http_end(void) {
	curl_global_cleanup();
}

void http_answer_clear(struct http_answer *answer) {
	secret_free(answer->body);
	memset(answer, 0, sizeof(*answer));
}

/* A line break in a header would start another one, or a request of somebody else's making. */
static bool is_header(const char *header) {
	size_t n = strnlen(header, HEADER_MAX);

	if (n == HEADER_MAX || strchr(header, ':') == NULL)
		return false;
	for (size_t i = 0; i < n; i++)
		if (header[i] < ' ' || header[i] > '~')
			return false;
	return true;
}

static int add_header(struct curl_slist **headers, const char *header, struct cloud_error *error) {
	struct curl_slist *longer;

	if (!is_header(header))
		return cloud_fail(
			error, CLOUD_FINAL, 0,
			"a request's header would hold other characters than printable ones; "
			"check ids, key ring and credential for stray characters"
		);
	longer = curl_slist_append(*headers, header);
	if (longer == NULL)
		return cloud_fail(error, CLOUD_TRANSIENT, 0, "no memory for a request");
	*headers = longer;
	return 0;
}

static int make_headers(
	const struct http_request *request, struct curl_slist **headers, struct cloud_error *error
) {
	int result = 0;

	/* Without it, a large body waits a second for a "100 Continue". */
	*headers = curl_slist_append(NULL, "Expect:");
	if (*headers == NULL)
		return cloud_fail(error, CLOUD_TRANSIENT, 0, "no memory for a request");
	for (uint32_t i = 0; i < HTTP_HEADERS_MAX && request->headers[i] != NULL; i++)
		if (result == 0)
			result = add_header(headers, request->headers[i], error);
	return result;
}

static void set_method(CURL *curl, const struct http_request *request) {
	static const char *const words[] = {
		[HTTP_GET] = "GET",
		[HTTP_POST] = "POST",
		[HTTP_PUT] = "PUT",
		[HTTP_PATCH] = "PATCH",
	};
	bool has_body = request->method == HTTP_POST || request->body != NULL;

	if (has_body) {
		curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE, (long)request->body_octets);
		curl_easy_setopt(
			curl, CURLOPT_POSTFIELDS, request->body == NULL ? "" : request->body
		);
	}
	curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, words[request->method]);
}

static CURLcode set_safety(CURL *curl, const struct http_request *request) {
	CURLcode code = curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");

	if (code == CURLE_OK)
		code = curl_easy_setopt(curl, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
	if (code == CURLE_OK)
		code = curl_easy_setopt(curl, CURLOPT_SSL_VERIFYPEER, 1L);
	if (code == CURLE_OK)
		code = curl_easy_setopt(curl, CURLOPT_SSL_VERIFYHOST, 2L);
	if (code == CURLE_OK)
		code = curl_easy_setopt(curl, CURLOPT_NOPROXY, "*");
	if (code == CURLE_OK && request->ca_file != NULL && request->ca_file[0] != '\0') {
		code = curl_easy_setopt(curl, CURLOPT_CAINFO, request->ca_file);
		/* The system's authorities do not count beside an own file. */
		curl_easy_setopt(curl, CURLOPT_CAPATH, NULL);
	}
	curl_easy_setopt(curl, CURLOPT_FOLLOWLOCATION, 0L);
	curl_easy_setopt(curl, CURLOPT_FRESH_CONNECT, 1L);
	curl_easy_setopt(curl, CURLOPT_FORBID_REUSE, 1L);
	curl_easy_setopt(curl, CURLOPT_SSL_SESSIONID_CACHE, 0L);
	curl_easy_setopt(curl, CURLOPT_HTTP_VERSION, CURL_HTTP_VERSION_1_1);
	curl_easy_setopt(curl, CURLOPT_SSL_ENABLE_ALPN, 0L);
	return code;
}

static uint32_t total_ms(const struct http_request *request) {
	return request->total_ms == 0 ? HTTP_TOTAL_S * 1000 : request->total_ms;
}

static void set_limits(CURL *curl, const struct http_request *request) {
	long connect_ms = request->connect_ms == 0 ? HTTP_CONNECT_S * 1000L : request->connect_ms;

	curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT_MS, connect_ms);
	curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, (long)total_ms(request));
	/* A length that is announced too large ends it before the first octet. */
	curl_easy_setopt(curl, CURLOPT_MAXFILESIZE_LARGE, (curl_off_t)HTTP_BODY_MAX);
}

static void set_intake(CURL *curl, struct http_intake *intake) {
	curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, http_intake_header);
	curl_easy_setopt(curl, CURLOPT_HEADERDATA, intake);
	curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, http_intake_body);
	curl_easy_setopt(curl, CURLOPT_WRITEDATA, intake);
}

/* What is left when it is over: an answer that may be looked at, or an error. */
static int
judge(CURL *curl, CURLcode code, const struct http_request *request, const struct http_url *url,
      const struct http_intake *intake, struct cloud_error *error) {
	struct http_failure failure = {
		.code = code,
		.host = url->host,
		.ca_file = request->ca_file == NULL ? "" : request->ca_file,
		.total_ms = total_ms(request),
	};
	curl_off_t connected_us = 0;
	long status = 0;

	curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
	if (intake->is_too_large || code == CURLE_FILESIZE_EXCEEDED)
		return cloud_fail(
			error, CLOUD_FINAL, (uint16_t)status,
			"%s: the answer is larger than %u KiB, which no answer of this service is; "
			"check the url",
			url->host, HTTP_BODY_MAX / 1024
		);
	if (code != CURLE_OK) {
		curl_easy_getinfo(curl, CURLINFO_SSL_VERIFYRESULT, &failure.certificate);
		curl_easy_getinfo(curl, CURLINFO_PRETRANSFER_TIME_T, &connected_us);
		failure.is_connected = connected_us > 0;
		return http_failure_explain(&failure, error);
	}
	intake->answer->status = (uint16_t)status;
	if (status >= 300 && status <= 399)
		return cloud_fail(
			error, CLOUD_FINAL, (uint16_t)status,
			"%s: redirect refused (status %ld); write the url that it leads to, if "
			"that is where keys are meant to come from",
			url->host, status
		);
	return 0;
}

static int
perform(CURL *curl, const struct http_request *request, const struct http_url *url,
	struct http_answer *answer, struct cloud_error *error) {
	struct http_intake intake = {.answer = answer};
	struct curl_slist *headers = NULL;
	int result = make_headers(request, &headers, error);

	if (result == 0 && set_safety(curl, request) != CURLE_OK)
		result = cloud_fail(
			error, CLOUD_FINAL, 0,
			"libcurl cannot verify certificates or speak TLS 1.2; install libcurl with "
			"OpenSSL"
		);
	if (result == 0) {
		set_method(curl, request);
		set_limits(curl, request);
		set_intake(curl, &intake);
		curl_easy_setopt(curl, CURLOPT_CURLU, url->parsed);
		curl_easy_setopt(curl, CURLOPT_USERAGENT, USER_AGENT);
		curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
		result = judge(curl, curl_easy_perform(curl), request, url, &intake, error);
	}
	curl_slist_free_all(headers);
	return result;
}

/* Callers read a body without asking whether there is one. */
static int finish_body(struct http_answer *answer, struct cloud_error *error) {
	if (answer->body == NULL)
		answer->body = secret_alloc(1);
	return answer->body != NULL ? 0 : cloud_fail(error, CLOUD_TRANSIENT, 0, "no secret memory");
}

int http_exchange(
	const struct http_request *request, struct http_answer *answer, struct cloud_error *error
) {
	struct http_url url;
	int result = http_url_read(request->url, &url, error);
	CURL *curl;

	http_answer_clear(answer);
	if (result < 0)
		return result;
	curl = curl_easy_init();
	if (curl == NULL)
		result = cloud_fail(error, CLOUD_TRANSIENT, 0, "no memory for a request");
	else
		result = perform(curl, request, &url, answer, error);
	curl_easy_cleanup(curl);
	http_url_clear(&url);
	if (result == 0)
		result = finish_body(answer, error);
	if (result < 0)
		http_answer_clear(answer);
	return result;
}
