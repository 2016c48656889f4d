/* SPDX-License-Identifier: BSD-3-Clause */
/* Which URLs are called at all. */
#pragma once

#include "control/cloud/cloud_error.h"

#include <curl/curl.h>

#define HTTP_HOST_MAX 160u

/* A URL as libcurl understands it: what was judged is what is called. */
struct http_url {
	CURLU *parsed;
	char host[HTTP_HOST_MAX]; // "name" or "name:port", for messages
};

/*
 * Parses and judges: https, or http to a loopback address or the metadata service's; no user, no
 * password, no fragment. Returns 0; -EPROTO with `error` FINAL; -EAGAIN without memory. After 0:
 * http_url_clear.
 */
int http_url_read(const char *text, struct http_url *out, struct cloud_error *error);

void http_url_clear(struct http_url *url);
