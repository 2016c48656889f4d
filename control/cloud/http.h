/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * One HTTPS exchange at a time, blocking, by libcurl: TLS 1.2 or later, certificate and host name
 * verified, no redirect followed, no proxy taken from the environment, every connection closed
 * and its memory wiped after the answer. For the key agent and macsecctl only: the daemon's
 * control thread never calls this. One thread.
 */
#pragma once

#include "control/cloud/cloud_error.h"

#include <stddef.h>
#include <stdint.h>

#define HTTP_BODY_MAX (1024u * 1024u) // larger answers are cut off and refused
#define HTTP_HEADERS_MAX 8u
#define HTTP_CONNECT_S 10 // name resolution, TCP and TLS
#define HTTP_TOTAL_S 30   // the whole exchange, however slowly octets drip

enum http_method { HTTP_GET, HTTP_POST, HTTP_PUT, HTTP_PATCH };

struct http_request {
	enum http_method method;
	const char *url; // https://…; http:// only to 169.254.169.254 and to loopback addresses
	const char *ca_file;                   // "": the system's
	const char *headers[HTTP_HEADERS_MAX]; // "Name: value", NULL behind the last; secret memory
					       // where they carry a token
	const char *body;                      // secret memory; NULL: none
	size_t body_octets;
	uint32_t connect_ms, total_ms; // 0: HTTP_CONNECT_S, HTTP_TOTAL_S
};

/* An answer of any status. Zeroed before first use; ended by http_answer_clear. */
struct http_answer {
	uint16_t status;
	uint32_t retry_after_s; // seconds or HTTP date; 0: none, or in the past
	char etag[128];
	char *body; // secret memory, terminated; owned; "" when there is none
	size_t body_octets;
};

/*
 * libcurl with wiping memory, cJSON with wiping memory; SIGPIPE is ignored from here on, since a
 * server may close at any time, and the environment names no file for TLS secrets any more. Once
 * per process, in the process that makes calls, after secret_init; again after http_end. Returns 0
 * or a negative errno after a log line.
 */
int http_init(void);

/*
 * Does one exchange. Returns 0 with an answer of whatever status, or a negative errno with `error`
 * filled in when there is none: TRANSIENT for what may pass (no address, refused, time-out, reset,
 * cut short), FINAL for what will not (certificate, host name, redirect, body too large, URL).
 */
int http_exchange(
	const struct http_request *request, struct http_answer *answer, struct cloud_error *error
);

/* Wipes and frees. */
void http_answer_clear(struct http_answer *answer);

/* Ends libcurl and wipes what it kept. */
void http_end(void);
