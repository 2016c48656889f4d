/* SPDX-License-Identifier: BSD-3-Clause */

#include "tests/tap.h"

#include <stdarg.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#define WAIT_NS 30000000000u
#define WAIT_LOOK_NS 20000

static unsigned cases; // reported so far
static void (*explain)(const void *);
static const void *explain_arg;

static void report(const char *verdict, const char *format, va_list args) {
	flockfile(stdout);
	printf("%s %u - ", verdict, ++cases);
	vprintf(format, args);
	putchar('\n');
	fflush(stdout);
	funlockfile(stdout);
}

void tap_ok(const char *format, ...) {
	va_list args;
	va_start(args, format);
	report("ok", format, args);
	va_end(args);
}

void tap_explain_with(void (*new_explain)(const void *), const void *arg) {
	explain = new_explain;
	explain_arg = arg;
}

void tap_fail(const char *format, ...) {
	va_list args;
	if (explain != NULL)
		explain(explain_arg);
	va_start(args, format);
	report("not ok", format, args);
	va_end(args);
	_exit(1); // not exit(): other threads still use what its handlers would take down
}

int tap_end(void) {
	printf("1..%u\n", cases);
	return cases == 0;
}

uint64_t tap_now_ns(void) {
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

struct tap_wait tap_wait_for(const char *what) {
	return (struct tap_wait){what, tap_now_ns() + WAIT_NS};
}

void tap_wait_more(const struct tap_wait *wait) {
	tap_must(
		tap_now_ns() < wait->end_ns, "waited %u s in vain until %s",
		(unsigned)(WAIT_NS / 1000000000u), wait->what
	);
	// sched_yield would be the natural call, but a storm of yields makes some kernels (seen on
	// 6.18) leave other runnable threads of the process without the CPU for seconds
	nanosleep(&(struct timespec){.tv_nsec = WAIT_LOOK_NS}, NULL);
}
