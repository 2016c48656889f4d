/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The keeper: it holds the agent's end of the socket, so that each agent inherits it and nothing
 * that the daemon has sent is lost with an agent. The end of the daemon shows as a hang-up there.
 */
#include "control/keys/agent.h"
#include "control/keys/agent_process.h"
#include "control/keys/agent_wire.h"
#include "control/log.h"
#include "control/monotonic.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define BACK_OFF_FIRST_MS 100u
#define BACK_OFF_MAX_MS 10000u
#define LONG_LIFE_MS 60000u // an agent that lived so long did not end "soon"
#define FAREWELL_MS 1000    // for an agent to wipe and end by itself

struct keeper {
	int fd;
	pid_t agent;
	int agent_fd; // pidfd
	uint32_t back_off_ms;
};

/* Waits until the daemon has hung up (true), `other` can be read, or timeout_ms have passed; -1:
 * for ever. other: -1: none. */
static bool await_hang_up(const struct keeper *keeper, int other, int timeout_ms) {
	struct pollfd polled[2] = {{.fd = keeper->fd}, {.fd = other, .events = POLLIN}};

	while (poll(polled, 2, timeout_ms) < 0 && errno == EINTR)
		;
	return (polled[0].revents & (POLLHUP | POLLERR | POLLNVAL)) != 0;
}

static int agent_begin(struct keeper *keeper) {
	const pid_t self = getpid();

	keeper->agent = fork();
	if (keeper->agent == 0)
		_exit(agent_process_tie(self) ? agent_run(keeper->fd) : EXIT_FAILURE);
	if (keeper->agent < 0)
		return log_error(
			errno, "keys",
			"no key agent could be forked (%s); raise the limit of "
			"processes: TasksMax= of the service, or 'ulimit -u'",
			strerror(errno)
		);
	keeper->agent_fd = pidfd_open(keeper->agent, 0);
	return keeper->agent_fd < 0 ? -errno : 0;
}

/* Gives it the time to wipe what it has. Returns what waitpid says of it. */
static int agent_end(struct keeper *keeper, int farewell_ms) {
	struct pollfd ended = {.fd = keeper->agent_fd, .events = POLLIN};
	int status = 0;

	if (keeper->agent_fd < 0 || poll(&ended, 1, farewell_ms) != 1)
		kill(keeper->agent, SIGKILL);
	while (waitpid(keeper->agent, &status, 0) < 0 && errno == EINTR)
		;
	if (keeper->agent_fd >= 0)
		close(keeper->agent_fd);
	return status;
}

static void report_end(const struct keeper *keeper, int status) {
	const bool was_killed = WIFSIGNALED(status);

	log_warning(
		"keys", "the key agent ended (%s %d); the next one is started in %u ms",
		was_killed ? "signal" : "status",
		was_killed ? WTERMSIG(status) : WEXITSTATUS(status), keeper->back_off_ms
	);
}

/* Without room for it the daemon is behind, and will find the next agent's READY anyway. */
static void tell_end(const struct keeper *keeper) {
	const struct agent_gone gone = {.kind = AGENT_GONE, .pid = (uint32_t)keeper->agent};

	(void)send(keeper->fd, &gone, sizeof(gone), MSG_DONTWAIT | MSG_NOSIGNAL);
}

static uint32_t doubled_ms(uint32_t back_off_ms) {
	return 2 * back_off_ms < BACK_OFF_MAX_MS ? 2 * back_off_ms : BACK_OFF_MAX_MS;
}

/* One agent's life, and the pause after it. Returns false when the daemon has ended. */
static bool keep_one(struct keeper *keeper) {
	const uint64_t begun_ms = monotonic_ms();
	const int result = agent_begin(keeper);
	bool has_hung_up;

	if (keeper->agent < 0) {
		keeper->back_off_ms = BACK_OFF_MAX_MS;
		return !await_hang_up(keeper, -1, BACK_OFF_MAX_MS);
	}
	has_hung_up = result == 0 && await_hang_up(keeper, keeper->agent_fd, -1);
	const int status = agent_end(keeper, result == 0 ? FAREWELL_MS : 0);
	if (has_hung_up || await_hang_up(keeper, -1, 0))
		return false;
	if (monotonic_ms() - begun_ms >= LONG_LIFE_MS)
		keeper->back_off_ms = BACK_OFF_FIRST_MS;
	tell_end(keeper);
	report_end(keeper, status);
	if (await_hang_up(keeper, -1, (int)keeper->back_off_ms))
		return false;
	keeper->back_off_ms = doubled_ms(keeper->back_off_ms);
	return true;
}

int agent_keep(int fd) {
	struct keeper keeper = {.back_off_ms = BACK_OFF_FIRST_MS};

	keeper.fd = agent_process_begin("macsecd-keeper", fd);
	if (keeper.fd < 0)
		return EXIT_FAILURE;
	// a service's stop signals all its processes: the daemon ends first, and this one after it
	signal(SIGTERM, SIG_IGN);
	while (keep_one(&keeper))
		;
	return EXIT_SUCCESS;
}
