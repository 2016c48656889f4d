/* SPDX-License-Identifier: BSD-3-Clause */
/* One failed call in one structure; the contract is in cloud_error.h. */
#include "control/cloud/cloud_error.h"

#include "control/server/utf8.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static int verdict_errno(enum cloud_verdict verdict) {
	switch (verdict) {
	case CLOUD_OK:
		return 0;
	case CLOUD_TRANSIENT:
	case CLOUD_LATER:
		return -EAGAIN;
	case CLOUD_TOKEN:
		return -EACCES;
	case CLOUD_FINAL:
		break;
	}
	return -EPROTO;
}

int cloud_fail(
	struct cloud_error *error, enum cloud_verdict verdict, uint16_t http_status,
	const char *format, ...
) {
	struct cloud_error failed = {.verdict = verdict, .http_status = http_status};
	va_list arguments;

	/* Apart from *error: its old text may be among the arguments. */
	va_start(arguments, format);
	vsnprintf(failed.text, sizeof(failed.text), format, arguments);
	va_end(arguments);
	utf8_neutralise(failed.text);
	*error = failed;
	return verdict_errno(verdict);
}

bool cloud_is_transient(uint16_t http_status) {
	return http_status == 408 || http_status == 425 || http_status == 429 ||
	       (http_status >= 500 && http_status != 501);
}
