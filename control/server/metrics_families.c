/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/server/metrics_families.h"

#include <stdio.h>

struct listed {
	const char *name, *unit, *help;
	enum metrics_type type;
};

static const struct listed list[M_COUNTERS] = {
#define X(name, text, type, unit, help) [M_##name] = {text, unit, help, METRICS_##type},
	METRICS(X)
#undef X
};

/* The standard's words, in the letters that a metric's name may have. */
static struct metrics_family_info of_counter(enum counter counter) {
	const struct counter_info *counted = counter_info(counter);
	struct metrics_family_info info = {
		.unit = counted->unit,
		.help = counted->help,
		// the only one that does not add up
		.type = counter == C_TURN_WAIT_MAX_CYCLES ? METRICS_GAUGE : METRICS_COUNTER,
	};

	snprintf(info.name, sizeof(info.name), "macsec_%s", counted->word);
	for (char *c = info.name; *c != '\0'; c++)
		*c = *c == '-' ? '_' : *c;
	return info;
}

struct metrics_family_info metrics_family_info(unsigned family) {
	struct metrics_family_info info;

	if (family >= M_COUNTERS)
		return of_counter((enum counter)(family - M_COUNTERS));
	info = (struct metrics_family_info
	){.unit = list[family].unit, .help = list[family].help, .type = list[family].type};
	snprintf(info.name, sizeof(info.name), "%s", list[family].name);
	return info;
}
