/* SPDX-License-Identifier: BSD-3-Clause */
/* A configuration file that must be refused, and how its one line must read. */
#pragma once

#include "control/config.h"
#include "tests/unit/capture_stderr.h"

#include <criterion/criterion.h>

#include <errno.h>
#include <stdio.h>

/* Five lines; what is appended with four blanks belongs to the link, from line 6 on. */
#define LINK                                                      \
	"links:\n  - name: dl0\n    host: eth0\n    line: eth1\n" \
	"    mka: {primary: {ckn: AA01, cak: \"file:/k\"}}\n"
/* A link whose `mka` is still open: words in line 6 at column 7. */
#define OPEN_MKA "links:\n  - name: dl0\n    host: eth0\n    line: eth1\n    mka:\n"
#define CAK(ckn, cak) OPEN_MKA "      primary: {ckn: " ckn ", cak: " cak "}\n"
#define SECOND(name, host, line)                                  \
	"  - name: " name "\n    host: " host "\n    line: " line \
	"\n    mka: {primary: {ckn: BB, cak: \"file:/k\"}}\n"

struct refusal {
	const char *text;
	uint32_t line;   // 0: the message names only the file
	uint32_t column; // 0: any (libfyaml's own syntax errors)
	const char *fragment;
};

static inline void expect(const struct refusal *refusal, const char *text, size_t octets) {
	struct config *config = NULL;
	struct capture *capture = capture_begin();
	int result = config_parse("bad.yaml", text, octets, &config);
	char place[64] = "ERROR config: bad.yaml: ";

	capture_end(capture);
	if (refusal->line != 0 && refusal->column == 0)
		snprintf(place, sizeof(place), "ERROR config: bad.yaml:%u:", refusal->line);
	else if (refusal->line != 0)
		snprintf(
			place, sizeof(place), "ERROR config: bad.yaml:%u:%u: ", refusal->line,
			refusal->column
		);
	cr_assert_eq(result, -EINVAL, "accepted: %s", text);
	cr_assert_null(config);
	cr_assert_eq(
		strncmp(capture->text, place, strlen(place)), 0, "%s\n-> %swanted %s", text,
		capture->text, place
	);
	cr_assert_not_null(
		strstr(capture->text, refusal->fragment), "%s\n-> %swanted %s", text, capture->text,
		refusal->fragment
	);
	cr_assert_eq(capture_lines(capture), 1, "%s\n-> %s", text, capture->text);
	cr_assert_not_null(strstr(capture->text, "; "), "no fix: %s", capture->text);
	free(capture);
}

static inline void expect_all(const struct refusal *refusals, size_t n) {
	for (size_t i = 0; i < n; i++)
		expect(&refusals[i], refusals[i].text, strlen(refusals[i].text));
}
#define EXPECT_ALL(table) expect_all(table, sizeof(table) / sizeof((table)[0]))
