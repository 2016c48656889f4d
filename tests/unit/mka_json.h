/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Reading mka.json, in the folder that MACSECD_VECTORS names. Whatever is missing or of another
 * type fails the test that asked for it.
 */
#pragma once

#include "control/mka/keys.h"

#include <cjson/cJSON.h>

extern cJSON *mka_vectors; // the document; of one test process

/* For TestSuite: .init and .fini. */
void mka_vectors_load(void);
void mka_vectors_unload(void);

const char *word(const cJSON *of, const char *name);
uint64_t number(const cJSON *of, const char *name);
const cJSON *member(const cJSON *of, const char *name);

/* Octets of a text of hexadecimal digits; returns their number. */
size_t unhex(const char *text, uint8_t *octets, size_t size);
size_t hex_of(const cJSON *of, const char *name, uint8_t *octets, size_t size);
uint64_t hex_number(const char *text);
void assert_hex(const uint8_t *octets, size_t n, const char *text, const char *what);

/* Keys of the members `cak` and `ckn`; to be wiped by the caller. */
struct mka_keys keys_of(const cJSON *of);
