/* SPDX-License-Identifier: BSD-3-Clause */
/* What an agent that has been taken over may not do, and what a fetch needs. */
#include "control/keys/agent_filter.h"

#include <criterion/criterion.h>

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

/* Criterion needs what is forbidden: the filter is for a child, which ends with what it found. */
static int in_child(int (*run)(void)) {
	int status = 0;
	pid_t child = fork();

	cr_assert_geq(child, 0);
	if (child == 0) {
		if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 || agent_filter_begin() != 0)
			_exit(255);
		_exit(run());
	}
	cr_assert_eq(waitpid(child, &status, 0), child);
	cr_assert(WIFEXITED(status), "signal %d", WTERMSIG(status));
	return WEXITSTATUS(status);
}

/* In the child: which step was the first that went wrong. */
static int step, wrong_step;

static void expect(bool holds) {
	step++;
	if (!holds && wrong_step == 0)
		wrong_step = step;
}

static void expect_refusal(long result) {
	expect(result == -1 && errno == EPERM);
}

/* Signal 0 and wrong addresses: nothing would happen if it were allowed. */
static int reach_for_others(void) {
	const pid_t parent = getppid();

	expect_refusal(kill(parent, 0));
	expect_refusal(kill(getpid(), 0));
	expect_refusal(syscall(SYS_tkill, parent, 0));
	expect_refusal(syscall(SYS_tgkill, parent, parent, 0));
	expect_refusal(syscall(SYS_rt_sigqueueinfo, parent, 0, NULL));
	expect_refusal(syscall(SYS_pidfd_open, parent, 0));
	expect_refusal(syscall(SYS_pidfd_send_signal, 0, 0, NULL, 0));
	expect_refusal(syscall(SYS_ptrace, 0, 0, 0, 0));
	expect_refusal(syscall(SYS_process_vm_readv, parent, 0, 0, 0, 0));
	expect_refusal(syscall(SYS_process_vm_writev, parent, 0, 0, 0, 0));
	expect_refusal(syscall(SYS_prlimit64, parent, 0, NULL, NULL));
	expect_refusal(fcntl(STDIN_FILENO, F_SETOWN, parent));
	expect_refusal(fcntl(STDIN_FILENO, F_SETSIG, SIGKILL));
	expect_refusal(ioctl(STDIN_FILENO, TIOCSTI, "x"));
	expect_refusal(prctl(PR_SET_PDEATHSIG, 0, 0, 0, 0));
	return wrong_step;
}

static int change_something(void) {
	expect_refusal(execl("/bin/true", "true", NULL));
	expect_refusal(syscall(SYS_execveat, 0, "", NULL, NULL, 0));
	expect_refusal(fork());
	expect_refusal(syscall(SYS_vfork));
	expect_refusal(open("/dev/null", O_WRONLY));
	expect_refusal(open("/dev/null", O_RDWR));
	expect_refusal(open("/dev/null", O_RDONLY | O_TRUNC));
	expect_refusal(syscall(SYS_open, "/dev/null", O_WRONLY));
	expect_refusal(unlink("/nonexistent"));
	expect_refusal(rename("/nonexistent", "/nonexistent2"));
	return wrong_step;
}

static int administer(void) {
	expect_refusal(syscall(SYS_mount, NULL, "/", NULL, 0, NULL));
	expect_refusal(syscall(SYS_bpf, 0, NULL, 0));
	expect_refusal(syscall(SYS_io_uring_setup, 1, NULL));
	expect_refusal(syscall(SYS_unshare, 0));
	expect_refusal(syscall(SYS_userfaultfd, 0));
	expect(syscall(SYS_openat2, 0, NULL, NULL, 0) == -1 && errno == ENOSYS);
	expect(syscall(SYS_clone3, NULL, 0) == -1 && errno == ENOSYS);
	expect(syscall(9999) == -1 && errno == ENOSYS);
	return wrong_step;
}

static int open_sockets(void) {
	int pair[2];

	expect_refusal(socket(AF_UNIX, SOCK_STREAM, 0));
	expect_refusal(socket(AF_UNIX, SOCK_DGRAM, 0));
	expect_refusal(socket(AF_PACKET, SOCK_RAW, 0));
	expect_refusal(socket(AF_NETLINK, SOCK_RAW, 0));
	expect_refusal(socketpair(AF_UNIX, SOCK_DGRAM, 0, pair));
	expect_refusal(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, pair));
	expect(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0) >= 0);
	expect(socket(AF_INET6, SOCK_DGRAM, 0) >= 0 || errno == EAFNOSUPPORT);
	expect(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) == 0);
	return wrong_step;
}

static void *run_thread(void *ran) {
	*(int *)ran = 1;
	return NULL;
}

/* The resolver's way, by a thread as libcurl does it, and files that have changed meanwhile. */
static int do_what_a_fetch_needs(void) {
	const struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_ADDRCONFIG};
	struct addrinfo *found = NULL;
	struct rlimit limit;
	pthread_t thread;
	int ran = 0, fd;

	if (pthread_create(&thread, NULL, run_thread, &ran) != 0 ||
	    pthread_join(thread, NULL) != 0 || ran != 1)
		return 1;
	if (getaddrinfo("localhost", "443", &hints, &found) != 0 || found == NULL)
		return 2;
	freeaddrinfo(found);
	fd = open("/etc/hosts", O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (fd < 0 || fcntl(fd, F_SETFL, O_NONBLOCK) != 0 || fcntl(fd, F_DUPFD_CLOEXEC, 3) < 0)
		return 3;
	return getrlimit(RLIMIT_NOFILE, &limit) == 0 ? 0 : 4;
}

Test(agent_filter, other_processes_are_out_of_reach) {
	cr_assert_eq(in_child(reach_for_others), 0, "the step that was allowed");
}

Test(agent_filter, nothing_can_be_changed_or_started) {
	cr_assert_eq(in_child(change_something), 0, "the step that was allowed");
}

Test(agent_filter, administration_is_over) {
	cr_assert_eq(in_child(administer), 0, "the step that was allowed");
}

Test(agent_filter, sockets_lead_to_the_network_only) {
	cr_assert_eq(in_child(open_sockets), 0, "the step that went wrong");
}

Test(agent_filter, a_fetch_is_possible) {
	cr_assert_eq(in_child(do_what_a_fetch_needs), 0, "the step that went wrong");
}

/* 32-bit calls have other numbers: kill is 37 there. */
static int call_as_i386(void) {
	long result = 37;

	__asm__("int $0x80" : "+a"(result) : "b"(getppid()), "c"(0) : "memory");
	return (int)result;
}

Test(agent_filter, calls_of_another_architecture_end_it) {
	siginfo_t ended = {0};
	pid_t child = fork();

	if (child == 0) {
		if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 && agent_filter_begin() == 0)
			_exit(call_as_i386());
		_exit(EXIT_FAILURE);
	}
	cr_assert_eq(waitid(P_PID, (id_t)child, &ended, WEXITED), 0);
	cr_assert_neq(ended.si_code, CLD_EXITED);
}
