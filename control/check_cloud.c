/* SPDX-License-Identifier: BSD-3-Clause */
/* Keys of IBM Cloud: each is fetched, judged and forgotten. Here the readiness report itself speaks
 * HTTPS: it is a process of its own, without data plane. */
#include "control/check.h"
#include "control/ckn.h"
#include "control/cloud/http.h"
#include "control/cloud/kms.h"
#include "control/cloud/payload.h"
#include "control/config_key.h"
#include "control/config_time.h"
#include "control/monotonic.h"
#include "control/secret.h"

#include <time.h>

#define SOON_S (30 * 24 * 3600ll) // a key that expires so soon wants a successor

int check_cloud_begin(struct check *check) {
	if (check->config->n_services == 0)
		return 0;
	if (http_init() != 0)
		return -1;
	check->iam = iam_create();
	return check->iam == NULL ? -1 : 0;
}

void check_cloud_end(struct check *check) {
	if (check->config->n_services == 0)
		return;
	iam_destroy(check->iam);
	http_end();
}

static void say_good(
	struct check *check, const struct config_link *link, const char *what, const char *ckn,
	const struct service_key *key, const struct kms_key *stored
) {
	const bool is_ending = stored->expires_s != 0;
	const bool is_soon = is_ending && stored->expires_s - time(NULL) < SOON_S;

	check_say(
		check, is_soon ? CHECK_WARN : CHECK_PASS, link->name,
		"%s CAK %s of %u octets was fetched from service %s (%s), %s%s%s", what, ckn,
		PAYLOAD_CAK_OCTETS, key->service.name, service_kind_word(key->service.kind),
		is_ending ? "expires " : "does not expire",
		is_ending ? config_time_text(stored->expires_s).text : "",
		is_soon ? ": import its successor as a new key, with a new CKN" : ""
	);
}

void check_cloud_cak(
	struct check *check, const struct config_link *link, const struct config_cak *cak,
	const char *what
) {
	const struct ckn_text ckn = ckn_text(cak->ckn, cak->ckn_octets);
	const struct kms kms = {.iam = check->iam, .now_ms = monotonic_ms};
	struct cloud_error error = {0};
	struct kms_key stored = {0};
	struct service_key key;
	uint8_t *octets = secret_alloc(PAYLOAD_CAK_OCTETS);

	if (octets == NULL || check->iam == NULL || config_key(check->config, cak, &key) != 0)
		check_say(
			check, CHECK_FAIL, link->name,
			"the key of the %s CAK %s cannot be asked for; see the line above", what,
			ckn.text
		);
	else if (kms_fetch_cak(&kms, &key, &stored, octets, &error) == 0)
		say_good(check, link, what, ckn.text, &key, &stored);
	else
		check_say(
			check, CHECK_FAIL, link->name, "no key for the %s CAK %s: service %s: %s",
			what, ckn.text, key.service.name, error.text
		);
	secret_free(octets);
}
