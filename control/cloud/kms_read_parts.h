/* SPDX-License-Identifier: BSD-3-Clause */
/* What reading keys and reading secrets have in common: kms_read.c and secrets_manager.c only. */
#pragma once

#include "control/cloud/fields.h"
#include "control/cloud/kms_read.h"

struct kms_reading {
	const char *json;
	size_t octets;
	const struct kms_expect *expect;
	/* Fills `out` from the parsed answer; ends with kms_read_finish. */
	int (*read
	)(const cJSON *answer, const struct kms_expect *expect, struct kms_key *out, char **payload,
	  struct cloud_error *error);
};

/* Parses and reads; `out` and *payload are empty on failure. As kms_read_key. */
int kms_read_with(
	const struct kms_reading *reading, struct kms_key *out, char **payload,
	struct cloud_error *error
);

/* Checks the id, looks for wrong members and takes the payload. Returns 0 or a negative errno. */
int kms_read_finish(
	struct fields *fields, const struct kms_expect *expect, const struct kms_key *out,
	char **payload, struct cloud_error *error
);

/* FINAL: `name` is not as it should be. Returns -EPROTO. */
int kms_read_refuse(struct cloud_error *error, const char *name);
