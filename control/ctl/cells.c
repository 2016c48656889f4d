/* SPDX-License-Identifier: BSD-3-Clause */
/* How JSON values look in a table; the contract is in tables.h. */
#include "control/ctl/tables.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void cell_plain(const cJSON *item, char *text, size_t size) {
	if (cJSON_IsBool(item))
		snprintf(text, size, "%s", cJSON_IsTrue(item) ? "yes" : "no");
	else if ((cJSON_IsString(item) || cJSON_IsRaw(item)) && item->valuestring[0] != '\0')
		snprintf(text, size, "%s", item->valuestring);
	else
		snprintf(text, size, "-");
}

void cell_list(const cJSON *item, char *text, size_t size) {
	const cJSON *element;
	size_t used = 0;

	snprintf(text, size, "-");
	cJSON_ArrayForEach(element, item) {
		if (!cJSON_IsString(element) || used >= size)
			continue;
		used += (size_t)snprintf(
			text + used, size - used, "%s%s", used == 0 ? "" : ", ",
			element->valuestring
		);
	}
}

void cell_duration(const cJSON *item, char *text, size_t size) {
	if (!cJSON_IsRaw(item)) {
		snprintf(text, size, "-");
		return;
	}
	const uint64_t s = strtoull(item->valuestring, NULL, 10);
	const uint64_t minutes = s / 60, hours = s / 3600, days = s / 86400;

	if (days > 0)
		snprintf(text, size, "%" PRIu64 "d%02" PRIu64 "h", days, hours % 24);
	else if (hours > 0)
		snprintf(text, size, "%" PRIu64 "h%02" PRIu64 "m", hours, minutes % 60);
	else if (minutes > 0)
		snprintf(text, size, "%" PRIu64 "m%02" PRIu64 "s", minutes, s % 60);
	else
		snprintf(text, size, "%" PRIu64 "s", s);
}
