/* SPDX-License-Identifier: BSD-3-Clause */
/* Exchanges that gave no answer, in words. */
#include "control/cloud/http_errors.h"

#include <criterion/criterion.h>
#include <openssl/x509.h>

#include <errno.h>
#include <string.h>

static struct cloud_error error;

/* What may pass is TRANSIENT, what will not is FINAL, and each has its own words. */
Test(cloud_http_errors, failures_in_words) {
	static const struct {
		struct http_failure failure;
		enum cloud_verdict verdict;
		const char *fragment;
	} rows[] = {
		{{.code = CURLE_PEER_FAILED_VERIFICATION,
		  .certificate = X509_V_ERR_CERT_HAS_EXPIRED},
		 CLOUD_FINAL,
		 "certificate has expired"},
		{{.code = CURLE_PEER_FAILED_VERIFICATION, .certificate = X509_V_OK},
		 CLOUD_FINAL,
		 "for another host name"},
		{{.code = CURLE_PEER_FAILED_VERIFICATION, .certificate = X509_V_ERR_UNSPECIFIED},
		 CLOUD_FINAL,
		 "for another host name"},
		{{.code = CURLE_SSL_CACERT_BADFILE}, CLOUD_FINAL, "ca-file /c.pem cannot be used"},
		{{.code = CURLE_SSL_CACERT_BADFILE, .ca_file = ""},
		 CLOUD_FINAL,
		 "the system's certificate authorities cannot be used; install ca-certificates"},
		{{.code = CURLE_OPERATION_TIMEDOUT}, CLOUD_TRANSIENT, "no connection in time"},
		{{.code = CURLE_OPERATION_TIMEDOUT, .is_connected = true},
		 CLOUD_TRANSIENT,
		 "no whole answer within 30 s"},
		{{.code = CURLE_COULDNT_RESOLVE_HOST}, CLOUD_TRANSIENT, "no address"},
		{{.code = CURLE_COULDNT_CONNECT}, CLOUD_TRANSIENT, "nobody answers"},
		{{.code = CURLE_SSL_CONNECT_ERROR}, CLOUD_TRANSIENT, "TLS 1.2"},
		{{.code = CURLE_UNSUPPORTED_PROTOCOL}, CLOUD_TRANSIENT, "not HTTP"},
		{{.code = CURLE_WEIRD_SERVER_REPLY}, CLOUD_TRANSIENT, "not HTTP"},
		{{.code = CURLE_OUT_OF_MEMORY}, CLOUD_TRANSIENT, "no memory"},
		{{.code = CURLE_RECV_ERROR}, CLOUD_TRANSIENT, "ended before the answer"},
		{{.code = CURLE_PARTIAL_FILE}, CLOUD_TRANSIENT, "ended before the answer"},
		{{.code = CURLE_GOT_NOTHING}, CLOUD_TRANSIENT, "ended before the answer"},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct http_failure failure = rows[i].failure;

		failure.host = "kms.example:443";
		if (failure.ca_file == NULL)
			failure.ca_file = "/c.pem";
		failure.total_ms = 30000;
		cr_assert_eq(
			http_failure_explain(&failure, &error),
			rows[i].verdict == CLOUD_FINAL ? -EPROTO : -EAGAIN
		);
		cr_assert_eq(error.verdict, rows[i].verdict, "%zu", i);
		cr_assert_not_null(strstr(error.text, rows[i].fragment), "%s", error.text);
	}
}
