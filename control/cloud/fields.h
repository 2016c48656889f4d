/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Reading members of a JSON object strictly: right type, in range, not twice. Members that are not
 * asked for are ignored, and null counts as absent. Pure.
 */
#pragma once

#include <cjson/cJSON.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Parses `octets` octets with a terminator behind them: JSON and nothing else, valid UTF-8, nested
 * 32 levels at most. NULL otherwise. To be freed with cJSON_Delete, which wipes (http_memory.h).
 */
cJSON *fields_parse(const char *text, size_t octets);

/* One object while it is read. */
struct fields {
	const cJSON *object;
	const char *wrong; // the first member that is not as it should be; NULL: none so far
};

/* The member, or NULL when it is absent, null or there twice (which is wrong). */
const cJSON *fields_find(struct fields *fields, const char *name);

/*
 * Each returns whether the member was there and good, and leaves *out as it was if not. Texts must
 * be free of control characters and fit with their terminator; integers lie in low..high; times
 * are RFC 3339, with or without a fraction, in seconds since 1970; one behind the year 2199 counts
 * as absent: somebody's "never".
 */
bool fields_text(struct fields *fields, const char *name, char *out, size_t room);
bool fields_bool(struct fields *fields, const char *name, bool *out);
bool fields_integer(
	struct fields *fields, const char *name, int64_t low, int64_t high, int64_t *out
);
bool fields_time(struct fields *fields, const char *name, int64_t *out);

/* The same for members that must be there: absent is wrong. */
void fields_require(struct fields *fields, const char *name, bool is_there);
