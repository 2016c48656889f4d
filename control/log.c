/* SPDX-License-Identifier: BSD-3-Clause */
/* Log lines to standard error: one write(2) each, so that lines of several processes never mix. */
#include "control/log.h"

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define LINE_MAX_OCTETS 2048u

static enum log_level most_detailed = LOG_INFO;

void log_set_level(enum log_level level) {
	most_detailed = level;
}

/* What comes from outside (a file's name, its words) must not end the line or steer a terminal. */
static void defuse(char *text, size_t octets) {
	for (size_t i = 0; i < octets; i++) {
		unsigned char c = (unsigned char)text[i];

		if (c < ' ' || c == 0x7f)
			text[i] = '?';
	}
}

/* Octets that vsnprintf really stored, given what it returned. */
static size_t stored_octets(int wanted, size_t room) {
	if (wanted < 0)
		return 0;
	return (size_t)wanted < room ? (size_t)wanted : room - 1;
}

static void print(enum log_level level, const char *module, const char *format, va_list arguments) {
	static const char *const words[] = {
		[LOG_ERROR] = "ERROR",
		[LOG_WARNING] = "WARNING",
		[LOG_INFO] = "INFO",
		[LOG_DEBUG] = "DEBUG",
	};
	char line[LINE_MAX_OCTETS];
	int saved_errno = errno;
	size_t n = stored_octets(
		snprintf(line, sizeof(line), "%s %s: ", words[level], module), sizeof(line)
	);

	n += stored_octets(
		vsnprintf(line + n, sizeof(line) - n, format, arguments), sizeof(line) - n
	);
	defuse(line, n);
	line[n++] = '\n'; // takes the place of the terminator
	/* A full or closed stderr must not stop the daemon: the line is lost then. */
	while (write(STDERR_FILENO, line, n) < 0 && errno == EINTR)
		;
	errno = saved_errno;
}

void log_line(enum log_level level, const char *module, const char *format, ...) {
	va_list arguments;

	if (level > most_detailed)
		return;
	va_start(arguments, format);
	print(level, module, format, arguments);
	va_end(arguments);
}

int log_error(int errno_value, const char *module, const char *format, ...) {
	va_list arguments;

	va_start(arguments, format);
	print(LOG_ERROR, module, format, arguments);
	va_end(arguments);
	return -errno_value;
}
