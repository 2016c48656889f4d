/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The daemon's end of the socket, which never waits. What there is no room for stays marked as not
 * told, so there is no queue that could grow. A turn of the event loop takes a bounded number of
 * messages: an agent that talks without end must not keep MKA from its timers.
 */
#include "control/keys/key_agent_parts.h"
#include "control/secret.h"

#include <event2/event.h>

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>

#define MESSAGES_AT_ONCE 64u

void key_agent_make_want(const struct key_entry *entry, struct agent_want *want) {
	memset(want, 0, sizeof(*want)); // padding, too
	want->kind = AGENT_WANT;
	want->number = entry->number;
	want->ask = entry->ask;
	want->poll_s = entry->poll_s;
	want->wants_key = !entry->view.is_had;
	want->known = entry->view.identity;
	want->key = entry->key;
}

static int send_want(const struct key_agent *agent, const struct key_entry *entry) {
	struct agent_want want;

	key_agent_make_want(entry, &want);
	return send(agent->fd, &want, sizeof(want), MSG_DONTWAIT | MSG_NOSIGNAL) < 0 ? -errno : 0;
}

static int send_forget(const struct key_agent *agent, const struct key_entry *entry) {
	const struct agent_forget forget = {.kind = AGENT_FORGET, .number = entry->number};

	return send(agent->fd, &forget, sizeof(forget), MSG_DONTWAIT | MSG_NOSIGNAL) < 0 ? -errno
											 : 0;
}

/* Sends what is to be sent about an entry, which may be gone afterwards. */
static int tell_entry(struct key_agent *agent, struct key_entry *entry) {
	int result;

	if (entry->n_wants == 0) {
		result = send_forget(agent, entry);
		if (result == 0)
			key_agent_remove(agent, entry);
		return result;
	}
	if (entry->is_told)
		return 0;
	result = send_want(agent, entry);
	entry->is_told = result == 0;
	entry->was_told |= result == 0;
	return result;
}

void key_agent_tell(struct key_agent *agent) {
	int result = 0;

	if (!agent->is_alive)
		return;
	for (uint32_t i = 0; i < AGENT_KEYS_MAX && result == 0; i++)
		if (agent->entries[i] != NULL)
			result = tell_entry(agent, agent->entries[i]);
	if (result == -EPIPE || result == -ECONNRESET)
		key_agent_lose(agent);
	else if (result < 0)
		event_add(agent->writable, NULL);
}

void key_agent_on_writable(int fd, short what, void *ctx) {
	(void)fd;
	(void)what;
	key_agent_tell(ctx);
}

/* An empty message and the end look the same to recv. */
static bool has_hung_up(int fd) {
	struct pollfd polled = {.fd = fd};

	return poll(&polled, 1, 0) == 1 && (polled.revents & POLLHUP) != 0;
}

/* Returns whether there may be more. */
static bool receive_one(struct key_agent *agent) {
	const ssize_t octets =
		recv(agent->fd, agent->message, AGENT_MESSAGE_MAX, MSG_DONTWAIT | MSG_TRUNC);

	if (octets < 0 && (errno == EAGAIN || errno == EINTR))
		return false;
	if (octets < 0 || (octets == 0 && has_hung_up(agent->fd))) {
		key_agent_lose(agent);
		return false;
	}
	key_agent_take(agent, (size_t)octets);
	secret_wipe(
		agent->message,
		(size_t)octets < AGENT_MESSAGE_MAX ? (size_t)octets : AGENT_MESSAGE_MAX
	);
	return agent->fd >= 0;
}

void key_agent_on_readable(int fd, short what, void *ctx) {
	struct key_agent *agent = ctx;
	unsigned int i = 0;

	(void)fd;
	(void)what;
	while (i < MESSAGES_AT_ONCE && receive_one(agent))
		i++;
	if (!agent->has_changed)
		return;
	agent->has_changed = false;
	agent->changed(agent->ctx);
}
