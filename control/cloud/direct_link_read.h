/* SPDX-License-Identifier: BSD-3-Clause */
/* Hostile answers of the Direct Link API and of IAM's policy list as structures. Pure. */
#pragma once

#include "control/cloud/direct_link.h"
#include "control/cloud/http.h"

/*
 * Each reads a body (terminated). Returns 0, or -EPROTO with `error` FINAL when it is not JSON or
 * a field is missing, of another type, too long or not printable. Unknown fields and words are
 * no error. *out is undefined then.
 */
int direct_link_read_macsec(
	const char *body, struct direct_link_macsec *out, struct cloud_error *error
);
int direct_link_read_cak(const char *body, struct direct_link_cak *out, struct cloud_error *error);
int direct_link_read_caks(
	const char *body, struct direct_link_cak *caks, uint32_t *n, struct cloud_error *error
);

/* The policies among which one lets Direct Link read keys of `key`'s service. */
int direct_link_read_authorisation(
	const char *body, const struct service_key *key, struct direct_link_authorisation *out,
	struct cloud_error *error
);

/* An answer that is no success, as a verdict and a sentence about `what` ("the gateway's MACsec
 * configuration"). Returns cloud_fail's errno. */
int direct_link_refused(
	const struct http_answer *answer, const char *what, struct cloud_error *error
);
