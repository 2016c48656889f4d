/* SPDX-License-Identifier: BSD-3-Clause */
/* Requests for keys; the contract is in kms_call.h. */
#include "control/cloud/kms_call.h"

#include "control/cloud/cloud_words.h"
#include "control/cloud/kms_errors.h"
#include "control/secret.h"

#include <openssl/rand.h>

#include <stdio.h>
#include <string.h>

#define URL_MAX (SERVICE_URL_MAX + SERVICE_ID_MAX + 48u)
#define UUID_MAX 37u
#define HEADER_MAX 160u

/* A request while it is put together. The token's header stays where struct iam has it. */
struct request_text {
	char url[URL_MAX];
	char correlation[UUID_MAX];
	char correlation_header[HEADER_MAX];
	char instance[HEADER_MAX];
	char ring[HEADER_MAX];
};

/* A version 4 UUID (RFC 4122 section 4.4). Chance that fails leaves zeroes: it is a label only. */
static void make_uuid(char *out) {
	uint8_t octets[16] = {0};
	int n = 0;

	(void)RAND_bytes(octets, sizeof(octets));
	octets[6] = (uint8_t)((octets[6] & 0x0f) | 0x40);
	octets[8] = (uint8_t)((octets[8] & 0x3f) | 0x80);
	for (uint32_t i = 0; i < sizeof(octets); i++)
		n += snprintf(
			out + n, UUID_MAX - (size_t)n, "%s%02x",
			i == 4 || i == 6 || i == 8 || i == 10 ? "-" : "", octets[i]
		);
}

static const char *ring_of(const struct service_key *key) {
	return key->ring[0] != '\0' ? key->ring : key->service.key_ring;
}

/* What goes into a path or a header is letters, digits, '-' and '_': nothing to be escaped. */
static int
check(const struct service_key *key, const struct kms_call *call, struct cloud_error *error) {
	const struct service *service = &key->service;

	if (service->url[0] == '\0')
		return cloud_fail(
			error, CLOUD_FINAL, 0,
			"service %s has no url; write it, or name the key by its CRN", service->name
		);
	if (call->item != NULL && !cloud_words_is_id(call->item, SERVICE_ID_MAX - 1))
		return cloud_fail(
			error, CLOUD_FINAL, 0,
			"\"%.96s\" is no key id or alias; write letters, digits, '-' and '_' only",
			call->item
		);
	if (service->kind == SERVICE_SECRETS_MANAGER)
		return 0;
	if (!cloud_words_is_id(service->instance, SERVICE_ID_MAX - 1))
		return cloud_fail(
			error, CLOUD_FINAL, 0,
			"service %s has no usable instance; write the instance's GUID, or name the "
			"key by its CRN",
			service->name
		);
	if (ring_of(key)[0] != '\0' && !cloud_words_is_id(ring_of(key), SERVICE_RING_MAX - 1))
		return cloud_fail(
			error, CLOUD_FINAL, 0,
			"\"%.104s\" is no key ring; write letters, digits, '-' and '_' only",
			ring_of(key)
		);
	return 0;
}

static void
write_text(const struct service_key *key, const struct kms_call *call, struct request_text *text) {
	const struct service *service = &key->service;

	memset(text, 0, sizeof(*text));
	snprintf(
		text->url, sizeof(text->url), "%.*s/api/v2/%s%s%s%s",
		cloud_words_url_octets(service->url), service->url, call->collection,
		call->item == NULL ? "" : "/", call->item == NULL ? "" : call->item, call->suffix
	);
	if (service->kind == SERVICE_SECRETS_MANAGER)
		return;
	make_uuid(text->correlation);
	snprintf(
		text->correlation_header, sizeof(text->correlation_header), "Correlation-Id: %s",
		text->correlation
	);
	snprintf(text->instance, sizeof(text->instance), "Bluemix-Instance: %s", service->instance);
	if (ring_of(key)[0] != '\0')
		snprintf(text->ring, sizeof(text->ring), "X-Kms-Key-Ring: %s", ring_of(key));
}

static void add_header(struct http_request *request, const char *header) {
	uint32_t n = 0;

	while (n < HTTP_HEADERS_MAX && request->headers[n] != NULL)
		n++;
	if (n < HTTP_HEADERS_MAX && header[0] != '\0')
		request->headers[n] = header;
}

static void write_request(
	const struct service_key *key, const struct kms_call *call, const struct request_text *text,
	struct http_request *request
) {
	bool is_secret = key->service.kind == SERVICE_SECRETS_MANAGER;

	*request = (struct http_request){
		.method = call->method,
		.url = text->url,
		.ca_file = key->service.ca_file,
		.body = call->body,
		.body_octets = call->body == NULL ? 0 : strlen(call->body),
	};
	add_header(request, "Accept: application/json");
	add_header(request, text->correlation_header);
	add_header(request, text->instance);
	add_header(request, text->ring);
	if (call->body == NULL)
		return;
	add_header(
		request, is_secret ? "Content-Type: application/json"
				   : "Content-Type: application/vnd.ibm.kms.key+json"
	);
	/* The answer need not carry the key back. */
	add_header(request, is_secret ? "" : "Prefer: return=minimal");
}

/* One request with the token that there is. */
static int try_once(
	const struct kms *kms, const struct service_key *key, const struct kms_call *call,
	bool is_token_fresh, struct http_answer *answer, struct cloud_error *error
) {
	struct request_text text;
	struct http_request request;
	const char *token;
	int result = iam_header(
		kms->iam, &key->service.account, key->service.ca_file, kms->now_ms(), &token, error
	);

	if (result < 0)
		return result;
	write_text(key, call, &text);
	write_request(key, call, &text, &request);
	add_header(&request, token);
	result = http_exchange(&request, answer, error);
	if (result < 0 || (answer->status >= 200 && answer->status <= 299))
		return result;
	result = kms_error_read(
		answer, &(struct kms_question){key, text.correlation, is_token_fresh}, error
	);
	http_answer_clear(answer);
	return result;
}

int kms_call(
	const struct kms *kms, const struct service_key *key, const struct kms_call *call,
	struct http_answer *answer, struct cloud_error *error
) {
	int result = check(key, call, error);

	if (result < 0)
		return result;
	result = try_once(kms, key, call, false, answer, error);
	if (result == 0 || error->verdict != CLOUD_TOKEN)
		return result;
	iam_forget(kms->iam, &key->service.account);
	memset(error, 0, sizeof(*error));
	return try_once(kms, key, call, true, answer, error);
}
