/* SPDX-License-Identifier: BSD-3-Clause */
/* Exchanges with a server that misbehaves in every way plain HTTP allows. */
#include "control/cloud/http.h"
#include "control/cloud/http_answer.h"
#include "control/cloud/http_url.h"
#include "control/secret.h"
#include "tests/unit/cloud_server.h"

#include <criterion/criterion.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define OK_HEAD "HTTP/1.1 200 OK\r\n"

static struct cloud_server server;
static struct http_answer answer;
static struct cloud_error error;

static void begin(void) {
	unsetenv("no_proxy");
	setenv("http_proxy", "http://127.0.0.1:1", 1);
	setenv("HTTPS_PROXY", "http://127.0.0.1:1", 1);
	setenv("SSLKEYLOGFILE", "/dev/full", 1);
	setenv("ALL_PROXY", "http://127.0.0.1:1", 1);
	cr_assert_eq(http_init(), 0);
}

static void end(void) {
	struct secret_usage usage;

	http_answer_clear(&answer);
	http_end();
	secret_usage(&usage);
	cr_assert_eq(usage.in_use_octets, 0);
	secret_shutdown();
}

TestSuite(cloud_http, .init = begin, .fini = end, .timeout = 60);

static int get_with(const char *text, enum cloud_ending ending, uint32_t total_ms) {
	struct cloud_script script[] = {{text, ending}, {NULL, CLOUD_CLOSE}};
	struct http_request request = {
		.method = HTTP_GET, .url = server.url, .ca_file = "", .total_ms = total_ms};
	int result;

	cloud_server_start(&server, script);
	memset(&error, 0, sizeof(error));
	result = http_exchange(&request, &answer, &error);
	cloud_server_stop(&server);
	return result;
}

static int get(const char *text, enum cloud_ending ending) {
	return get_with(text, ending, 0);
}

static void
expect_failure(int result, int number, enum cloud_verdict verdict, const char *fragment) {
	cr_assert_eq(result, number, "%d: %s", result, error.text);
	cr_assert_eq(error.verdict, verdict, "%s", error.text);
	cr_assert_not_null(strstr(error.text, fragment), "%s", error.text);
	cr_assert_not_null(strstr(error.text, "127.0.0.1"), "%s", error.text);
	cr_assert_null(answer.body);
}

Test(cloud_http, no_file_gets_the_secrets_of_tls) {
	cr_assert_null(getenv("SSLKEYLOGFILE"));
}

Test(cloud_http, a_plain_answer) {
	cr_assert_eq(
		get(OK_HEAD "Content-Length: 5\r\nretry-after: 17\r\nETAG: W/\"1-2\"\r\n"
			    "\r\nhello",
		    CLOUD_HANG),
		0, "%s", error.text
	);
	cr_assert_eq(answer.status, 200);
	cr_assert_str_eq(answer.body, "hello");
	cr_assert_eq(answer.body_octets, 5);
	cr_assert_eq(answer.retry_after_s, 17);
	cr_assert_str_eq(answer.etag, "W/\"1-2\"");
}

Test(cloud_http, answers_of_any_status) {
	cr_assert_eq(get("HTTP/1.1 204 No Content\r\n\r\n", CLOUD_CLOSE), 0);
	cr_assert(answer.status == 204 && answer.body_octets == 0);
	cr_assert_str_eq(answer.body, "");
	cr_assert_eq(get("HTTP/1.1 503 Down\r\nContent-Length: 0\r\n\r\n", CLOUD_CLOSE), 0);
	cr_assert_eq(answer.status, 503);
	cr_assert_eq(get("HTTP/1.1 401 No\r\nContent-Length: 2\r\n\r\nno", CLOUD_CLOSE), 0);
	cr_assert_eq(answer.status, 401);
	cr_assert_eq(get(OK_HEAD "\r\nto the end", CLOUD_CLOSE), 0);
	cr_assert_str_eq(answer.body, "to the end");
}

Test(cloud_http, an_interim_answer_does_not_count) {
	cr_assert_eq(
		get("HTTP/1.1 103 Early\r\nRetry-After: 9\r\nETag: early\r\n\r\n" OK_HEAD
		    "Content-Length: 0\r\n\r\n",
		    CLOUD_CLOSE),
		0
	);
	cr_assert(answer.status == 200 && answer.retry_after_s == 0 && answer.etag[0] == '\0');
}

Test(cloud_http, redirects_are_refused) {
	expect_failure(
		get("HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0"
		    "\r\n\r\n",
		    CLOUD_CLOSE),
		-EPROTO, CLOUD_FINAL, "redirect refused"
	);
	cr_assert_eq(error.http_status, 302);
	expect_failure(
		get("HTTP/1.1 307 Moved\r\nContent-Length: 0\r\n\r\n", CLOUD_CLOSE), -EPROTO,
		CLOUD_FINAL, "redirect refused"
	);
}

Test(cloud_http, cut_short) {
	static const char *const texts[] = {
		"",
		"HTTP/1.1 20",
		OK_HEAD,
		OK_HEAD "Content-Length: 10\r\n\r\nhello",
		OK_HEAD "Transfer-Encoding: chunked\r\n\r\n5\r\nhel",
	};

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		expect_failure(
			get(texts[i], CLOUD_RESET), -EAGAIN, CLOUD_TRANSIENT, "connection ended"
		);
		if (i != 1 && i != 2)
			expect_failure(
				get(texts[i], CLOUD_CLOSE), -EAGAIN, CLOUD_TRANSIENT,
				"connection ended"
			);
	}
}

Test(cloud_http, nobody_there) {
	struct http_request request = {.method = HTTP_GET, .url = server.url, .ca_file = ""};
	struct cloud_script none[] = {{NULL, CLOUD_CLOSE}};

	cloud_server_start(&server, none);
	cloud_server_stop(&server);
	expect_failure(
		http_exchange(&request, &answer, &error), -EAGAIN, CLOUD_TRANSIENT, "nobody answers"
	);
}

Test(cloud_http, not_http) {
	expect_failure(
		get("220 mail.example ESMTP\r\n", CLOUD_CLOSE), -EAGAIN, CLOUD_TRANSIENT, "not HTTP"
	);
}

static uint64_t now_ms(void) {
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

/* However slowly octets come: the whole exchange has one limit. */
Test(cloud_http, slow_in_every_way) {
	static const struct cloud_script ways[] = {
		{"", CLOUD_HANG},
		{"", CLOUD_DRIP},
		{OK_HEAD "X: ", CLOUD_DRIP},
		{OK_HEAD "Content-Length: 100000\r\n\r\n", CLOUD_HANG},
		{OK_HEAD "Content-Length: 100000\r\n\r\n", CLOUD_DRIP},
		{OK_HEAD "\r\n", CLOUD_DRIP},
	};

	for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]); i++) {
		uint64_t start_ms = now_ms();

		expect_failure(
			get_with(ways[i].text, ways[i].ending, 400), -EAGAIN, CLOUD_TRANSIENT,
			i == 1 ? "127" : "no whole answer within"
		);
		cr_assert_lt(now_ms() - start_ms, 2000, "%zu", i);
	}
}

Test(cloud_http, a_body_has_a_limit) {
	expect_failure(
		get(OK_HEAD "Content-Length: 104857600\r\n\r\n", CLOUD_FLOOD), -EPROTO, CLOUD_FINAL,
		"larger than 1024 KiB"
	);
	expect_failure(
		get(OK_HEAD "\r\n", CLOUD_FLOOD), -EPROTO, CLOUD_FINAL, "larger than 1024 KiB"
	);
	expect_failure(
		get("HTTP/1.1 500 X\r\n\r\n", CLOUD_FLOOD), -EPROTO, CLOUD_FINAL,
		"larger than 1024 KiB"
	);
	cr_assert_lt(get(OK_HEAD "X: ", CLOUD_FLOOD), 0);
}

static int get_body(size_t octets) {
	size_t head = (size_t)snprintf(NULL, 0, OK_HEAD "Content-Length: %zu\r\n\r\n", octets);
	char *text = malloc(head + octets + 1);
	int result;

	cr_assert_not_null(text);
	snprintf(text, head + 1, OK_HEAD "Content-Length: %zu\r\n\r\n", octets);
	memset(text + head, 'b', octets);
	text[head + octets] = '\0';
	result = get(text, CLOUD_CLOSE);
	free(text);
	return result;
}

Test(cloud_http, the_largest_body) {
	cr_assert_eq(get_body(HTTP_BODY_MAX), 0, "%s", error.text);
	cr_assert_eq(answer.body_octets, HTTP_BODY_MAX);
	cr_assert_eq(strlen(answer.body), HTTP_BODY_MAX);
	cr_assert_eq(get_body(HTTP_BODY_MAX + 1), -EPROTO);
}

Test(cloud_http, many_headers) {
	char *text = malloc(400000), *at = text;

	cr_assert_not_null(text);
	at += sprintf(at, OK_HEAD);
	for (int i = 0; i < 10000; i++)
		at += sprintf(at, "X-%d: aaaaaaaaaaaaaaaaaaaa\r\n", i);
	strcpy(at, "Content-Length: 0\r\n\r\n");
	cr_assert_eq(get(text, CLOUD_CLOSE), -EPROTO);
	free(text);
}

Test(cloud_http, what_is_sent) {
	char body[] = "{\"a\":1}";
	struct cloud_script script[] = {
		{OK_HEAD "Content-Length: 0\r\n\r\n", CLOUD_HANG}, {NULL, CLOUD_CLOSE}};
	struct http_request request = {
		.method = HTTP_PATCH,
		.url = server.url,
		.ca_file = "",
		.headers = {"Content-Type: application/json", "X-A: b"},
		.body = body,
		.body_octets = sizeof(body) - 1,
	};

	cloud_server_start(&server, script);
	cr_assert_eq(http_exchange(&request, &answer, &error), 0, "%s", error.text);
	cr_assert(cloud_server_saw(&server, 0, "PATCH / HTTP/1.1\r\n"));
	cr_assert(cloud_server_saw(&server, 0, "\r\nContent-Type: application/json\r\n"));
	cr_assert(cloud_server_saw(&server, 0, "\r\nX-A: b\r\n"));
	cr_assert(cloud_server_saw(&server, 0, "\r\nContent-Length: 7\r\n"));
	cr_assert(cloud_server_saw(&server, 0, "\r\n\r\n{\"a\":1}"));
	cr_assert_not(cloud_server_saw(&server, 0, "Expect"));
	cr_assert_not(cloud_server_saw(&server, 0, "Accept-Encoding"));
	cloud_server_stop(&server);
}

/* A token with a line break would be two headers. */
Test(cloud_http, header_injection) {
	static const char *const headers[] = {
		"X: a\r\nY: b", "X: a\nY: b", "X: a\rb", "X: \x01", "X: \xc3\xa4", "no colon", "",
	};

	for (size_t i = 0; i < sizeof(headers) / sizeof(headers[0]); i++) {
		struct cloud_script script[] = {{OK_HEAD "\r\n", CLOUD_CLOSE}, {NULL, CLOUD_CLOSE}};
		struct http_request request = {
			.url = server.url, .ca_file = "", .headers = {headers[i]}};

		cloud_server_start(&server, script);
		cr_assert_eq(http_exchange(&request, &answer, &error), -EPROTO, "%zu", i);
		cr_assert_eq(error.verdict, CLOUD_FINAL);
		cr_assert_eq(server.seen->n, 0);
		cloud_server_stop(&server);
	}
}

Test(cloud_http, which_urls) {
	static const char *const good[] = {
		"https://us-south.kms.cloud.ibm.com/api/v2/keys/a",
		"https://api.us-south.hs-crypto.cloud.ibm.com:8765/x?a=b",
		"http://127.0.0.1:18080",
		"http://127.255.1.2/x",
		"http://[::1]:80/",
		"http://169.254.169.254/instance_identity/v1/token?version=1",
	};
	static const char *const bad[] = {
		"",
		"https://",
		"http://us-south.kms.cloud.ibm.com/",
		"http://localhost/",
		"http://localhost.evil.example/",
		"http://127.0.0.1.evil.example/",
		"http://128.0.0.1/",
		"http://169.254.169.253/",
		"http://[::2]/",
		"http://127.0.0.1@evil.example/",
		"https://user@host/",
		"https://user:word@host/",
		"https://host/#x",
		"https://ho st/",
		"https://host/a b",
		"https://host/\r\nX: y",
		"ftp://host/",
		"file:///etc/passwd",
		"/etc/passwd",
		"gopher://127.0.0.1/",
	};
	struct http_url url;

	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		cr_assert_eq(http_url_read(good[i], &url, &error), 0, "%s", error.text);
		http_url_clear(&url);
	}
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		cr_assert_eq(http_url_read(bad[i], &url, &error), -EPROTO, "%s", bad[i]);
		cr_assert_eq(error.verdict, CLOUD_FINAL);
	}
}

static uint32_t retry_after(const char *line) {
	struct http_answer read = {0};

	http_header_read(&read, line, strlen(line), 1767323045); // 2026-01-02T03:04:05Z
	return read.retry_after_s;
}

Test(cloud_http, retry_after_in_both_forms) {
	cr_assert_eq(retry_after("Retry-After: 0\r\n"), 0);
	cr_assert_eq(retry_after("Retry-After:120"), 120);
	cr_assert_eq(retry_after("Retry-After: 99999999999999999999\r\n"), UINT32_MAX);
	cr_assert_eq(retry_after("Retry-After: -5\r\n"), 0);
	cr_assert_eq(retry_after("Retry-After: soon\r\n"), 0);
	cr_assert_eq(retry_after("Retry-After:\r\n"), 0);
	cr_assert_eq(retry_after("Retry-After: Fri, 02 Jan 2026 03:05:05 GMT\r\n"), 60);
	cr_assert_eq(retry_after("Retry-After: Fri, 02 Jan 2026 03:04:04 GMT\r\n"), 0);
	cr_assert_eq(retry_after("Retry-After-X: 7\r\n"), 0);
	cr_assert_eq(retry_after("X-Retry-After: 7\r\n"), 0);
	cr_assert_eq(retry_after("Retry-After: 7\x01\r\n"), 0);
}

Test(cloud_http, an_own_ca_file_that_is_none) {
	struct http_request request = {
		.url = "https://127.0.0.1:1", .ca_file = "/does/not/exist.pem"};

	cr_assert_lt(http_exchange(&request, &answer, &error), 0);
}
