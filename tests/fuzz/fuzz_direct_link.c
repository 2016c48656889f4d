/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Any text as an answer of the Direct Link API or of IAM's policy list: what is accepted is
 * terminated, printable and fit for a path; what is refused is explained in printable words. The
 * first octet chooses the reader.
 */
#include "control/cloud/cloud_words.h"
#include "control/cloud/direct_link_read.h"
#include "control/server/utf8.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t octets);

static void require(bool holds) {
	if (!holds)
		abort();
}

static bool is_clean(const char *text, size_t room) {
	const uint8_t *at = (const uint8_t *)text;
	const uint8_t *end = memchr(text, '\0', room);

	while (end != NULL && at < end) {
		const size_t n = utf8_octets(at, end);

		if (n == 0 || utf8_is_control(at, n))
			return false;
		at += n;
	}
	return end != NULL;
}

/* True for an answer that was accepted. */
static bool accepted(int result, const struct cloud_error *error) {
	if (result == 0)
		return true;
	require(result == -EPROTO && error->verdict == CLOUD_FINAL);
	require(error->text[0] != '\0' && is_clean(error->text, sizeof(error->text)));
	return false;
}

static void require_word(const char *text, size_t room) {
	require(cloud_words_is_token(text, room - 1));
}

static void require_cak(const struct direct_link_cak *cak) {
	require(cloud_words_is_id(cak->id, sizeof(cak->id) - 1));
	require_word(cak->session, sizeof(cak->session));
	require_word(cak->name, sizeof(cak->name));
	require_word(cak->key_crn, sizeof(cak->key_crn));
	require_word(cak->status, sizeof(cak->status));
	if (!cak->has_active)
		return;
	require_word(cak->active_name, sizeof(cak->active_name));
	require_word(cak->active_key_crn, sizeof(cak->active_key_crn));
	require_word(cak->active_status, sizeof(cak->active_status));
}

static void macsec_read(const char *text) {
	struct direct_link_macsec macsec;
	struct cloud_error error = {0};

	if (!accepted(direct_link_read_macsec(text, &macsec, &error), &error))
		return;
	require_word(macsec.cipher_suite, sizeof(macsec.cipher_suite));
	require_word(macsec.rekey_mode, sizeof(macsec.rekey_mode));
	require_word(macsec.security_policy, sizeof(macsec.security_policy));
	require_word(macsec.status, sizeof(macsec.status));
	require(macsec.n_reasons <= DIRECT_LINK_REASONS_MAX);
	for (uint32_t i = 0; i < macsec.n_reasons; i++) {
		require(is_clean(macsec.reasons[i].code, sizeof(macsec.reasons[i].code)));
		require(is_clean(macsec.reasons[i].message, sizeof(macsec.reasons[i].message)));
	}
}

static void caks_read(const char *text) {
	struct direct_link_cak caks[DIRECT_LINK_CAKS_MAX];
	struct cloud_error error = {0};
	uint32_t n;

	if (!accepted(direct_link_read_caks(text, caks, &n, &error), &error))
		return;
	require(n <= DIRECT_LINK_CAKS_MAX);
	for (uint32_t i = 0; i < n; i++)
		require_cak(&caks[i]);
}

static void cak_read(const char *text) {
	struct direct_link_cak cak;
	struct cloud_error error = {0};

	if (accepted(direct_link_read_cak(text, &cak, &error), &error))
		require_cak(&cak);
}

static void authorisation_read(const char *text) {
	const struct service_key key = {.service = {.kind = SERVICE_HPCS, .instance = "inst"}};
	struct direct_link_authorisation out;
	struct cloud_error error = {0};

	require(accepted(direct_link_read_authorisation(text, &key, &out, &error), &error) ==
		out.is_known);
	require(out.exists || !out.is_instance_wide);
	require(is_clean(out.role, sizeof(out.role)));
}

static void refusal_read(char *text, size_t octets) {
	const struct http_answer answer = {
		.status = (uint16_t)(300 + octets % 300), .body = text, .body_octets = octets};
	struct cloud_error error = {0};

	require(direct_link_refused(&answer, "it", &error) < 0);
	require(is_clean(error.text, sizeof(error.text)));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t octets) {
	static void (*const readers[])(const char *text
	) = {macsec_read, caks_read, cak_read, authorisation_read};
	char *text;

	if (octets == 0)
		return 0;
	text = malloc(octets);
	if (text == NULL)
		return 0;
	memcpy(text, data + 1, octets - 1);
	text[octets - 1] = '\0';
	if (data[0] % 5 == 4)
		refusal_read(text, octets - 1);
	else
		readers[data[0] % 5](text);
	free(text);
	return 0;
}
