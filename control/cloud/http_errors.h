/* SPDX-License-Identifier: BSD-3-Clause */
/* Exchanges that gave no answer: what libcurl says, as a verdict and a sentence. Pure. */
#pragma once

#include "control/cloud/cloud_error.h"

#include <curl/curl.h>

/* How an exchange failed. */
struct http_failure {
	CURLcode code;
	long certificate;    // X509_V_…; OK or UNSPECIFIED: it is the host name that is wrong
	const char *host;    // "name:port"
	const char *ca_file; // "": the system's
	uint32_t total_ms;
	bool is_connected; // TCP and TLS were there when it failed
};

/* Returns a negative errno with `error` filled in. code is not CURLE_OK. */
int http_failure_explain(const struct http_failure *failure, struct cloud_error *error);
