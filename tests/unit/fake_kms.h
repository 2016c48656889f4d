/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Calls to IBM Cloud that reach nobody, in place of control/cloud: for the key agent as a process.
 * Link fake_kms.c into the test. What happens is written into memory that the agent shares.
 */
#pragma once

#include <stdatomic.h>
#include <stdint.h>

enum fake_kms_mode {
	FAKE_KMS_GOOD,
	FAKE_KMS_DOWN,    // TRANSIENT
	FAKE_KMS_REFUSES, // FINAL
	FAKE_KMS_HANGS,   // the call does not come back
	FAKE_KMS_DIES,    // the process does not survive the call
};

struct fake_kms {
	_Atomic(enum fake_kms_mode) mode;
	atomic_uint fetches, looks;     // calls that were begun
	atomic_bool has_new_credential; // until the next call
};

/* Before the agent is forked, which shares it. */
struct fake_kms *fake_kms_create(void);

/* The CAK of a key: every id has another one. cak: of 32 octets. */
void fake_kms_cak(const char *id, uint8_t *cak);
