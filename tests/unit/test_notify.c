/* SPDX-License-Identifier: BSD-3-Clause */
/* What a service manager hears, from a socket of the test's in its place. */
#include "control/notify.h"
#include "tests/unit/capture_stderr.h"

#include <criterion/criterion.h>
#include <event2/event.h>

#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <time.h>

static struct {
	char folder[64], path[96];
	int fd;
	struct event_base *base;
} manager;

static int listen_at(const char *name, size_t octets) {
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	const int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0);

	memcpy(address.sun_path, name, octets);
	cr_assert_eq(
		bind(fd, (struct sockaddr *)&address,
		     (socklen_t)(offsetof(struct sockaddr_un, sun_path) + octets)),
		0
	);
	return fd;
}

static void begin(void) {
	unsetenv("WATCHDOG_USEC");
	unsetenv("WATCHDOG_PID");
	snprintf(manager.folder, sizeof(manager.folder), "/tmp/macsecd-notify-XXXXXX");
	cr_assert_not_null(mkdtemp(manager.folder));
	snprintf(manager.path, sizeof(manager.path), "%s/notify", manager.folder);
	manager.fd = listen_at(manager.path, strlen(manager.path));
	setenv("NOTIFY_SOCKET", manager.path, 1);
	manager.base = event_base_new();
}

static void end(void) {
	event_base_free(manager.base);
	close(manager.fd);
	unlink(manager.path);
	rmdir(manager.folder);
}

TestSuite(notify, .init = begin, .fini = end, .timeout = 30);

static void assert_nothing_heard(void) {
	char text[256];

	cr_assert_eq(recv(manager.fd, text, sizeof(text), 0), -1);
}

static void assert_heard(const char *expected) {
	char text[256] = "";
	const ssize_t n = recv(manager.fd, text, sizeof(text) - 1, 0);

	cr_assert_gt(n, 0, "nothing heard in place of: %s", expected);
	cr_assert_str_eq(text, expected);
}

static uint64_t now_us(void) {
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
}

Test(notify, life_of_a_daemon) {
	struct notify *notify = notify_open(manager.base);

	assert_nothing_heard();
	notify_tell(notify, 0, 2);
	assert_heard("READY=1\nSTATUS=0 of 2 links secured");
	notify_tell(notify, 0, 2);
	assert_nothing_heard();
	notify_tell(notify, 1, 2);
	assert_heard("READY=1\nSTATUS=1 of 2 links secured");
	notify_tell(notify, 1, 1);
	assert_heard("READY=1\nSTATUS=1 of 1 link secured");
	notify_close(notify);
	assert_heard("STOPPING=1\nSTATUS=stopping");
}

Test(notify, reload_begins_at_a_time_and_ends_with_the_next_word) {
	struct notify *notify = notify_open(manager.base);
	unsigned long long at_us;
	char text[256] = "";

	notify_tell(notify, 2, 2);
	assert_heard("READY=1\nSTATUS=2 of 2 links secured");
	const uint64_t before_us = now_us();
	notify_reloading(notify);
	cr_assert_gt(recv(manager.fd, text, sizeof(text) - 1, 0), 0);
	cr_assert_eq(
		sscanf(text, "RELOADING=1\nMONOTONIC_USEC=%llu\nSTATUS=", &at_us), 1, "%s", text
	);
	cr_assert(at_us >= before_us && at_us <= now_us());
	notify_tell(notify, 2, 2);
	assert_heard("READY=1\nSTATUS=2 of 2 links secured");
	notify_close(notify);
}

static void ask_for_beats(const char *limit_us) {
	char pid[32];

	setenv("WATCHDOG_USEC", limit_us, 1);
	snprintf(pid, sizeof(pid), "%d", (int)getpid());
	setenv("WATCHDOG_PID", pid, 1);
}

static int take_due(const struct event_base *base, const struct event *event, void *arg) {
	(void)base;
	return event_pending(event, EV_TIMEOUT, arg) ? 0 : -1;
}

Test(notify, heart_beats_twice_in_the_limit) {
	struct timeval due = {0}, now;

	ask_for_beats("20000000");
	struct notify *notify = notify_open(manager.base);
	cr_assert_eq(event_base_foreach_event(manager.base, take_due, &due), 0);
	gettimeofday(&now, NULL);
	timersub(&due, &now, &due);
	cr_assert(due.tv_sec >= 7 && due.tv_sec <= 10, "due in %ld s", (long)due.tv_sec);
	notify_close(notify);
}

Test(notify, heart_goes_on_beating) {
	char text[256];
	unsigned n = 0;

	ask_for_beats("20000");
	struct notify *notify = notify_open(manager.base);
	while (n < 5) {
		cr_assert_eq(event_base_loop(manager.base, EVLOOP_ONCE), 0);
		for (ssize_t octets; (octets = recv(manager.fd, text, sizeof(text), 0)) > 0; n++)
			cr_assert(octets == 10 && memcmp(text, "WATCHDOG=1", 10) == 0);
	}
	notify_close(notify);
}

static void assert_heart_is_still(void) {
	struct notify *notify = notify_open(manager.base);

	cr_assert_not_null(notify);
	cr_assert_eq(event_base_get_num_events(manager.base, EVENT_BASE_COUNT_ADDED), 0);
	notify_close(notify);
	assert_heard("STOPPING=1\nSTATUS=stopping");
}

Test(notify, no_heart_beat_unless_it_is_asked_of_us) {
	static const char *const wrong[] = {
		"", "0", "1", "-5", "soon", "200000x", "99999999999999999999999"};

	assert_heart_is_still();
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		setenv("WATCHDOG_USEC", wrong[i], 1);
		assert_heart_is_still();
	}
	setenv("WATCHDOG_USEC", "200000", 1);
	setenv("WATCHDOG_PID", "1", 1);
	assert_heart_is_still();
}

/* A service manager that hangs must not hang us: MKA's peers would be lost after 6 s. */
Test(notify, nobody_reads_and_nothing_waits) {
	struct notify *notify = notify_open(manager.base);
	const uint64_t before_us = now_us();
	char text[256], last[256] = "";

	for (size_t i = 1; i <= 5000; i++)
		notify_tell(notify, i, 9999);
	cr_assert_lt(now_us() - before_us, 5000000u);
	while (recv(manager.fd, text, sizeof(text), 0) > 0)
		;
	notify_tell(notify, 5000, 9999); // what found no room is told when there is some
	cr_assert_gt(recv(manager.fd, last, sizeof(last) - 1, 0), 0);
	cr_assert_str_eq(last, "READY=1\nSTATUS=5000 of 9999 links secured");
	notify_close(notify);
}

Test(notify, abstract_name) {
	char name[64], text[64] = "";

	snprintf(name, sizeof(name), "@macsecd-notify-%d", (int)getpid());
	setenv("NOTIFY_SOCKET", name, 1);
	const size_t octets = strlen(name);
	name[0] = '\0';
	const int fd = listen_at(name, octets);
	struct notify *notify = notify_open(manager.base);

	notify_tell(notify, 0, 1);
	cr_assert_gt(recv(fd, text, sizeof(text) - 1, 0), 0);
	cr_assert_str_eq(text, "READY=1\nSTATUS=0 of 1 link secured");
	notify_close(notify);
	close(fd);
}

Test(notify, without_a_service_manager) {
	struct capture *capture = capture_begin();

	unsetenv("NOTIFY_SOCKET");
	cr_assert_null(notify_open(manager.base));
	setenv("NOTIFY_SOCKET", "", 1);
	cr_assert_null(notify_open(manager.base));
	notify_tell(NULL, 1, 1);
	notify_reloading(NULL);
	notify_close(NULL);
	cr_assert_str_empty(capture_end(capture)->text);
	free(capture);
}

Test(notify, wrong_addresses_are_warned_of) {
	char long_path[200] = "/";

	memset(long_path + 1, 'a', sizeof(long_path) - 2);
	const char *const wrong[] = {"relative", "/", "@", "vsock:2:1234", long_path};

	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		struct capture *capture = capture_begin();

		setenv("NOTIFY_SOCKET", wrong[i], 1);
		cr_assert_null(notify_open(manager.base), "%s", wrong[i]);
		cr_assert_not_null(strstr(capture_end(capture)->text, "look at NOTIFY_SOCKET"));
		free(capture);
	}
}

Test(notify, one_warning_when_the_socket_is_gone) {
	struct capture *capture = capture_begin();
	struct notify *notify = notify_open(manager.base);

	unlink(manager.path);
	for (size_t i = 0; i < 100; i++)
		notify_tell(notify, i, 100);
	notify_close(notify);
	cr_assert_eq(capture_lines(capture_end(capture)), 1, "%s", capture->text);
	free(capture);
}
