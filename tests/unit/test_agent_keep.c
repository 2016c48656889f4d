/* SPDX-License-Identifier: BSD-3-Clause */
/* Keeper and agent as processes, with a cloud that answers as it is told: what they may do, what
 * becomes of them and of the keys. */
#include "control/keys/key_agent_parts.h"
#include "control/secret.h"
#include "tests/unit/capture_stderr.h"
#include "tests/unit/fake_kms.h"
#include "tests/unit/process_look.h"

#include <criterion/criterion.h>
#include <event2/event.h>

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <stdlib.h>
#include <sys/pidfd.h>

static struct fake_kms *cloud;
static struct event_base *base;
static struct key_agent *agent;

static void on_changed(void *ctx) {
	(void)ctx;
}

static void lab_begin(void) {
	cloud = fake_kms_create();
	cr_assert_eq(key_agent_start(&agent), 0);
	base = event_base_new();
	cr_assert_eq(key_agent_watch(agent, base, on_changed, NULL), 0);
}

static void lab_end(void) {
	key_agent_stop(agent);
	event_base_free(base);
	secret_shutdown();
}

TestSuite(agent_keep, .init = lab_begin, .fini = lab_end, .timeout = 20);

/* Turns the event loop until the agent has said something. */
static void turn(void) {
	cr_assert_eq(event_base_loop(base, EVLOOP_ONCE), 0);
}

static struct service_key key_of(const char *id) {
	struct service_key key = {.service = {.name = "prod", .url = "https://kms.example"}};

	snprintf(key.id, sizeof(key.id), "%s", id);
	return key;
}

static void wants(const char *id, uint32_t poll_s) {
	struct service_key key = key_of(id);

	cr_assert_eq(key_agent_want(agent, &key, poll_s), 0);
}

static int cak_of(const char *id) {
	struct service_key key = key_of(id);
	uint8_t cak[AGENT_CAK_OCTETS], expected[AGENT_CAK_OCTETS];
	int result = key_agent_cak(agent, &key, cak);

	fake_kms_cak(id, expected);
	if (result == 0)
		cr_assert_arr_eq(cak, expected, sizeof(cak));
	return result;
}

static struct key_agent_status status_now(void) {
	struct key_agent_status status;

	key_agent_status(agent, &status);
	return status;
}

static void await_ready(uint32_t restarts) {
	while (!status_now().is_alive || status_now().restarts < restarts)
		turn();
}

static void await_cak(const char *id) {
	while (cak_of(id) != 0)
		turn();
}

/* The agent is in a call, or was: a call that hangs is nothing to wait for by events. */
static void await_calls(unsigned int n) {
	while (atomic_load(&cloud->fetches) + atomic_load(&cloud->looks) < n) {
		event_base_loop(base, EVLOOP_NONBLOCK);
		sched_yield();
	}
}

static pid_t agent_pid(void) {
	return (pid_t)status_now().pid;
}

static void assert_status(pid_t pid, const char *name, const char *expected) {
	char value[128];

	process_status(pid, name, value, sizeof(value));
	cr_assert_str_eq(value, expected, "%s of %d: %s", name, (int)pid, value);
}

Test(agent_keep, both_may_do_nothing_and_hold_nothing) {
	static const char *const sets[] = {"CapInh", "CapPrm", "CapEff", "CapAmb"};
	char parent[16];

	await_ready(0);
	snprintf(parent, sizeof(parent), "%d", (int)agent->keeper);
	assert_status(agent_pid(), "PPid", parent);
	assert_status(agent_pid(), "Name", "macsecd-keys");
	assert_status(agent->keeper, "Name", "macsecd-keeper");
	for (size_t i = 0; i < 4; i++) {
		assert_status(agent_pid(), sets[i], "0000000000000000");
		assert_status(agent->keeper, sets[i], "0000000000000000");
	}
	assert_status(agent_pid(), "NoNewPrivs", "1");
	assert_status(agent_pid(), "Seccomp", "2"); // a filter
	assert_status(agent->keeper, "NoNewPrivs", "1");
	cr_assert_eq(process_descriptors(agent_pid()), 1);
	cr_assert_leq(process_descriptors(agent->keeper), 2);
}

Test(agent_keep, a_key_comes_and_is_looked_at) {
	wants("a", 1);
	wants("b", 1);
	await_cak("a");
	await_cak("b");
	await_calls(4);
	cr_assert_eq(atomic_load(&cloud->fetches), 2);
	cr_assert_geq(atomic_load(&cloud->looks), 2);
}

Test(agent_keep, a_killed_agent_is_replaced_and_no_key_is_lost) {
	wants("had", 1);
	await_cak("had");
	for (uint32_t i = 1; i <= 3; i++) {
		kill(agent_pid(), SIGKILL);
		await_ready(i);
		cr_assert_eq(cak_of("had"), 0);
	}
	cr_assert_eq(atomic_load(&cloud->fetches), 1, "what is had is not fetched again");
	wants("new", 1);
	await_cak("new");
	cr_assert_eq(status_now().restarts, 3);
}

Test(agent_keep, an_agent_killed_in_a_call_is_replaced) {
	await_ready(0);
	atomic_store(&cloud->mode, FAKE_KMS_HANGS);
	wants("a", 1);
	await_calls(1);
	wants("told to the old agent only", 1);
	kill(agent_pid(), SIGKILL);
	atomic_store(&cloud->mode, FAKE_KMS_GOOD);
	await_cak("a");
	await_cak("told to the old agent only");
	cr_assert_eq(status_now().restarts, 1);
}

Test(agent_keep, an_agent_that_dies_of_its_work_is_replaced_ever_later) {
	struct timespec begun, ended;

	atomic_store(&cloud->mode, FAKE_KMS_DIES);
	clock_gettime(CLOCK_MONOTONIC, &begun);
	wants("a", 1);
	while (status_now().is_alive || status_now().restarts < 3)
		turn();
	cr_assert_eq(status_now().pid, 0, "none runs before the next 800 ms are over");
	await_ready(4);
	clock_gettime(CLOCK_MONOTONIC, &ended);
	cr_assert_geq(
		(ended.tv_sec - begun.tv_sec) * 1000 + (ended.tv_nsec - begun.tv_nsec) / 1000000,
		100 + 200 + 400 + 800
	);
	atomic_store(&cloud->mode, FAKE_KMS_GOOD);
	await_cak("a");
}

Test(agent_keep, a_service_that_was_down_is_asked_again) {
	struct key_agent_view view;
	struct service_key key = key_of("a");

	atomic_store(&cloud->mode, FAKE_KMS_DOWN);
	wants("a", 300);
	do
		turn();
	while (!key_agent_view_of(agent, &key, &view) || !view.was_asked);
	cr_assert_eq(view.verdict, AGENT_WAITING);
	cr_assert_gt(view.retry_ns, view.news_ns);
	atomic_store(&cloud->mode, FAKE_KMS_GOOD);
	await_cak("a");
}

Test(agent_keep, a_new_credential_ends_a_refusal_before_the_next_poll) {
	atomic_store(&cloud->mode, FAKE_KMS_REFUSES);
	wants("a", 3600);
	while (cak_of("a") != -EACCES)
		turn();
	atomic_store(&cloud->mode, FAKE_KMS_GOOD);
	atomic_store(&cloud->has_new_credential, true);
	await_cak("a");
}

Test(agent_keep, a_key_that_fails_starves_no_other) {
	atomic_store(&cloud->mode, FAKE_KMS_DOWN);
	wants("a", 1);
	wants("b", 1);
	wants("c", 1);
	await_calls(4);
	atomic_store(&cloud->mode, FAKE_KMS_GOOD);
	await_cak("a");
	await_cak("b");
	await_cak("c");
}

/* The terminal's signals mean the daemon; SIGTERM means the one that gets it. */
Test(agent_keep, the_terminal_ends_neither) {
	await_ready(0);
	kill(agent_pid(), SIGINT);
	kill(agent_pid(), SIGHUP);
	kill(agent->keeper, SIGINT);
	kill(agent->keeper, SIGHUP);
	kill(agent->keeper, SIGTERM);
	wants("a", 1);
	await_cak("a");
	cr_assert_eq(status_now().restarts, 0);
	kill(agent_pid(), SIGTERM);
	await_ready(1);
	wants("b", 1);
	await_cak("b");
}

static void await_end(int pid_fd) {
	struct pollfd ended = {.fd = pid_fd, .events = POLLIN};

	cr_assert_eq(poll(&ended, 1, 20000), 1, "it did not end");
	close(pid_fd);
}

Test(agent_keep, an_orderly_stop_ends_both_even_in_a_call) {
	int agent_fd, keeper_fd;

	await_ready(0);
	atomic_store(&cloud->mode, FAKE_KMS_HANGS);
	wants("a", 1);
	await_calls(1);
	agent_fd = pidfd_open(agent_pid(), 0);
	keeper_fd = pidfd_open(agent->keeper, 0);
	key_agent_stop(agent);
	agent = NULL;
	await_end(agent_fd);
	await_end(keeper_fd);
}

Test(agent_keep, a_stop_does_not_wait_for_a_keeper_that_is_stopped) {
	int agent_fd;

	await_ready(0);
	agent_fd = pidfd_open(agent_pid(), 0);
	kill(agent->keeper, SIGSTOP);
	key_agent_stop(agent);
	agent = NULL;
	await_end(agent_fd);
}

/* What a daemon would be, in a child: it says which processes it has, and waits. */
static void live_as_daemon(int out) {
	pid_t pids[2];

	secret_shutdown(); // what a child sees of its parent's is zeroes
	cloud = fake_kms_create();
	if (key_agent_start(&agent) != 0)
		_exit(1);
	base = event_base_new();
	key_agent_watch(agent, base, on_changed, NULL);
	while (!status_now().is_alive)
		event_base_loop(base, EVLOOP_ONCE);
	pids[0] = agent->keeper;
	pids[1] = agent_pid();
	if (write(out, pids, sizeof(pids)) != sizeof(pids))
		_exit(1);
	while (true)
		pause();
}

Test(agent_keep, both_end_with_a_killed_daemon) {
	int ends[2], fds[2];
	pid_t daemon, pids[2];

	cr_assert_eq(pipe2(ends, O_CLOEXEC), 0);
	daemon = fork();
	if (daemon == 0)
		live_as_daemon(ends[1]);
	close(ends[1]);
	cr_assert_eq(read(ends[0], pids, sizeof(pids)), (ssize_t)sizeof(pids));
	fds[0] = pidfd_open(pids[0], 0);
	fds[1] = pidfd_open(pids[1], 0);
	kill(daemon, SIGKILL);
	waitpid(daemon, NULL, 0);
	await_end(fds[0]);
	await_end(fds[1]);
	close(ends[0]);
}

Test(agent_keep, the_end_of_the_keeper_ends_the_agent_and_is_noticed) {
	int agent_fd;

	wants("a", 1);
	await_cak("a");
	agent_fd = pidfd_open(agent_pid(), 0);
	kill(agent->keeper, SIGKILL);
	await_end(agent_fd);
	while (status_now().is_alive)
		turn();
	cr_assert_eq(cak_of("a"), 0);
}

Test(agent_keep, the_agent_keeps_no_key_and_sees_none_of_the_daemon_s) {
	uint8_t expected[AGENT_CAK_OCTETS];
	uint64_t n_octets = 0;

	if (geteuid() != 0)
		cr_skip_test("only root may look into a process that is not dumpable");
	wants("a", 1);
	await_cak("a");
	await_calls(2); // it looks now: what it had of the fetch is gone
	kill(agent_pid(), SIGSTOP);
	fake_kms_cak("a", expected);
	cr_assert_not(
		process_holds(agent_pid(), expected, AGENT_CAK_OCTETS, &n_octets),
		"the agent holds the CAK"
	);
	cr_assert_not(process_holds(agent->keeper, expected, AGENT_CAK_OCTETS, &n_octets));
	cr_assert(
		process_holds(getpid(), expected, AGENT_CAK_OCTETS, &n_octets),
		"the search finds what is there"
	);
	cr_assert_gt(n_octets, 1u << 20);
	kill(agent_pid(), SIGCONT);
}
