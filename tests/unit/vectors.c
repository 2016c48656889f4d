/* SPDX-License-Identifier: BSD-3-Clause */

#include "tests/unit/vectors.h"

#include <criterion/criterion.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

cJSON *vectors_load(const char *name) {
	const char *folder = getenv("MACSECD_VECTORS");
	char path[512];

	cr_assert_not_null(folder, "MACSECD_VECTORS is not set");
	snprintf(path, sizeof(path), "%s/%s", folder, name);
	FILE *file = fopen(path, "rb");
	cr_assert_not_null(file, "%s: cannot be read", path);
	fseek(file, 0, SEEK_END);
	const size_t octets = (size_t)ftell(file);
	rewind(file);
	char *text = malloc(octets + 1);
	cr_assert_eq(fread(text, 1, octets, file), octets);
	fclose(file);
	cJSON *root = cJSON_ParseWithLength(text, octets);
	free(text);
	cr_assert_not_null(root, "%s: no JSON", path);
	return root;
}

const cJSON *vector_member(const cJSON *object, const char *name) {
	const cJSON *member = cJSON_GetObjectItemCaseSensitive(object, name);
	cr_assert_not_null(member, "no member %s", name);
	return member;
}

const cJSON *vector_list(const cJSON *object, const char *name) {
	const cJSON *member = vector_member(object, name);
	cr_assert(cJSON_IsArray(member), "%s is no array", name);
	return member;
}

const char *vector_text(const cJSON *object, const char *name) {
	return cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(object, name));
}

double vector_number(const cJSON *object, const char *name) {
	const cJSON *member = vector_member(object, name);
	cr_assert(cJSON_IsNumber(member), "%s is no number", name);
	return member->valuedouble;
}

bool vector_flag(const cJSON *object, const char *name) {
	const cJSON *member = vector_member(object, name);
	return cJSON_IsTrue(member) || (cJSON_IsNumber(member) && member->valuedouble != 0);
}

uint64_t vector_hex_u64(const cJSON *object, const char *name) {
	const char *text = vector_text(object, name);
	cr_assert_not_null(text, "%s is no text", name);
	return strtoull(text, NULL, 16);
}

size_t vector_octets(const cJSON *object, const char *name, uint8_t *out, size_t room) {
	const char *text = vector_text(object, name);
	const size_t n = text == NULL ? 0 : strlen(text) / 2;

	cr_assert_leq(n, room, "%s is too long", name);
	for (size_t i = 0; i < n; i++) {
		unsigned octet;
		cr_assert_eq(sscanf(text + 2 * i, "%2x", &octet), 1);
		out[i] = (uint8_t)octet;
	}
	return n;
}
