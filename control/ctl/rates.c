/* SPDX-License-Identifier: BSD-3-Clause */
/* What moved between two answers; the contract is in rates.h. */
#include "control/ctl/rates.h"

#include "control/ctl/tables.h"

#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A rate, and the counters whose sum it is of. */
struct rate {
	const char *name;
	const char *paths[2];
	double scale;
};

static const struct rate rates[] = {
	{"protected-per-s", {"balance/protect/out", NULL}, 1},
	{"validated-per-s", {"balance/validate/out", NULL}, 1},
	{"dropped-per-s", {"balance/protect/dropped", "balance/validate/dropped"}, 1},
	{"from-host-mbps", {"host/rx-octets", NULL}, 8e-6},
	{"to-host-mbps", {"host/tx-octets", NULL}, 8e-6},
};

static bool counter_read(const cJSON *link, const char *path, uint64_t *sum) {
	const cJSON *item = cell_find(NULL, link, path);

	if (!cJSON_IsRaw(item))
		return false;
	errno = 0;
	*sum += strtoull(item->valuestring, NULL, 10);
	return errno == 0;
}

static bool sum_read(const cJSON *link, const struct rate *rate, uint64_t *sum) {
	*sum = 0;
	return counter_read(link, rate->paths[0], sum) &&
	       (rate->paths[1] == NULL || counter_read(link, rate->paths[1], sum));
}

/* Whole numbers, as all over the control socket; small ones of Mbit/s keep a digit. */
static int rate_add(cJSON *object, const struct rate *rate, uint64_t moved, uint64_t elapsed_ns) {
	char text[32];
	const double value = (double)moved * rate->scale * 1e9 / (double)elapsed_ns;

	snprintf(text, sizeof(text), rate->scale < 1 && value < 100 ? "%.1f" : "%.0f", value);
	return cJSON_AddRawToObject(object, rate->name, text) == NULL ? -1 : 0;
}

static int link_add(cJSON *link, const cJSON *before, uint64_t elapsed_ns) {
	cJSON *object = cJSON_AddObjectToObject(link, "rates");
	int ret = object == NULL ? -1 : 0;

	for (size_t i = 0; i < sizeof(rates) / sizeof(rates[0]) && ret == 0; i++) {
		uint64_t old, fresh;
		if (!sum_read(before, &rates[i], &old) || !sum_read(link, &rates[i], &fresh) ||
		    fresh < old || elapsed_ns == 0)
			continue;
		ret = rate_add(object, &rates[i], fresh - old, elapsed_ns);
	}
	return ret;
}

static const cJSON *link_find(const cJSON *result, const char *name) {
	const cJSON *links = cJSON_GetObjectItemCaseSensitive(result, "links"), *link;

	cJSON_ArrayForEach(link, links) {
		const char *found = cJSON_GetStringValue(cell_find(NULL, link, "name"));
		if (name != NULL && found != NULL && strcmp(found, name) == 0)
			return link;
	}
	return NULL;
}

int rates_add(cJSON *now, const cJSON *before, uint64_t elapsed_ns) {
	cJSON *links = cJSON_GetObjectItemCaseSensitive(now, "links"), *link;
	int ret = 0;

	cJSON_ArrayForEach(link, links) {
		const char *name = cJSON_GetStringValue(cell_find(NULL, link, "name"));
		if (cJSON_IsObject(link) && ret == 0)
			ret = link_add(link, link_find(before, name), elapsed_ns);
	}
	return ret;
}
