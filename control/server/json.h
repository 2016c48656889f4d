/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Building answers: thin helpers over cJSON that keep two promises. Whole numbers of 64 bits are
 * written exactly (cJSON's own numbers are doubles, exact to 2^53 only), and a failed allocation
 * is remembered, so that an answer is either whole or not sent. Control thread only.
 */
#pragma once

#include "control/sak.h"

#include <cjson/cJSON.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A place in the tree that is being built. Passed by value; `failed` is shared by the whole tree.
 */
struct json {
	cJSON *node; // NULL after a failed allocation: everything added below it is dropped
	bool *failed;
};

/* Begins a tree: an object. *failed is cleared, must outlive the building. The caller ends
 * `node` with cJSON_Delete. */
struct json json_root(bool *failed);

/* Every `key` below is kept by pointer: a string constant. */

/* Adds an empty object or array under a key, or an object at the end of an array. */
struct json json_object(struct json parent, const char *key);
struct json json_array(struct json parent, const char *key);
struct json json_element(struct json array);

/* Adds a value under a key. Text is copied and must be UTF-8; NULL and "" become null, which
 * stands for "there is none" all over the control socket. */
void json_null(struct json object, const char *key);
void json_bool(struct json object, const char *key, bool value);
void json_u64(struct json object, const char *key, uint64_t value);
void json_i64(struct json object, const char *key, int64_t value);
void json_text(struct json object, const char *key, const char *text);
void json_string(struct json object, const char *key, const char *text); // "" stays ""

/* value when `is_there`, else null. */
void json_u64_or_null(struct json object, const char *key, bool is_there, uint64_t value);

/* Nanoseconds as whole seconds or milliseconds, rounded down; the key carries the unit. */
void json_seconds(struct json object, const char *key, uint64_t ns);
void json_milliseconds(struct json object, const char *key, uint64_t ns);

/* Lower-case hex without separators; null for no octets. octets: at most 64 of them. */
void json_hex(struct json object, const char *key, const uint8_t *octets, size_t n);

/* "02:00:00:00:00:0a". */
void json_mac(struct json object, const char *key, const uint8_t mac[static 6]);

/* 16 hex digits: the MAC address, then the port identifier (802.1AE 9.9); null for 0. */
void json_sci(struct json object, const char *key, uint64_t sci);
void json_element_sci(struct json array, uint64_t sci);

/* Text at the end of an array; not "". */
void json_element_text(struct json array, const char *text);

/* Key identifier: member identifier in hex, a colon, the key number in decimal (802.1X 9.8). */
void json_ki(struct json object, const char *key, const struct ki *ki);
