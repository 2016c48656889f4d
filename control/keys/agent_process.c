/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Process set-up. The order matters: the limit of locked memory is raised while it may be, and the
 * death signal, set before, survives that the capabilities become fewer (prctl(2)).
 */
#include "control/keys/agent_process.h"

#include "control/log.h"
#include "control/secret.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/capability.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

/* An answer of 1 MiB that grows as it comes, its parsed form and the tokens. */
#define LOCKED_OCTETS ((rlim_t)16 * 1024 * 1024)

bool agent_process_tie(pid_t parent) {
	return prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) == 0 && getppid() == parent;
}

/* Ctrl-C goes to the whole group of processes: the daemon decides when the others end, by closing
 * the socket. */
static void signals_begin(void) {
	static const int ignored[] = {SIGINT, SIGHUP, SIGQUIT, SIGPIPE};
	static const int usual[] = {SIGTERM, SIGCHLD, SIGUSR1, SIGUSR2, SIGALRM};
	sigset_t none;

	for (size_t i = 0; i < sizeof(ignored) / sizeof(ignored[0]); i++)
		signal(ignored[i], SIG_IGN);
	for (size_t i = 0; i < sizeof(usual) / sizeof(usual[0]); i++)
		signal(usual[i], SIG_DFL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

/* Where it is not permitted, secret_alloc says what is missing, if something is. */
static void raise_locked_memory(void) {
	struct rlimit limit;

	if (getrlimit(RLIMIT_MEMLOCK, &limit) != 0 || limit.rlim_cur >= LOCKED_OCTETS)
		return;
	if (limit.rlim_max < LOCKED_OCTETS)
		limit.rlim_max = LOCKED_OCTETS;
	limit.rlim_cur = LOCKED_OCTETS;
	setrlimit(RLIMIT_MEMLOCK, &limit);
}

/* Standard input and output become nobody's: a socket that got their numbers would be read and
 * written by what means those. */
static int close_others(int fd) {
	const int nobody = open("/dev/null", O_RDWR | O_CLOEXEC);
	const int kept = fcntl(fd, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);

	if (nobody < 0 || kept < 0 || dup2(nobody, STDIN_FILENO) < 0 ||
	    dup2(nobody, STDOUT_FILENO) < 0)
		return -errno;
	if (kept > STDERR_FILENO + 1 && close_range(STDERR_FILENO + 1, (unsigned)kept - 1, 0) != 0)
		return -errno;
	if (close_range((unsigned)kept + 1, UINT_MAX, 0) != 0)
		return -errno;
	return kept;
}

/* No new privileges: not even an executable of root's would give a capability back. */
static int drop_capabilities(void) {
	struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct none[_LINUX_CAPABILITY_U32S_3];

	memset(none, 0, sizeof(none));
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 ||
	    prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0) != 0 ||
	    syscall(SYS_capset, &header, none) != 0 || prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0)
		return -errno;
	return 0;
}

int agent_process_begin(const char *name, int fd) {
	int result;

	secret_shutdown();
	prctl(PR_SET_NAME, name, 0, 0, 0);
	signals_begin();
	raise_locked_memory();
	fd = close_others(fd);
	result = fd < 0 ? fd : drop_capabilities();
	if (result < 0)
		return log_error(
			-result, "keys",
			"%s cannot give up what it does not need (%s); allow capset, prctl and "
			"close_range to the service (Linux 5.9 or later)",
			name, strerror(-result)
		);
	return fd;
}
