/* SPDX-License-Identifier: BSD-3-Clause */
/* The life of the agent as the daemon sees it: forked, listened to, lost or ended. */
#include "control/keys/agent.h"
#include "control/keys/agent_process.h"
#include "control/keys/key_agent_parts.h"
#include "control/log.h"
#include "control/secret.h"

#include <event2/event.h>

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define PATIENCE_MS 5000 // for the keeper to end the agent, and itself

struct key_agent *key_agent_adopt(int fd, pid_t keeper) {
	struct key_agent *agent = calloc(1, sizeof(*agent));

	if (agent == NULL) {
		log_error(ENOMEM, "keys", "no memory for the key agent's end of the daemon");
		return NULL;
	}
	agent->fd = fd;
	agent->keeper = keeper;
	return agent;
}

static pid_t fork_keeper(int daemons_end, int agents_end) {
	const pid_t self = getpid();
	const pid_t keeper = fork();

	if (keeper != 0)
		return keeper;
	close(daemons_end);
	_exit(agent_process_tie(self) ? agent_keep(agents_end) : EXIT_FAILURE);
}

int key_agent_start(struct key_agent **out) {
	struct key_agent *agent = key_agent_adopt(-1, 0);
	int ends[2];

	*out = NULL;
	if (agent == NULL)
		return -ENOMEM;
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends) != 0) {
		free(agent);
		return log_error(
			errno, "keys",
			"no socket for the key agent (%s); raise the limit of open "
			"files: LimitNOFILE= of the service, or 'ulimit -n'",
			strerror(errno)
		);
	}
	agent->fd = ends[0];
	agent->keeper = fork_keeper(ends[0], ends[1]);
	close(ends[1]);
	if (agent->keeper < 0) {
		close(ends[0]);
		free(agent);
		return log_error(
			errno, "keys",
			"the key agent could not be forked (%s); raise the limit of "
			"processes: TasksMax= of the service, or 'ulimit -u'",
			strerror(errno)
		);
	}
	*out = agent;
	return 0;
}

int key_agent_watch(
	struct key_agent *agent, struct event_base *base, void (*changed)(void *ctx), void *ctx
) {
	agent->changed = changed;
	agent->ctx = ctx;
	agent->message = secret_alloc(AGENT_MESSAGE_MAX);
	agent->readable =
		event_new(base, agent->fd, EV_READ | EV_PERSIST, key_agent_on_readable, agent);
	agent->writable = event_new(base, agent->fd, EV_WRITE, key_agent_on_writable, agent);
	if (agent->message != NULL && agent->readable != NULL && agent->writable != NULL &&
	    event_add(agent->readable, NULL) == 0)
		return 0;
	return log_error(
		ENOMEM, "keys", "the key agent cannot be listened to; free memory on this machine"
	);
}

static void hang_up(struct key_agent *agent) {
	if (agent->readable != NULL)
		event_free(agent->readable);
	if (agent->writable != NULL)
		event_free(agent->writable);
	agent->readable = agent->writable = NULL;
	if (agent->fd >= 0)
		close(agent->fd);
	agent->fd = -1;
	agent->is_alive = false;
}

/* Nobody is left who would have to be told to forget. */
static void remove_dropped(struct key_agent *agent) {
	for (uint32_t i = 0; i < AGENT_KEYS_MAX; i++)
		if (agent->entries[i] != NULL && agent->entries[i]->n_wants == 0)
			key_agent_remove(agent, agent->entries[i]);
}

void key_agent_lose(struct key_agent *agent) {
	hang_up(agent);
	remove_dropped(agent);
	log_error(
		EPIPE, "keys",
		"the key agent is gone for good: the keys that are here stay in use, no other key "
		"can be fetched from IBM Cloud; restart macsecd at a convenient time"
	);
}

/* A keeper that does not end in time (it may have been stopped) is killed, and its agent with it.
 */
static void await_keeper(pid_t keeper) {
	const int keeper_fd = pidfd_open(keeper, 0);
	struct pollfd ended = {.fd = keeper_fd, .events = POLLIN};

	if (keeper_fd < 0 || poll(&ended, 1, PATIENCE_MS) != 1)
		kill(keeper, SIGKILL);
	while (waitpid(keeper, NULL, 0) < 0 && errno == EINTR)
		;
	if (keeper_fd >= 0)
		close(keeper_fd);
}

void key_agent_stop(struct key_agent *agent) {
	if (agent == NULL)
		return;
	hang_up(agent);
	if (agent->keeper > 0)
		await_keeper(agent->keeper);
	for (uint32_t i = 0; i < AGENT_KEYS_MAX; i++)
		if (agent->entries[i] != NULL)
			key_agent_remove(agent, agent->entries[i]);
	secret_free(agent->message);
	free(agent);
}
