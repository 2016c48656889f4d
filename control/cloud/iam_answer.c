/* SPDX-License-Identifier: BSD-3-Clause */
/* Reading IAM's answers; the contract is in iam_answer.h. */
#include "control/cloud/iam_answer.h"

#include "control/cloud/cloud_words.h"
#include "control/cloud/credential.h"
#include "control/cloud/fields.h"
#include "control/secret.h"

#include <string.h>
#include <strings.h>

#define BEARER_MAX 16u

static int refuse(struct cloud_error *error, const char *name) {
	return cloud_fail(
		error, CLOUD_FINAL, 200,
		"the answer to a request for a token has no usable \"%s\"; check IAM's url", name
	);
}

static int take_token(const cJSON *object, struct iam_token *token, struct cloud_error *error) {
	struct fields fields = {.object = object};
	const cJSON *text = fields_find(&fields, "access_token");
	char type[BEARER_MAX] = "Bearer";
	int64_t life_s = 0;

	fields_text(&fields, "token_type", type, sizeof(type));
	fields_require(
		&fields, "expires_in", fields_integer(&fields, "expires_in", 1, INT32_MAX, &life_s)
	);
	if (!cJSON_IsString(text) || !cloud_words_is_token(text->valuestring, IAM_TOKEN_OCTETS_MAX))
		return refuse(error, "access_token");
	if (fields.wrong != NULL || strcasecmp(type, "Bearer") != 0)
		return refuse(error, fields.wrong != NULL ? fields.wrong : "token_type");
	token->life_s = life_s > IAM_LIFE_MAX_S ? IAM_LIFE_MAX_S : (uint32_t)life_s;
	token->text = secret_alloc(strlen(text->valuestring) + 1);
	if (token->text == NULL)
		return cloud_fail(error, CLOUD_TRANSIENT, 0, "no secret memory for a token");
	memcpy(token->text, text->valuestring, strlen(text->valuestring) + 1);
	return 0;
}

int iam_answer_read(
	const char *json, size_t octets, struct iam_token *token, struct cloud_error *error
) {
	cJSON *object = fields_parse(json, octets);
	int result;

	memset(token, 0, sizeof(*token));
	if (object == NULL)
		return cloud_fail(
			error, CLOUD_TRANSIENT, 200,
			"the answer to a request for a token is not JSON; check IAM's url and what "
			"stands in between"
		);
	result = take_token(object, token, error);
	cJSON_Delete(object);
	return result;
}

/* An error's own words: code and sentence, both fit for messages. */
struct iam_words {
	char code[CLOUD_CODE_MAX];
	char sentence[CLOUD_WORDS_MAX];
};

static void take_words(const cJSON *object, const char *credential, struct iam_words *words) {
	struct fields fields = {.object = object};
	const cJSON *sentence = fields_find(&fields, "errorMessage");
	char code[CLOUD_CODE_MAX] = "";

	if (fields_text(&fields, "errorCode", code, sizeof(code)) &&
	    cloud_words_is_id(code, CLOUD_WORDS_RUN_MAX))
		memcpy(words->code, code, sizeof(code));
	if (!cJSON_IsString(sentence))
		return;
	if (credential == NULL || strstr(sentence->valuestring, credential) == NULL)
		cloud_words_quote(words->sentence, sizeof(words->sentence), sentence->valuestring);
}

static void
read_words(const struct http_answer *answer, const char *credential, struct iam_words *words) {
	cJSON *object = fields_parse(answer->body, answer->body_octets);

	memset(words, 0, sizeof(*words));
	if (cJSON_IsObject(object))
		take_words(object, credential, words);
	cJSON_Delete(object);
}

static const char *advice_for_code(const char *code, const struct iam_account *account) {
	static const struct {
		const char *code, *advice;
	} rows[] = {
		{"BXNIM0415E", "create an API key for the service id and write it to the file"},
		{"BXNIM0109E", "the credential file or the trusted profile is empty or incomplete"},
		{"BXNIM0113E", "correct the trusted profile: its id, CRN or name"},
		{"BXNIM0401E", "write a valid credential to the file"},
		{"BXNIM0513E",
		 "let the trusted profile trust this compute resource, and check the grant"},
		{"BXNIM0060E", "correct IAM's url: something else answers there"},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (strcmp(rows[i].code, code) == 0)
			return rows[i].advice;
	if (account->grant == IAM_API_KEY)
		return "check that the API key exists, is enabled and belongs to this cloud";
	return "check that the trusted profile exists and trusts this compute resource";
}

int iam_error_read(
	const struct http_answer *answer, const struct iam_account *account, const char *credential,
	struct cloud_error *error
) {
	char path[CREDENTIAL_PATH_MAX] = "";
	struct iam_words words;
	int result;

	read_words(answer, credential, &words);
	if (account->grant != IAM_VPC_INSTANCE)
		credential_path(account, path);
	if (cloud_is_transient(answer->status))
		result = cloud_fail(
			error, CLOUD_TRANSIENT, answer->status,
			"IAM at %.120s gives no token for the moment: %u%s%s%s%s", account->url,
			answer->status, words.code[0] == '\0' ? "" : " ", words.code,
			words.sentence[0] == '\0' ? "" : " ", words.sentence
		);
	else
		result = cloud_fail(
			error, CLOUD_FINAL, answer->status,
			"IAM at %.120s gives no token%s%.120s: %u%s%s%s%.160s; %s", account->url,
			path[0] == '\0' ? "" : " for the credential in ", path, answer->status,
			words.code[0] == '\0' ? "" : " ", words.code,
			words.sentence[0] == '\0' ? "" : " ", words.sentence,
			advice_for_code(words.code, account)
		);
	memcpy(error->code, words.code, sizeof(error->code));
	error->retry_after_s = answer->retry_after_s;
	return result;
}
