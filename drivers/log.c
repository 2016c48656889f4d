/* SPDX-License-Identifier: BSD-3-Clause */
/* The drivers' log: formats a line and hands it to whoever asked for it. */
#include "drivers/log.h"

#include <stdarg.h>
#include <stdio.h>

#define LOG_LINE_OCTETS 512

static int print_error(int errno_value, const char *module, const char *text) {
	fprintf(stderr, "ERROR %s: %s\n", module, text);
	return -errno_value;
}

static void print_info(const char *module, const char *text) {
	fprintf(stderr, "INFO %s: %s\n", module, text);
}

/* Written once at start, before there is a second thread: see driver_log_set. */
static struct {
	int (*error)(int errno_value, const char *module, const char *text);
	void (*info)(const char *module, const char *text);
} log_sink = {print_error, print_info};

void driver_log_set(
	int (*error)(int errno_value, const char *module, const char *text),
	void (*info)(const char *module, const char *text)
) {
	log_sink.error = error != NULL ? error : print_error;
	log_sink.info = info != NULL ? info : print_info;
}

int driver_error(int errno_value, const char *module, const char *format, ...) {
	char text[LOG_LINE_OCTETS];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	return log_sink.error(errno_value, module, text);
}

void driver_info(const char *module, const char *format, ...) {
	char text[LOG_LINE_OCTETS];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	log_sink.info(module, text);
}
