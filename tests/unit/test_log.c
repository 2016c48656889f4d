/* SPDX-License-Identifier: BSD-3-Clause */
/* Log lines when standard error takes no more: they are lost and counted, and nobody waits. */
#include "control/log_level.h"
#include "control/log_limit.h"

#include <criterion/criterion.h>

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <time.h>
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

/* Held back lines are told with the next line of any kind, once their second is over. */
Test(log, holds_back_a_line_that_is_said_again_and_again) {
	const struct timespec second = {.tv_sec = 1, .tv_nsec = 1000000};

	for (uint32_t i = 0; i < 3 * LOG_SAME_PER_S; i++) {
		log_info("mka", "at the start");
		assert_printed("INFO mka: at the start\n");
	}
	log_limit_lines();
	for (uint32_t i = 0; i < LOG_SAME_PER_S; i++) {
		log_info("mka", "again");
		assert_printed("INFO mka: again\n");
	}
	for (unsigned i = 0; i < 3; i++)
		log_info("mka", "again");
	log_info("mka", "other");
	assert_printed("INFO mka: other\n");
	nanosleep(&second, NULL); // the rule itself is about a second
	log_info("link", "later");
	assert_printed("WARNING mka: 3 lines were held back: said before\nINFO link: later\n");
}

Test(log, prints_what_the_level_of_its_module_lets_through) {
	cr_assert(log_set_module("mka", LOG_DEBUG));
	cr_assert_not(log_set_module("none", LOG_DEBUG));
	log_debug("mka", "a");
	log_debug("link", "b");
	assert_printed("DEBUG mka: a\n");
	log_set_level(LOG_ERROR);
	log_warning("mka", "c");
	log_warning("none", "d");
	cr_assert_eq(log_error(EIO, "mka", "e"), -EIO);
	assert_printed("ERROR mka: e\n");
}

/* Before main() ignores SIGPIPE, too. */
Test(log, outlives_its_reader) {
	signal(SIGPIPE, SIG_DFL);
	close(reader);
	log_info("test", "nobody is there");
	close(STDERR_FILENO);
	log_info("test", "nothing is there");
}
