/* SPDX-License-Identifier: BSD-3-Clause */
/* RFC 3339 texts against the C library's calendar, and every way to write one wrongly. */
#include "control/config_time.h"

#include <criterion/criterion.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

struct parsed {
	const char *text;
	int64_t seconds;
};

Test(config_time, texts_are_seconds_since_1970) {
	static const struct parsed cases[] = {
		{"1970-01-01T00:00:00Z", 0},          {"1970-01-01T00:00:01Z", 1},
		{"2000-02-29T12:34:56Z", 951827696},  {"2026-12-01T00:00:00Z", 1796083200},
		{"2038-01-19T03:14:08Z", 2147483648}, {"2100-03-01T00:00:00Z", 4107542400},
		{"2199-12-31T23:59:59Z", 7258118399},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		int64_t seconds = -1;

		cr_assert_eq(config_time_parse(cases[i].text, &seconds), 0, "%s", cases[i].text);
		cr_assert_eq(seconds, cases[i].seconds, "%s: %ld", cases[i].text, (long)seconds);
		cr_assert_str_eq(config_time_text(seconds).text, cases[i].text);
	}
	cr_assert_str_eq(config_time_text(CONFIG_TIME_NEVER).text, "never");
}

/* East of Greenwich the clock shows more than UTC. */
Test(config_time, offsets_are_taken_off) {
	static const struct parsed cases[] = {
		{"2026-12-01T01:00:00+01:00", 1796083200},
		{"2026-11-30T18:30:00-05:30", 1796083200},
		{"2026-12-01T00:00:00+00:00", 1796083200},
		{"2026-12-01T00:00:00-00:00", 1796083200},
		{"2026-12-01T23:59:00+23:59", 1796083200},
		{"1970-01-01T00:00:00+00:01", -60},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		int64_t seconds = -1;

		cr_assert_eq(config_time_parse(cases[i].text, &seconds), 0, "%s", cases[i].text);
		cr_assert_eq(seconds, cases[i].seconds, "%s: %ld", cases[i].text, (long)seconds);
	}
}

/* Each day of all years, also those that the calendar does not have. */
Test(config_time, calendar_is_that_of_the_c_library) {
	for (int day = 0; day < 230 * 12 * 33; day++) {
		struct tm parts = {
			.tm_year = 70 + day / 33 / 12,
			.tm_mon = day / 33 % 12,
			.tm_mday = day % 33,
			.tm_hour = 12,
		};
		struct tm normal = parts;
		time_t expected = timegm(&normal);
		bool exists = normal.tm_mday == parts.tm_mday && normal.tm_mon == parts.tm_mon;
		char text[64];
		int64_t seconds = -1;

		snprintf(
			text, sizeof(text), "%04d-%02d-%02dT12:00:00Z", parts.tm_year + 1900,
			parts.tm_mon + 1, parts.tm_mday
		);
		cr_assert_eq(config_time_parse(text, &seconds), exists ? 0 : -ERANGE, "%s", text);
		if (exists)
			cr_assert_eq(seconds, expected, "%s", text);
	}
}

Test(config_time, what_does_not_exist) {
	static const char *const texts[] = {
		"2026-00-01T00:00:00Z",      "2026-13-01T00:00:00Z", "2026-02-29T00:00:00Z",
		"2100-02-29T00:00:00Z",      "2026-12-01T24:00:00Z", "2026-12-01T00:60:00Z",
		"2026-12-01T00:00:60Z",      "2016-12-31T23:59:60Z", "2026-12-01T00:00:00+24:00",
		"2026-12-01T00:00:00-00:60", "1969-12-31T23:59:59Z", "2200-01-01T00:00:00Z",
		"0000-01-01T00:00:00Z",      "9999-12-31T23:59:59Z",
	};

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		int64_t seconds = 7;

		cr_assert_eq(config_time_parse(texts[i], &seconds), -ERANGE, "%s", texts[i]);
		cr_assert_eq(seconds, 7, "%s is written to", texts[i]);
	}
}

Test(config_time, other_forms) {
	static const char *const texts[] = {
		"2026-12-01",
		"2026-12-01T00:00:00",
		"2026-12-01 00:00:00Z",
		"2026-12-01t00:00:00Z",
		"2026-12-01T00:00:00z",
		"2026-12-01T00:00:00.5Z",
		"2026-12-01T00:00Z",
		"2026-12-01T00:00:00ZZ",
		"2026-12-01T00:00:00Z ",
		" 2026-12-01T00:00:00Z",
		"2026-12-01T00:00:00+01",
		"2026-12-01T00:00:00+0100",
		"2026-12-01T00:00:00+01:00Z",
		"26-12-01T00:00:00Z",
		"2026-1-01T00:00:00Z",
		"+026-12-01T00:00:00Z",
		"-026-12-01T00:00:00Z",
		"20261201T000000Z",
		"2026-W49-2T00:00:00Z",
		"tomorrow",
		"never",
		"1796083200",
		"\xd9\xa2\xd9\xa0-12-01T00:00:00Z",
	};

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		int64_t seconds = 7;

		cr_assert_eq(config_time_parse(texts[i], &seconds), -EINVAL, "%s", texts[i]);
		cr_assert_eq(seconds, 7, "%s is written to", texts[i]);
	}
}

/* Every octet of a right text, replaced by every other one; and every shortened text. */
Test(config_time, no_octet_but_a_digit_in_the_place_of_a_digit) {
	static const char right[] = "2026-12-11T11:11:11+01:11";

	for (size_t at = 0; at < sizeof(right) - 1; at++) {
		for (int octet = 0; octet < 256; octet++) {
			char text[sizeof(right)];
			bool is_digit = octet >= '0' && octet <= '9';
			int64_t seconds;
			int expected;

			memcpy(text, right, sizeof(right));
			text[at] = (char)octet;
			expected = right[at] == octet || (right[at] == '+' && octet == '-');
			if (right[at] >= '0' && right[at] <= '9' && is_digit)
				continue; // another time, or none
			cr_assert_eq(
				config_time_parse(text, &seconds), expected ? 0 : -EINVAL,
				"octet %d at %zu", octet, at
			);
		}
	}
}
