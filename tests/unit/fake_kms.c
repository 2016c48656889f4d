/* SPDX-License-Identifier: BSD-3-Clause */
/* What the agent links in the test instead of HTTPS. */
#include "tests/unit/fake_kms.h"

#include "control/cloud/http.h"
#include "control/cloud/iam.h"
#include "control/cloud/kms.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

static struct fake_kms *shared;

struct fake_kms *fake_kms_create(void) {
	shared =
		mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1,
		     0);
	if (shared == MAP_FAILED)
		abort();
	return shared;
}

void fake_kms_cak(const char *id, uint8_t *cak) {
	uint32_t state = 1;

	for (; *id != '\0'; id++)
		state = state * 31 + (uint8_t)*id;
	for (uint32_t i = 0; i < 32; i++) {
		state = state * 1664525u + 1013904223u;
		// octet by octet: no copy of the key stays in a wide register's place on the stack
		atomic_store((_Atomic(uint8_t) *)&cak[i], (uint8_t)(state >> 24));
	}
}

static int act(struct kms_key *out, const char *id, struct cloud_error *error) {
	atomic_store(&shared->has_new_credential, false);
	switch (atomic_load(&shared->mode)) {
	case FAKE_KMS_GOOD:
		break;
	case FAKE_KMS_DOWN:
		return cloud_fail(error, CLOUD_TRANSIENT, 503, "the service is down");
	case FAKE_KMS_REFUSES:
		return cloud_fail(error, CLOUD_FINAL, 403, "grant the role ReaderPlus");
	case FAKE_KMS_HANGS:
		while (true)
			pause();
	case FAKE_KMS_DIES:
		_exit(EXIT_FAILURE);
	}
	*out = (struct kms_key){.state = KMS_ACTIVE, .is_extractable = true};
	snprintf(out->id, sizeof(out->id), "%s", id);
	return 0;
}

int kms_look(
	const struct kms *kms, const struct service_key *key, struct kms_key *out,
	struct cloud_error *error
) {
	(void)kms;
	atomic_fetch_add(&shared->looks, 1);
	return act(out, key->id, error);
}

int kms_fetch_cak(
	const struct kms *kms, const struct service_key *key, struct kms_key *out, uint8_t *cak,
	struct cloud_error *error
) {
	int result;

	(void)kms;
	atomic_fetch_add(&shared->fetches, 1);
	result = act(out, key->id, error);
	if (result == 0)
		fake_kms_cak(key->id, cak);
	return result;
}

struct iam {
	int nothing;
};

struct iam *iam_create(void) {
	return calloc(1, sizeof(struct iam));
}

void iam_destroy(struct iam *iam) {
	free(iam);
}

void iam_renew(struct iam *iam, const struct iam_account *account) {
	(void)iam;
	(void)account;
}

bool iam_credential_changed(struct iam *iam, const struct iam_account *account) {
	(void)iam;
	(void)account;
	return atomic_load(&shared->has_new_credential);
}

int http_init(void) {
	return 0;
}

void http_end(void) {
}
