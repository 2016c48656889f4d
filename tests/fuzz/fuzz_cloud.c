/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What comes from IBM Cloud, from anybody. The first octet chooses the parser; the rest is its
 * input. What is accepted must keep every promise of the headers; what is refused must have been
 * explained, in printable words; secret memory is given back.
 */
#include "control/cloud/cloud_words.h"
#include "control/cloud/credential.h"
#include "control/cloud/crn.h"
#include "control/cloud/http_answer.h"
#include "control/cloud/http_url.h"
#include "control/cloud/iam_answer.h"
#include "control/cloud/iam_grants.h"
#include "control/cloud/kms_errors.h"
#include "control/cloud/kms_read.h"
#include "control/cloud/payload.h"
#include "control/secret.h"
#include "control/server/utf8.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

static const char uuid[] = "66666666-7777-4888-9999-aaaaaaaaaaaa";

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t octets);

static void require(bool holds) {
	if (!holds)
		abort();
}

static bool is_clean(const char *text, size_t room) {
	const uint8_t *at = (const uint8_t *)text;
	const uint8_t *end = memchr(text, '\0', room);

	while (end != NULL && at < end) {
		size_t n = utf8_octets(at, end);

		if (n == 0 || utf8_is_control(at, n))
			return false;
		at += n;
	}
	return end != NULL;
}

static void require_error(int result, const struct cloud_error *error) {
	require(error->verdict > CLOUD_OK && error->verdict <= CLOUD_FINAL);
	require(result == (error->verdict == CLOUD_FINAL   ? -EPROTO
			   : error->verdict == CLOUD_TOKEN ? -EACCES
							   : -EAGAIN));
	require(error->text[0] != '\0' && is_clean(error->text, sizeof(error->text)));
	require(error->code[0] == '\0' || cloud_words_is_id(error->code, CLOUD_WORDS_RUN_MAX));
}

static void require_key(const struct kms_key *key) {
	require(cloud_words_is_id(key->id, sizeof(key->id) - 1));
	require(is_clean(key->version, sizeof(key->version)));
	require(memchr(key->crn, '\0', sizeof(key->crn)) != NULL);
	require(key->state >= KMS_PRE_ACTIVE && key->state <= KMS_DESTROYED);
	require(key->expires_s >= 0);
	require(key->is_set_for_deletion || key->deletion_ends_s == 0);
	require(key->deletion_ends_s >= 0);
}

static void
read_key(const char *text, size_t octets, bool is_secret, const struct kms_expect *expect) {
	struct cloud_error error = {0};
	struct kms_key key;
	char *payload;
	int result =
		(is_secret ? kms_read_secret : kms_read_key
		)(text, octets, expect, &key, &payload, &error);

	if (result == 0) {
		require_key(&key);
		require(payload == NULL || payload[0] != '\0');
		require(expect->id != uuid || strcasecmp(key.id, uuid) == 0);
		if (kms_judge(&key, 1767323045, &error) != 0)
			require_error(-EPROTO, &error);
	} else {
		require_error(result, &error);
		require(payload == NULL && key.id[0] == '\0');
	}
	secret_free(payload);
}

/* The second octet is the status: 400 to 527, and some that are none. */
static void read_error(char *text, size_t octets, bool is_iam) {
	struct service_key key = {.id = "id", .service = {.instance = "i"}};
	struct http_answer answer = {0};
	struct kms_question question = {&key, uuid, false};
	struct cloud_error error = {0};

	if (octets == 0)
		return;
	answer.status = (uint16_t)(400 + (uint8_t)text[0] % 128);
	question.is_token_fresh = ((uint8_t)text[0] & 128) != 0;
	answer.body = text + 1;
	answer.body_octets = octets - 1;
	if (is_iam)
		require_error(iam_error_read(&answer, &key.service.account, "KEY", &error), &error);
	else
		require_error(kms_error_read(&answer, &question, &error), &error);
	require(is_iam || strcmp(error.correlation, uuid) == 0);
	require(!question.is_token_fresh || error.verdict != CLOUD_TOKEN);
}

static void read_token(const char *text, size_t octets) {
	struct iam_token token;
	struct cloud_error error = {0};
	int result = iam_answer_read(text, octets, &token, &error);

	if (result == 0) {
		require(cloud_words_is_token(token.text, IAM_TOKEN_OCTETS_MAX));
		require(token.life_s >= 1 && token.life_s <= IAM_LIFE_MAX_S);
	} else {
		require_error(result, &error);
		require(token.text == NULL);
	}
	secret_free(token.text);
}

/* What is decoded is encoded to something that is decoded to the same. */
static void read_payload(const char *text, size_t octets) {
	uint8_t cak[PAYLOAD_CAK_OCTETS], again[PAYLOAD_CAK_OCTETS],
		zeroes[PAYLOAD_CAK_OCTETS] = {0};
	char base64[PAYLOAD_BASE64_MAX];

	for (uint32_t way = 0; way < 4; way++) {
		enum payload_form form = (way & 1) != 0 ? PAYLOAD_EITHER : PAYLOAD_BASE64;
		enum payload_fault fault = payload_decode(text, octets, form, way > 1, cak);

		require(payload_fault_text(fault) != NULL);
		require((fault == PAYLOAD_GOOD) == (memcmp(cak, zeroes, sizeof(cak)) != 0));
		if (fault != PAYLOAD_GOOD)
			continue;
		require(payload_encode(cak, sizeof(cak), base64) == 0);
		require(payload_decode(base64, strlen(base64), form, false, again) == 0);
		require(memcmp(cak, again, sizeof(cak)) == 0);
	}
}

static void read_name(const char *text) {
	char url[SERVICE_URL_MAX];
	struct http_url parsed;
	struct cloud_error error;
	struct crn crn;

	if (crn_read(text, &crn) == 0) {
		require(crn.kind != SERVICE_DIRECT_LINK && cloud_words_is_id(crn.id, SERVICE_ID_MAX)
		);
		require(crn_url(&crn, true, url, sizeof(url)) == 0);
		require(http_url_read(url, &parsed, &error) == 0);
		http_url_clear(&parsed);
	}
	if (http_url_read(text, &parsed, &error) == 0)
		http_url_clear(&parsed);
	else
		require_error(-EPROTO, &error);
}

static void read_header(const char *text, size_t octets) {
	struct http_answer answer = {0};

	http_header_read(&answer, text, octets, 1767323045);
	require(is_clean(answer.etag, sizeof(answer.etag)));
}

/* As libcurl hands it over, in pieces: the first octet of each says how long it is. */
static void take_pieces(char *text, size_t octets, bool is_header) {
	struct http_answer answer = {0};
	struct http_intake intake = {.answer = &answer};
	size_t taken = 0;

	while (octets > 1) {
		size_t n = 1 + (uint8_t)text[0];

		n = n < octets - 1 ? n : octets - 1;
		require((is_header ? http_intake_header : http_intake_body
			)(text + 1, 1, n, &intake) == n);
		taken += n;
		text += 1 + n;
		octets -= 1 + n;
	}
	require(intake.header_octets == (is_header ? taken : 0) && !intake.is_too_large);
	require(answer.body_octets == (is_header ? 0 : taken));
	require(taken == 0 || is_header || answer.body[taken] == '\0');
	require(is_clean(answer.etag, sizeof(answer.etag)));
	http_answer_clear(&answer);
}

static int credential_fd(void) {
	static int fd = -1;

	if (fd < 0) {
		fd = memfd_create("credential", MFD_CLOEXEC);
		require(fd >= 0 && fchmod(fd, 0600) == 0);
	}
	return fd;
}

static void read_credential(const char *text, size_t octets) {
	struct iam_account account = {.grant = IAM_API_KEY};
	struct credential_stamp stamp;
	struct cloud_error error = {0};
	int fd = credential_fd(), result;
	char *secret;

	require(ftruncate(fd, 0) == 0 && pwrite(fd, text, octets, 0) == (ssize_t)octets);
	snprintf(account.credential, sizeof(account.credential), "/proc/self/fd/%d", fd);
	result = credential_read(&account, &secret, &stamp, &error);
	require(stamp.octets == octets);
	if (result == 0) {
		char *form = iam_grant_form(&account, secret);

		require(cloud_words_is_token(secret, CREDENTIAL_OCTETS_MAX));
		require(strlen(secret) <= octets && memcmp(secret, text, strlen(secret)) == 0);
		require(form != NULL && cloud_words_is_token(form, 4 * CREDENTIAL_OCTETS_MAX));
		secret_free(form);
	} else {
		require_error(result, &error);
		require(secret == NULL);
	}
	secret_free(secret);
}

static void quote(const char *text) {
	for (size_t room = 1; room <= CLOUD_WORDS_MAX; room += 13) {
		char out[CLOUD_WORDS_MAX];

		cloud_words_quote(out, room, text);
		require(is_clean(out, room));
	}
}

/* Keys and secrets; whole and as they are said to have been made; asked for by alias and by id. */
static void choose_key(uint8_t parser, const char *text, size_t octets) {
	const struct kms_expect by_alias = {.id = "alias"};
	const struct kms_expect by_id = {.id = uuid};
	const struct kms_expect made = {.id = "", .is_minimal = true};

	switch (parser) {
	case 0:
		read_key(text, octets, false, &by_alias);
		break;
	case 1:
		read_key(text, octets, true, &by_alias);
		break;
	case 2:
		read_key(text, octets, false, &made);
		break;
	case 10:
		read_key(text, octets, true, &made);
		break;
	case 11:
		read_key(text, octets, false, &by_id);
		break;
	default:
		read_key(text, octets, true, &by_id);
	}
}

static void choose(uint8_t parser, char *text, size_t octets) {
	switch (parser) {
	case 3:
		read_error(text, octets, false);
		break;
	case 4:
		read_error(text, octets, true);
		break;
	case 5:
		read_token(text, octets);
		break;
	case 6:
		read_payload(text, octets);
		break;
	case 7:
		read_name(text);
		break;
	case 8:
		read_header(text, octets);
		break;
	case 9:
		quote(text);
		break;
	case 13:
		take_pieces(text, octets, false);
		break;
	case 14:
		take_pieces(text, octets, true);
		break;
	case 15:
		read_credential(text, octets);
		break;
	default:
		choose_key(parser, text, octets);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t octets) {
	struct secret_usage usage;
	char *text;

	if (octets == 0)
		return 0;
	text = malloc(octets); // one less, and a terminator: as http.h promises for bodies
	require(text != NULL);
	memcpy(text, data + 1, octets - 1);
	text[octets - 1] = '\0';
	choose(data[0] % 16, text, octets - 1);
	free(text);
	secret_usage(&usage);
	require(usage.in_use_octets == 0);
	return 0;
}
