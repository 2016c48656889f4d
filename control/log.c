/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Log lines to standard error: one write(2) each, so that lines of several processes never mix.
 * The control thread also keeps MKA alive: it does not wait until somebody reads a full pipe.
 */
#include "control/log.h"

#include "control/log_level.h"
#include "control/log_limit.h"
#include "control/monotonic.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define LINE_MAX_OCTETS 2048u

/* A pipe that polls as writable has room for PIPE_BUF octets: such a write does not block, unless
 * another process that shares the pipe takes the room between poll and write. */
_Static_assert(LINE_MAX_OCTETS <= PIPE_BUF, "a line fits into the room that poll promises");

static atomic_uint lost_lines;                                 // since standard error last took one
static pthread_mutex_t limit_lock = PTHREAD_MUTEX_INITIALIZER; // of `limit`; nothing waits under it
static struct log_limit limit;
static atomic_bool is_limited;

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

/* Setting O_NONBLOCK instead would set it for everybody who shares this standard error. False: the
 * line is lost, because nobody reads, or nobody is there (an event other than POLLOUT). */
static bool write_line(const char *line, size_t octets) {
	struct pollfd out = {.fd = STDERR_FILENO, .events = POLLOUT};
	ssize_t written;

	if (poll(&out, 1, 0) != 1 || out.revents != POLLOUT)
		return false;
	do
		written = write(STDERR_FILENO, line, octets);
	while (written < 0 && errno == EINTR);
	return written >= 0;
}

/* Keeps the count when not even this line can be written. */
static void confess_lost_lines(void) {
	const unsigned n = atomic_exchange(&lost_lines, 0);
	char line[96];
	int octets;

	if (n == 0)
		return;
	octets = snprintf(
		line, sizeof(line), "WARNING log: %u line%s lost: standard error took no more\n", n,
		n == 1 ? " was" : "s were"
	);
	if (!write_line(line, stored_octets(octets, sizeof(line))))
		atomic_fetch_add(&lost_lines, n);
}

/* Those of the seconds that are over, each module by itself. */
static void confess_held_lines(uint64_t at_ns) {
	char module[LOG_LIMIT_MODULE_OCTETS], line[128];
	uint32_t n;

	for (;;) {
		pthread_mutex_lock(&limit_lock);
		n = log_limit_told(&limit, at_ns, module);
		pthread_mutex_unlock(&limit_lock);
		if (n == 0)
			return;
		const int octets = snprintf(
			line, sizeof(line), "WARNING %s: %u line%s held back: said before\n",
			module, n, n == 1 ? " was" : "s were"
		);
		if (!write_line(line, stored_octets(octets, sizeof(line))))
			atomic_fetch_add(&lost_lines, n);
	}
}

/* Whether a line may be said once more now. */
static bool is_allowed(const char *module, const char *format, const char *line, size_t octets) {
	const uint64_t at_ns = monotonic_ns();

	if (!atomic_load(&is_limited))
		return true;
	confess_held_lines(at_ns);
	pthread_mutex_lock(&limit_lock);
	const bool allows = log_limit_allows(&limit, module, format, line, octets, at_ns);
	pthread_mutex_unlock(&limit_lock);
	return allows;
}

void log_limit_lines(void) {
	atomic_store(&is_limited, true);
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
	confess_lost_lines();
	if (is_allowed(module, format, line, n) && !write_line(line, n))
		atomic_fetch_add(&lost_lines, 1);
	errno = saved_errno;
}

void log_line(enum log_level level, const char *module, const char *format, ...) {
	va_list arguments;

	if (!log_is_wanted(level, module))
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
