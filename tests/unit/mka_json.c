/* SPDX-License-Identifier: BSD-3-Clause */
/* See mka_json.h. */
#include "tests/unit/mka_json.h"

#include <criterion/criterion.h>

#include <stdio.h>
#include <stdlib.h>

cJSON *mka_vectors;

void mka_vectors_load(void) {
	const char *folder = getenv("MACSECD_VECTORS");
	char path[512];
	char *text;
	long octets;
	FILE *file;

	cr_assert_not_null(folder, "MACSECD_VECTORS must name the folder of mka.json");
	snprintf(path, sizeof(path), "%s/mka.json", folder);
	file = fopen(path, "rb");
	cr_assert_not_null(file, "cannot open %s", path);
	fseek(file, 0, SEEK_END);
	octets = ftell(file);
	rewind(file);
	text = calloc(1, (size_t)octets + 1);
	cr_assert_eq(fread(text, 1, (size_t)octets, file), (size_t)octets);
	fclose(file);
	mka_vectors = cJSON_Parse(text);
	free(text);
	cr_assert_not_null(mka_vectors);
}

void mka_vectors_unload(void) {
	cJSON_Delete(mka_vectors);
}

const char *word(const cJSON *of, const char *name) {
	const cJSON *item = cJSON_GetObjectItemCaseSensitive(of, name);

	cr_assert(cJSON_IsString(item), "%s is no string", name);
	return item->valuestring;
}

uint64_t number(const cJSON *of, const char *name) {
	const cJSON *item = cJSON_GetObjectItemCaseSensitive(of, name);

	cr_assert(cJSON_IsNumber(item), "%s is no number", name);
	return (uint64_t)item->valuedouble;
}

const cJSON *member(const cJSON *of, const char *name) {
	const cJSON *item = cJSON_GetObjectItemCaseSensitive(of, name);

	cr_assert_not_null(item, "%s is missing", name);
	return item;
}

size_t unhex(const char *text, uint8_t *octets, size_t size) {
	size_t n = strlen(text) / 2;

	cr_assert_leq(n, size);
	for (size_t i = 0; i < n; i++) {
		unsigned int octet;

		cr_assert_eq(sscanf(text + 2 * i, "%2x", &octet), 1);
		octets[i] = (uint8_t)octet;
	}
	return n;
}

size_t hex_of(const cJSON *of, const char *name, uint8_t *octets, size_t size) {
	return unhex(word(of, name), octets, size);
}

uint64_t hex_number(const char *text) {
	return strtoull(text, NULL, 16);
}

void assert_hex(const uint8_t *octets, size_t n, const char *text, const char *what) {
	uint8_t expected[512];

	cr_assert_eq(unhex(text, expected, sizeof(expected)), n, "%s: length", what);
	cr_assert_eq(memcmp(octets, expected, n), 0, "%s differs", what);
}

struct mka_keys keys_of(const cJSON *of) {
	struct mka_keys keys = {0};
	uint8_t cak[32], ckn[32];
	size_t cak_octets = hex_of(of, "cak", cak, sizeof(cak));
	size_t ckn_octets = hex_of(of, "ckn", ckn, sizeof(ckn));

	cr_assert_eq(keys_derive(&keys, cak, cak_octets, ckn, ckn_octets), 0);
	return keys;
}
