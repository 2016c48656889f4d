/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Messages of the key agent's socket, at both ends. Input: one octet that picks a sound message or
 * none, then three octets for each octet that is put into it: where (two), and what; without a
 * sound message the input is the message. What passes must be of one direction only, and safe to
 * use: the daemon's end takes it, the agent's end wants by it.
 */
#include "control/keys/agent_watch.h"
#include "control/keys/key_agent_parts.h"
#include "control/log.h"
#include "control/secret.h"

#include <event2/event.h>

#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t octets);

/* In place of control/log.c: what is said is read, and not printed. */
static void read_line(const char *format, va_list arguments) {
	char line[4096];

	if (vsnprintf(line, sizeof(line), format, arguments) < 0)
		abort();
}

void log_line(enum log_level level, const char *module, const char *format, ...) {
	va_list arguments;

	(void)level, (void)module;
	va_start(arguments, format);
	read_line(format, arguments);
	va_end(arguments);
}

int log_error(int errno_value, const char *module, const char *format, ...) {
	va_list arguments;

	(void)module;
	va_start(arguments, format);
	read_line(format, arguments);
	va_end(arguments);
	return -errno_value;
}

static void must(bool holds) {
	if (!holds)
		abort();
}

static void on_changed(void *ctx) {
	(void)ctx;
}

static size_t make_sound(unsigned int which, uint8_t *message) {
	struct agent_want want = {
		.kind = AGENT_WANT, .poll_s = 300, .wants_key = true, .key.id = "6666"};
	struct agent_key key = {
		.news =
			{.kind = which == 1 ? AGENT_NEWS : AGENT_KEY,
			 .verdict = AGENT_WARNING,
			 .identity = {.id = "6666"},
			 .text = "it expires"},
		.cak = {1},
	};
	struct agent_ready ready = {AGENT_READY, 77};

	if (which == 0) {
		memcpy(message, &want, sizeof(want));
		return sizeof(want);
	}
	if (which == 3) {
		memcpy(message, &ready, sizeof(ready));
		return sizeof(ready);
	}
	memcpy(message, &key, sizeof(key));
	return which == 1 ? sizeof(key.news) : sizeof(key);
}

/* Returns how many octets the message has. */
static size_t make_message(const uint8_t *data, size_t octets, uint8_t *message) {
	size_t n;

	if (data[0] % 5 == 4) {
		n = octets - 1 < AGENT_MESSAGE_MAX ? octets - 1 : AGENT_MESSAGE_MAX;
		memcpy(message, data + 1, n);
		return n;
	}
	n = make_sound(data[0] % 5, message);
	for (size_t i = 1; i + 2 < octets; i += 3)
		message[((size_t)data[i] << 8 | data[i + 1]) % n] = data[i + 2];
	return n;
}

static void want_by(const struct agent_want *want) {
	struct agent_watch watch;

	memset(&watch, 0, sizeof(watch));
	agent_watch_want(&watch, want, 5000);
	must(watch.due_ms == 5000 && strlen(watch.want.key.id) > 0);
	must(service_kind_word(watch.want.key.service.kind) != NULL);
	must(iam_grant_word(watch.want.key.service.account.grant) != NULL);
}

/* An end of the daemon that wants one key. */
static struct key_agent *begin(struct event_base *base, int *peer) {
	struct service_key key = {.id = "6666"};
	struct key_agent *agent;
	int ends[2];

	must(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK, 0, ends) == 0);
	agent = key_agent_adopt(ends[0], 0);
	must(agent != NULL && key_agent_watch(agent, base, on_changed, NULL) == 0);
	must(key_agent_want(agent, &key, 300) == 0);
	*peer = ends[1];
	return agent;
}

static void take(const uint8_t *message, size_t octets) {
	static struct event_base *base;
	struct key_agent_view view;
	struct key_agent *agent;
	int peer;

	if (base == NULL)
		base = event_base_new();
	agent = begin(base, &peer);
	memcpy(agent->message, message, octets);
	key_agent_take(agent, octets);
	must(key_agent_view(agent, 0, &view) && strlen(view.text) < sizeof(view.text));
	must(!view.is_had || view.identity.id[0] != '\0');
	key_agent_stop(agent);
	close(peer);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t octets) {
	static _Alignas(8) uint8_t made[AGENT_MESSAGE_MAX];
	uint8_t *message;
	bool to_agent;
	size_t n;

	if (octets == 0)
		return 0;
	n = make_message(data, octets, made);
	message = malloc(n > 0 ? n : 1); // exact, so that ASan sees an overrun
	must(message != NULL);
	memcpy(message, made, n);
	to_agent = agent_message_is_sound(message, n, true);
	must(!to_agent || !agent_message_is_sound(message, n, false));
	if (to_agent && n == sizeof(struct agent_want))
		want_by((const struct agent_want *)(const void *)message);
	take(message, n);
	free(message);
	return 0;
}
