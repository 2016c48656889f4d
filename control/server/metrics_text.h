/* SPDX-License-Identifier: BSD-3-Clause */
/* How samples are written: labels, values, and the lines around them. Private to metrics*.c; pure;
 * control thread. */
#pragma once

#include "control/server/metrics.h"
#include "control/server/metrics_families.h"

#include <stdint.h>

/* More than the longest: a key's, each octet of it escaped. */
#define METRICS_LABELS_OCTETS 2048u

/* Labels of a sample. To go back to fewer, set `octets` back to what it was. */
struct metrics_labels {
	char text[METRICS_LABELS_OCTETS];
	size_t octets;
	bool is_cut; // there was no room: samples with it are left out
};

/* Adds NAME="VALUE". value: any octets; what must not stand in a label is escaped or replaced. */
void metrics_label(struct metrics_labels *labels, const char *name, const char *value);

/* An SCI as 16 hexadecimal digits. */
void metrics_label_sci(struct metrics_labels *labels, uint64_t sci);

/* One sample; before the first of a family its description. */
void metrics_sample(
	struct metrics *metrics, unsigned family, const struct metrics_labels *labels,
	uint64_t value
);
void metrics_sample_signed(
	struct metrics *metrics, unsigned family, const struct metrics_labels *labels, int64_t value
);
/* Nanoseconds as seconds with three decimals. */
void metrics_sample_seconds(
	struct metrics *metrics, unsigned family, const struct metrics_labels *labels, uint64_t ns
);

/* A sample for each of n words, as label `name`: 1 for number `present`, 0 for all others. Leaves
 * the labels as they were. */
void metrics_one_hot(
	struct metrics *metrics, unsigned family, struct metrics_labels *labels, const char *name,
	const char *const *words, unsigned n, unsigned present
);

/* The parts of metrics_add_link: metrics_link.c, metrics_mka.c. labels: the link's. */
void metrics_add_mka(
	struct metrics *metrics, const struct link_view *view, struct metrics_labels *labels
);
