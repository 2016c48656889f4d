/* SPDX-License-Identifier: BSD-3-Clause */
/* A text of metrics as a scraper sees it, for tests. */
#pragma once

#include "control/server/metrics.h"

/* The whole text about a daemon; free() it. It has passed metrics_text_check. */
char *metrics_text_of(struct daemon *daemon, enum metrics_format format);

/* The grammar's rules: one description in front of each metric, all its samples behind it, none of
 * them twice, one end mark in OpenMetrics and none in Prometheus' format. */
void metrics_text_check(const char *text, enum metrics_format format);

/* The line must stand in the text, whole. */
void metrics_text_has(const char *text, const char *line);
void metrics_text_lacks(const char *text, const char *part);
