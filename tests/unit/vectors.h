/* SPDX-License-Identifier: BSD-3-Clause */
/* Reading the test vectors. Every function ends the test when the file is not as expected. */
#pragma once

#include <cjson/cJSON.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Parses a file of the folder MACSECD_VECTORS. The caller ends it with cJSON_Delete. */
cJSON *vectors_load(const char *name);

const cJSON *vector_member(const cJSON *object, const char *name); // must exist
const cJSON *vector_list(const cJSON *object, const char *name);   // must be an array
const char *vector_text(const cJSON *object, const char *name);    // NULL when null or absent
double vector_number(const cJSON *object, const char *name);
bool vector_flag(const cJSON *object, const char *name);
uint64_t vector_hex_u64(const cJSON *object, const char *name); // hex digits as a number

/* Hex digits to octets. Returns how many; 0 when the member is null or absent. */
size_t vector_octets(const cJSON *object, const char *name, uint8_t *out, size_t room);
