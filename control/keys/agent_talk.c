/* SPDX-License-Identifier: BSD-3-Clause */
/* The agent's end of the socket. It may wait here for as long as the daemon does not read: without
 * it there is nothing to do. */
#include "control/keys/agent_parts.h"
#include "control/log.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#define MESSAGES_AT_ONCE 512u // then a due key has its turn

union to_agent {
	uint8_t octets[AGENT_MESSAGE_MAX];
	uint32_t kind;
	struct agent_want want;
	struct agent_forget forget;
};

static int take_want(struct agent *agent, const struct agent_want *want) {
	struct agent_watch **watch = &agent->watches[want->number];

	if (*watch == NULL)
		*watch = calloc(1, sizeof(**watch));
	if (*watch == NULL)
		return log_error(
			ENOMEM, "keys",
			"the key agent has no memory for another key; free memory on this machine"
		);
	agent_watch_want(*watch, want, agent_now_ms());
	return 0;
}

static void take_forget(struct agent *agent, const struct agent_forget *forget) {
	free(agent->watches[forget->number]);
	agent->watches[forget->number] = NULL;
}

static int take(struct agent *agent, const union to_agent *message, size_t octets) {
	if (!agent_message_is_sound(message, octets, true)) {
		if (!agent->has_complained)
			log_warning(
				"keys", "the key agent does not understand a message of the "
					"daemon; this is a fault of the program, please report it"
			);
		agent->has_complained = true;
		return 0;
	}
	if (message->kind == AGENT_WANT)
		return take_want(agent, &message->want);
	take_forget(agent, &message->forget);
	return 0;
}

int agent_listen(struct agent *agent) {
	union to_agent message;
	int result = 0;

	for (unsigned int i = 0; i < MESSAGES_AT_ONCE && result == 0; i++) {
		ssize_t octets =
			recv(agent->fd, &message, sizeof(message), MSG_DONTWAIT | MSG_TRUNC);

		if (octets > 0)
			result = take(agent, &message, (size_t)octets);
		else if (octets < 0 && (errno == EAGAIN || errno == EINTR))
			break;
		else
			result = -EPIPE;
	}
	return result;
}

int agent_tell(const struct agent *agent, const void *message, size_t octets) {
	struct pollfd room = {.fd = agent->fd, .events = POLLOUT};

	while (send(agent->fd, message, octets, MSG_DONTWAIT | MSG_NOSIGNAL) < 0) {
		if (errno != EAGAIN && errno != EINTR && errno != ENOBUFS && errno != ENOMEM)
			return -EPIPE;
		if (poll(&room, 1, -1) > 0 && (room.revents & POLLHUP) != 0)
			return -EPIPE;
	}
	return 0;
}
