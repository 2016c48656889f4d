/* SPDX-License-Identifier: BSD-3-Clause */
/* Strict reading of JSON objects; the contract is in fields.h. */
#include "control/cloud/fields.h"

#include "control/config_time.h"
#include "control/server/json_check.h"

#include <errno.h>
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

/* -ERANGE: a time in form, of a year that config_time_parse does not know any more. */
static int parse_whole(char *whole, int64_t *out) {
	const char leap_year[] = "2196"; // has all the days that any year has
	int result = config_time_parse(whole, out);

	if (result == 0 || strncmp(whole, "2199", 4) <= 0)
		return result == 0 ? 0 : -EINVAL;
	memcpy(whole, leap_year, 4);
	return config_time_parse(whole, out) == 0 ? -ERANGE : -EINVAL;
}

/* config_time_parse knows no fractions: they are cut out, having to be digits. */
static int parse_time(const char *text, int64_t *out) {
	char whole[TIME_MAX];
	size_t octets = strnlen(text, sizeof(whole)), fraction = 0;

	if (octets >= sizeof(whole) || octets <= TIME_SECONDS_OCTETS)
		return -EINVAL;
	if (text[TIME_SECONDS_OCTETS] == '.') {
		fraction = 1 + strspn(text + TIME_SECONDS_OCTETS + 1, "0123456789");
		if (fraction == 1)
			return -EINVAL;
	}
	memcpy(whole, text, TIME_SECONDS_OCTETS);
	memcpy(whole + TIME_SECONDS_OCTETS, text + TIME_SECONDS_OCTETS + fraction,
	       octets - TIME_SECONDS_OCTETS - fraction + 1);
	return parse_whole(whole, out);
}

bool fields_time(struct fields *fields, const char *name, int64_t *out) {
	char text[TIME_MAX];
	int64_t seconds;
	int result;

	if (!fields_text(fields, name, text, sizeof(text)))
		return false;
	result = parse_time(text, &seconds);
	if (result == 0)
		*out = seconds;
	else if (result != -ERANGE)
		refuse(fields, name);
	return result == 0;
}

void fields_require(struct fields *fields, const char *name, bool is_there) {
	if (!is_there)
		refuse(fields, name);
}
