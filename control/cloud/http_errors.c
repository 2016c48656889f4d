/* SPDX-License-Identifier: BSD-3-Clause */
/* Failed exchanges in words; the contract is in http_errors.h. */
#include "control/cloud/http_errors.h"

#include <openssl/x509.h>

static int explain_authorities(const struct http_failure *failure, struct cloud_error *error) {
	if (failure->ca_file[0] == '\0')
		return cloud_fail(
			error, CLOUD_FINAL, 0,
			"the system's certificate authorities cannot be used; install "
			"ca-certificates, or name a PEM file with certificates in ca-file"
		);
	return cloud_fail(
		error, CLOUD_FINAL, 0,
		"ca-file %s cannot be used; name a readable PEM file with certificates",
		failure->ca_file
	);
}

static int explain_certificate(const struct http_failure *failure, struct cloud_error *error) {
	const char *place = failure->ca_file[0] == '\0' ? "the system's certificate authorities"
							: failure->ca_file;

	/* libcurl compares names before it notes how the certificate did. */
	if (failure->certificate == X509_V_OK || failure->certificate == X509_V_ERR_UNSPECIFIED)
		return cloud_fail(
			error, CLOUD_FINAL, 0,
			"%s: the certificate is for another host name; correct the url, or find "
			"out who answers there",
			failure->host
		);
	return cloud_fail(
		error, CLOUD_FINAL, 0,
		"%s: the certificate is not accepted (%s; judged by %s); name the right "
		"authorities in ca-file, check this machine's clock, or find out who answers there",
		failure->host, X509_verify_cert_error_string(failure->certificate), place
	);
}

static int explain_time(const struct http_failure *failure, struct cloud_error *error) {
	if (!failure->is_connected)
		return cloud_fail(
			error, CLOUD_TRANSIENT, 0,
			"%s: no connection in time; check the network, DNS and firewalls on the "
			"way",
			failure->host
		);
	return cloud_fail(
		error, CLOUD_TRANSIENT, 0,
		"%s: no whole answer within %u s; the service is slow or the network loses packets",
		failure->host, failure->total_ms / 1000
	);
}

/* What needs no more than the host's name. */
static const struct {
	CURLcode code;
	const char *text;
} rows[] = {
	{CURLE_COULDNT_RESOLVE_HOST,
	 "the name has no address; check the url and this machine's DNS"},
	{CURLE_COULDNT_CONNECT, "nobody answers there; check the url, the network and firewalls"},
	{CURLE_SSL_CONNECT_ERROR,
	 "TLS could not be set up; check that the url's port speaks TLS 1.2 or later and that "
	 "nothing on the way cuts connections"},
	{CURLE_UNSUPPORTED_PROTOCOL,
	 "the answer is not HTTP; check the url and what stands in between"},
	{CURLE_WEIRD_SERVER_REPLY,
	 "the answer is not HTTP; check the url and what stands in between"},
	{CURLE_OUT_OF_MEMORY,
	 "no memory, or absurd headers; free memory, or check what answers at the url"},
};

static int explain_row(const struct http_failure *failure, struct cloud_error *error) {
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (rows[i].code == failure->code)
			return cloud_fail(
				error, CLOUD_TRANSIENT, 0, "%s: %s", failure->host, rows[i].text
			);
	return cloud_fail(
		error, CLOUD_TRANSIENT, 0, "%s: the connection ended before the answer did (%s)",
		failure->host, curl_easy_strerror(failure->code)
	);
}

int http_failure_explain(const struct http_failure *failure, struct cloud_error *error) {
	switch (failure->code) {
	case CURLE_PEER_FAILED_VERIFICATION:
		return explain_certificate(failure, error);
	case CURLE_OPERATION_TIMEDOUT:
		return explain_time(failure, error);
	case CURLE_SSL_CACERT_BADFILE:
		return explain_authorities(failure, error);
	default:
		return explain_row(failure, error);
	}
}
