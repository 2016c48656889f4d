/* SPDX-License-Identifier: BSD-3-Clause */
/* Building answers; the contract is in json.h. */
#include "control/server/json.h"

#include <inttypes.h>
#include <stdio.h>

#define HEX_MAX_OCTETS 64u
#define SCI_DIGITS 16u

static void hex_write(char *text, const uint8_t *octets, size_t n) {
	static const char digits[] = "0123456789abcdef";

	for (size_t i = 0; i < n; i++) {
		*text++ = digits[octets[i] >> 4];
		*text++ = digits[octets[i] & 15];
	}
	*text = '\0';
}

/* Keys are string constants, so they are not copied. cJSON frees nothing when adding fails, and it
 * reports a NULL item as such a failure. */
static struct json json_add(struct json parent, const char *key, cJSON *item) {
	const bool added = key == NULL ? cJSON_AddItemToArray(parent.node, item)
				       : cJSON_AddItemToObjectCS(parent.node, key, item);

	if (added)
		return (struct json){item, parent.failed};
	cJSON_Delete(item);
	*parent.failed = true;
	return (struct json){NULL, parent.failed};
}

struct json json_root(bool *failed) {
	cJSON *node = cJSON_CreateObject();

	*failed = node == NULL;
	return (struct json){node, failed};
}

struct json json_object(struct json parent, const char *key) {
	return json_add(parent, key, cJSON_CreateObject());
}

struct json json_array(struct json parent, const char *key) {
	return json_add(parent, key, cJSON_CreateArray());
}

struct json json_element(struct json array) {
	return json_add(array, NULL, cJSON_CreateObject());
}

void json_null(struct json object, const char *key) {
	json_add(object, key, cJSON_CreateNull());
}

void json_bool(struct json object, const char *key, bool value) {
	json_add(object, key, cJSON_CreateBool(value));
}

void json_u64(struct json object, const char *key, uint64_t value) {
	char digits[24];

	snprintf(digits, sizeof(digits), "%" PRIu64, value);
	json_add(object, key, cJSON_CreateRaw(digits));
}

void json_i64(struct json object, const char *key, int64_t value) {
	char digits[24];

	snprintf(digits, sizeof(digits), "%" PRId64, value);
	json_add(object, key, cJSON_CreateRaw(digits));
}

void json_string(struct json object, const char *key, const char *text) {
	json_add(object, key, cJSON_CreateString(text));
}

void json_text(struct json object, const char *key, const char *text) {
	if (text == NULL || text[0] == '\0')
		json_null(object, key);
	else
		json_string(object, key, text);
}

void json_u64_or_null(struct json object, const char *key, bool is_there, uint64_t value) {
	if (is_there)
		json_u64(object, key, value);
	else
		json_null(object, key);
}

void json_seconds(struct json object, const char *key, uint64_t ns) {
	json_u64(object, key, ns / 1000000000u);
}

void json_milliseconds(struct json object, const char *key, uint64_t ns) {
	json_u64(object, key, ns / 1000000u);
}

void json_hex(struct json object, const char *key, const uint8_t *octets, size_t n) {
	char text[2 * HEX_MAX_OCTETS + 1];

	hex_write(text, octets, n < HEX_MAX_OCTETS ? n : HEX_MAX_OCTETS);
	json_text(object, key, text);
}

void json_mac(struct json object, const char *key, const uint8_t mac[static 6]) {
	char text[18];

	snprintf(
		text, sizeof(text), "%02x:%02x:%02x:%02x:%02x:%02x", mac[0], mac[1], mac[2], mac[3],
		mac[4], mac[5]
	);
	json_text(object, key, text);
}

static void sci_write(char text[static SCI_DIGITS + 1], uint64_t sci) {
	snprintf(text, SCI_DIGITS + 1, "%016" PRIx64, sci);
}

void json_sci(struct json object, const char *key, uint64_t sci) {
	char text[SCI_DIGITS + 1];

	sci_write(text, sci);
	json_text(object, key, sci == 0 ? NULL : text);
}

void json_element_sci(struct json array, uint64_t sci) {
	char text[SCI_DIGITS + 1];

	sci_write(text, sci);
	json_element_text(array, text);
}

void json_element_text(struct json array, const char *text) {
	json_add(array, NULL, cJSON_CreateString(text));
}

void json_ki(struct json object, const char *key, const struct ki *ki) {
	char text[2 * MI_OCTETS + 12];

	hex_write(text, ki->mi, MI_OCTETS);
	snprintf(text + 2 * MI_OCTETS, sizeof(text) - 2 * MI_OCTETS, ":%" PRIu32, ki->kn);
	json_text(object, key, text);
}
