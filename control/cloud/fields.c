/* SPDX-License-Identifier: BSD-3-Clause */
/* Strict reading of JSON objects; the contract is in fields.h. */
#include "control/cloud/fields.h"

#include "control/config_time.h"
#include "control/server/json_check.h"

#include <string.h>

#define TIME_SECONDS_OCTETS 19u // "2026-12-01T00:00:00"
#define TIME_MAX 48u

cJSON *fields_parse(const char *text, size_t octets) {
	if (json_check(text, octets) != NULL)
		return NULL;
	/* The terminator belongs to the text: cJSON then refuses anything behind the value. */
	return cJSON_ParseWithLengthOpts(text, octets + 1, NULL, true);
}

static void refuse(struct fields *fields, const char *name) {
	if (fields->wrong == NULL)
		fields->wrong = name;
}

const cJSON *fields_find(struct fields *fields, const char *name) {
	const cJSON *item, *found = NULL;

	cJSON_ArrayForEach(item, fields->object) {
		if (item->string == NULL || strcmp(item->string, name) != 0)
			continue;
		if (found != NULL) {
			refuse(fields, name);
			return NULL;
		}
		found = item;
	}
	return cJSON_IsNull(found) ? NULL : found;
}

static bool is_printable(const char *text) {
	for (; *text != '\0'; text++)
		if ((unsigned char)*text < ' ' || *text == 0x7f)
			return false;
	return true;
}

bool fields_text(struct fields *fields, const char *name, char *out, size_t room) {
	const cJSON *item = fields_find(fields, name);

	if (item == NULL)
		return false;
	if (!cJSON_IsString(item) || strlen(item->valuestring) >= room ||
	    !is_printable(item->valuestring)) {
		refuse(fields, name);
		return false;
	}
	memcpy(out, item->valuestring, strlen(item->valuestring) + 1);
	return true;
}

bool fields_bool(struct fields *fields, const char *name, bool *out) {
	const cJSON *item = fields_find(fields, name);

	if (item == NULL)
		return false;
	if (!cJSON_IsBool(item)) {
		refuse(fields, name);
		return false;
	}
	*out = cJSON_IsTrue(item);
	return true;
}

bool fields_integer(
	struct fields *fields, const char *name, int64_t low, int64_t high, int64_t *out
) {
	const cJSON *item = fields_find(fields, name);
	double value;

	if (item == NULL)
		return false;
	value = cJSON_GetNumberValue(item); // NaN for what is no number: every comparison fails
	if (!(value >= (double)low && value <= (double)high) || (double)(int64_t)value != value) {
		refuse(fields, name);
		return false;
	}
	*out = (int64_t)value;
	return true;
}

/* config_time_parse knows no fractions: they are cut out, having to be digits. */
static bool parse_time(const char *text, int64_t *out) {
	char whole[TIME_MAX];
	size_t octets = strnlen(text, sizeof(whole)), fraction = 0;

	if (octets >= sizeof(whole) || octets <= TIME_SECONDS_OCTETS)
		return false;
	if (text[TIME_SECONDS_OCTETS] == '.') {
		fraction = 1 + strspn(text + TIME_SECONDS_OCTETS + 1, "0123456789");
		if (fraction == 1)
			return false;
	}
	memcpy(whole, text, TIME_SECONDS_OCTETS);
	memcpy(whole + TIME_SECONDS_OCTETS, text + TIME_SECONDS_OCTETS + fraction,
	       octets - TIME_SECONDS_OCTETS - fraction + 1);
	return config_time_parse(whole, out) == 0;
}

bool fields_time(struct fields *fields, const char *name, int64_t *out) {
	char text[TIME_MAX];
	int64_t seconds;

	if (!fields_text(fields, name, text, sizeof(text)))
		return false;
	if (!parse_time(text, &seconds)) {
		refuse(fields, name);
		return false;
	}
	*out = seconds;
	return true;
}

void fields_require(struct fields *fields, const char *name, bool is_there) {
	if (!is_there)
		refuse(fields, name);
}
