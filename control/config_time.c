/* SPDX-License-Identifier: BSD-3-Clause */
/* RFC 3339 texts to seconds since 1970 and back, without the C library's time zones. */
#include "control/config_time.h"

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <time.h>

#define YEAR_MIN 1970
#define YEAR_MAX 2199
#define DATE_TIME "0000-00-00T00:00:00"
#define ZONE_AT (sizeof(DATE_TIME) - 1)

/* True when the text has the form, in which each '0' stands for any digit. */
static bool has_form(const char *text, const char *form) {
	size_t i = 0;

	while (form[i] != '\0' &&
	       (form[i] == '0' ? text[i] >= '0' && text[i] <= '9' : text[i] == form[i]))
		i++;
	return form[i] == '\0' && text[i] == '\0';
}

static int number(const char *digits, size_t n) {
	int value = 0;

	for (size_t i = 0; i < n; i++)
		value = value * 10 + (digits[i] - '0');
	return value;
}

static bool is_leap(int year) {
	return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

static int days_in_month(int year, int month) {
	static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};

	return days[month - 1] + (month == 2 && is_leap(year));
}

/* Days from 1970-01-01 to a day that exists. */
static int64_t days_since_1970(int year, int month, int day) {
	int64_t days = day - 1;

	for (int y = YEAR_MIN; y < year; y++)
		days += is_leap(y) ? 366 : 365;
	for (int m = 1; m < month; m++)
		days += days_in_month(year, m);
	return days;
}

int config_time_parse(const char *text, int64_t *seconds) {
	if (!has_form(text, DATE_TIME "Z") && !has_form(text, DATE_TIME "+00:00") &&
	    !has_form(text, DATE_TIME "-00:00"))
		return -EINVAL;

	const int year = number(text, 4), month = number(text + 5, 2), day = number(text + 8, 2);
	const int hour = number(text + 11, 2), minute = number(text + 14, 2);
	const int second = number(text + 17, 2);
	const bool is_utc = text[ZONE_AT] == 'Z';
	const int zone_hour = is_utc ? 0 : number(text + ZONE_AT + 1, 2);
	const int zone_minute = is_utc ? 0 : number(text + ZONE_AT + 4, 2);

	if (year < YEAR_MIN || year > YEAR_MAX || month < 1 || month > 12 || day < 1 ||
	    day > days_in_month(year, month))
		return -ERANGE;
	if (hour > 23 || minute > 59 || second > 59 || zone_hour > 23 || zone_minute > 59)
		return -ERANGE;

	const int64_t zone_s = (zone_hour * 60 + zone_minute) * 60;

	*seconds = days_since_1970(year, month, day) * 86400 + (hour * 60 + minute) * 60 + second;
	*seconds += text[ZONE_AT] == '-' ? zone_s : -zone_s; // east of Greenwich it is later
	return 0;
}

struct config_time_text config_time_text(int64_t seconds) {
	struct config_time_text result = {"never"};
	const time_t time = (time_t)seconds;
	struct tm parts;

	if (seconds != CONFIG_TIME_NEVER && gmtime_r(&time, &parts) != NULL)
		strftime(result.text, sizeof(result.text), "%Y-%m-%dT%H:%M:%SZ", &parts);
	return result;
}
