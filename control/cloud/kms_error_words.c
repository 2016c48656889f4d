/* SPDX-License-Identifier: BSD-3-Clause */
/* Reading error envelopes; the contract is in kms_error_words.h. */
#include "control/cloud/kms_error_words.h"

#include "control/cloud/fields.h"

#include <string.h>

#define PLAIN_MAX 256u // octets; what is longer is a page of a proxy

static void take_code(const cJSON *object, const char *name, struct kms_error_words *words) {
	struct fields fields = {.object = object};
	char code[CLOUD_CODE_MAX] = "";

	if (fields_text(&fields, name, code, sizeof(code)) &&
	    cloud_words_is_id(code, CLOUD_WORDS_RUN_MAX))
		memcpy(words->code, code, sizeof(code));
}

static void take_plain(const char *text, struct kms_error_words *words) {
	cloud_words_quote(words->sentence, sizeof(words->sentence), text);
	words->is_token_expired = strstr(text, "Token is expired") != NULL;
	words->is_master_key_missing = strstr(text, "CKR_IBM_WK_NOT_INITIALIZED") != NULL;
}

static void take_sentence(const cJSON *object, const char *name, struct kms_error_words *words) {
	struct fields fields = {.object = object};
	const cJSON *sentence = fields_find(&fields, name);

	if (cJSON_IsString(sentence))
		take_plain(sentence->valuestring, words);
}

/* The first of a list that is a member of `object`; NULL when there is none. */
static const cJSON *first_of(const cJSON *object, const char *name) {
	struct fields fields = {.object = object};
	const cJSON *list = fields_find(&fields, name);

	return cJSON_IsArray(list) ? list->child : NULL;
}

static void take_envelope(const cJSON *object, struct kms_error_words *words) {
	const cJSON *resource = first_of(object, "resources");
	const cJSON *error = first_of(object, "errors");

	if (cJSON_IsObject(resource)) {
		take_sentence(resource, "errorMsg", words);
		take_code(first_of(resource, "reasons"), "code", words);
	} else if (cJSON_IsObject(error)) {
		take_sentence(error, "message", words);
		take_code(error, "code", words);
	} else {
		take_sentence(object, "errorMessage", words);
		take_code(object, "errorCode", words);
		if (words->sentence[0] == '\0')
			take_sentence(object, "errorMsg", words);
	}
}

void kms_error_words_read(const struct http_answer *answer, struct kms_error_words *words) {
	cJSON *object = fields_parse(answer->body, answer->body_octets);
	bool is_text = strlen(answer->body) == answer->body_octets &&
		       answer->body_octets <= PLAIN_MAX && strpbrk(answer->body, "{}[]<>") == NULL;

	memset(words, 0, sizeof(*words));
	if (cJSON_IsObject(object))
		take_envelope(object, words);
	else if (cJSON_IsString(object))
		take_plain(object->valuestring, words);
	else if (object == NULL && is_text)
		take_plain(answer->body, words);
	cJSON_Delete(object);
}
