/* SPDX-License-Identifier: BSD-3-Clause */
/* Log lines when standard error takes no more: they are lost and counted, and nobody waits. */
#include "control/log.h"

#include <criterion/criterion.h>

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <unistd.h>

static int reader = -1;

/* Standard error becomes a pipe whose write end blocks, as in `macsecd 2>&1 | less`. */
static void pipe_open(void) {
	int ends[2];

	cr_assert_eq(pipe(ends), 0);
	cr_assert_eq(fcntl(ends[0], F_SETFL, O_NONBLOCK), 0);
	cr_assert_eq(dup2(ends[1], STDERR_FILENO), STDERR_FILENO);
	close(ends[1]);
	reader = ends[0];
}

TestSuite(log, .init = pipe_open, .timeout = 20);

static void pipe_fill(void) {
	static const char page[PIPE_BUF];

	cr_assert_eq(fcntl(STDERR_FILENO, F_SETFL, O_NONBLOCK), 0);
	while (write(STDERR_FILENO, page, sizeof(page)) > 0)
		;
	cr_assert_eq(errno, EAGAIN);
	cr_assert_eq(fcntl(STDERR_FILENO, F_SETFL, 0), 0);
}

static void pipe_drain(void) {
	static char page[PIPE_BUF];

	while (read(reader, page, sizeof(page)) > 0)
		;
}

static void assert_printed(const char *expected) {
	char text[PIPE_BUF];
	const ssize_t n = read(reader, text, sizeof(text) - 1);

	text[n > 0 ? n : 0] = '\0';
	cr_assert_str_eq(text, expected);
}

Test(log, prints_a_line_at_once) {
	cr_assert_eq(log_error(ENODEV, "port", "no %s\n", "eth7"), -ENODEV);
	assert_printed("ERROR port: no eth7?\n");
}

Test(log, waits_for_no_reader_and_says_once_how_many_lines_were_lost) {
	pipe_fill();
	for (int i = 0; i < 3; i++)
		log_info("test", "line %d", i);
	pipe_drain();
	log_info("test", "after");
	assert_printed("WARNING log: 3 lines were lost: standard error took no more\n"
		       "INFO test: after\n");
	log_info("test", "later");
	assert_printed("INFO test: later\n");
}

Test(log, leaves_errno_alone) {
	pipe_fill();
	errno = EXDEV;
	log_info("test", "lost");
	cr_assert_eq(errno, EXDEV);
	pipe_drain();
	errno = EXDEV;
	log_info("test", "printed");
	cr_assert_eq(errno, EXDEV);
}

/* Before main() ignores SIGPIPE, too. */
Test(log, outlives_its_reader) {
	signal(SIGPIPE, SIG_DFL);
	close(reader);
	log_info("test", "nobody is there");
	close(STDERR_FILENO);
	log_info("test", "nothing is there");
}
