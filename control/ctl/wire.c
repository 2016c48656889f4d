/* SPDX-License-Identifier: BSD-3-Clause */
/* Lines over a blocking UNIX socket; the contract is in wire.h. */
#include "control/ctl/wire.h"

#include "control/monotonic.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#define FIRST_OCTETS 65536u

/* The line as it arrives. */
struct incoming {
	char *text;
	size_t octets, room;
};

static enum ctl_status connect_failed(const struct ctl *ctl) {
	if (errno == EACCES || errno == EPERM)
		return ctl_error(
			"no permission to use %s: join the group that owns it, or use sudo",
			ctl->socket_path
		);
	return ctl_error(
		"no daemon answers on %s: is macsecd running? see its log", ctl->socket_path
	);
}

static enum ctl_status silent(const struct ctl *ctl) {
	return ctl_error(
		"no answer on %s within %u s: macsecd hangs or is overloaded; its log says more",
		ctl->socket_path, ctl->timeout_s
	);
}

static enum ctl_status hung_up(const struct ctl *ctl) {
	return ctl_error(
		"the daemon on %s hung up without an answer: is macsecd running? see its log",
		ctl->socket_path
	);
}

/* A full backlog makes connect wait, and a reader that does not read makes send wait: as long as
 * this. */
static int deadline_set(int fd, uint32_t timeout_s) {
	const struct timeval limit = {.tv_sec = (time_t)timeout_s};

	return setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit));
}

enum ctl_status wire_connect(const struct ctl *ctl, int *fd) {
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	const size_t octets = strlen(ctl->socket_path);

	if (octets == 0 || octets >= sizeof(address.sun_path))
		return ctl_error(
			"the socket's path must have 1 to %zu characters",
			sizeof(address.sun_path) - 1
		);
	memcpy(address.sun_path, ctl->socket_path, octets + 1);
	*fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (*fd < 0)
		return ctl_error("no socket to be had: %s", strerror(errno));
	if (deadline_set(*fd, ctl->timeout_s) == 0 &&
	    connect(*fd, (const struct sockaddr *)&address, sizeof(address)) == 0)
		return CTL_OK;
	const enum ctl_status status = errno == EAGAIN ? silent(ctl) : connect_failed(ctl);
	close(*fd);
	return status;
}

void wire_close(int fd) {
	close(fd);
}

static int send_all(int fd, const char *text, size_t octets) {
	while (octets > 0) {
		const ssize_t sent = send(fd, text, octets, MSG_NOSIGNAL);
		if (sent < 0 && errno == EINTR)
			continue;
		if (sent < 0)
			return -errno;
		text += sent;
		octets -= (size_t)sent;
	}
	return 0;
}

/* Room for at least one octet more and the terminator. */
static int incoming_grow(struct incoming *in) {
	if (in->octets + 1 < in->room)
		return 0;
	const size_t room = in->room == 0 ? FIRST_OCTETS : 2 * in->room;
	char *text = realloc(in->text, room);
	if (text == NULL)
		return -ENOMEM;
	in->text = text;
	in->room = room;
	return 0;
}

/* Waits for octets and takes them. Returns their number, 0 at the end, or a negative errno. */
static ssize_t incoming_read(struct incoming *in, int fd, uint64_t deadline_ms) {
	struct pollfd ready = {.fd = fd, .events = POLLIN};
	const uint64_t now = monotonic_ms();
	const int ret = incoming_grow(in);

	if (ret < 0)
		return ret;
	const int n = poll(&ready, 1, now < deadline_ms ? (int)(deadline_ms - now) : 0);
	if (n == 0)
		return -ETIMEDOUT;
	const ssize_t got = n < 0 ? -1 : read(fd, in->text + in->octets, in->room - in->octets - 1);
	if (got < 0)
		return -errno;
	in->octets += (size_t)got;
	return got;
}

/* Receives until a line is whole. Returns 0 or a negative errno: -EMSGSIZE, -ETIMEDOUT, … */
static int line_receive(struct incoming *in, int fd, size_t max, uint64_t deadline_ms) {
	for (;;) {
		const size_t before = in->octets;
		const ssize_t got = incoming_read(in, fd, deadline_ms);
		if (got == -EINTR)
			continue;
		if (got <= 0)
			return got == 0 ? -ECONNRESET : (int)got;
		char *end = memchr(in->text + before, '\n', (size_t)got);
		if (end != NULL) {
			*end = '\0';
			return 0;
		}
		if (in->octets > max)
			return -EMSGSIZE;
	}
}

static enum ctl_status receive_failed(const struct ctl *ctl, int ret) {
	switch (ret) {
	case -ETIMEDOUT:
		return silent(ctl);
	case -ENOMEM:
		return ctl_error("out of memory");
	case -EMSGSIZE:
		return ctl_error(
			"the answer on %s is too long: ask for one link", ctl->socket_path
		);
	default:
		return hung_up(ctl);
	}
}

enum ctl_status wire_send(const struct ctl *ctl, int fd, const char *request) {
	int ret = send_all(fd, request, strlen(request));

	if (ret == 0)
		ret = send_all(fd, "\n", 1);
	if (ret == -EAGAIN)
		return silent(ctl);
	return ret < 0 ? hung_up(ctl) : CTL_OK;
}

enum ctl_status
wire_ask(const struct ctl *ctl, int fd, const char *request, size_t answer_max, char **answer) {
	const uint64_t deadline_ms = monotonic_ms() + (uint64_t)ctl->timeout_s * 1000u;
	struct incoming in = {0};

	const enum ctl_status status = wire_send(ctl, fd, request);
	if (status != CTL_OK)
		return status;
	const int ret = line_receive(&in, fd, answer_max, deadline_ms);
	if (ret < 0) {
		free(in.text);
		return receive_failed(ctl, ret);
	}
	*answer = in.text;
	return CTL_OK;
}

/* Moves what is left to the front, so that a line of the longest kind fits. */
static size_t lines_room(struct wire_lines *lines) {
	memmove(lines->octets, lines->octets + lines->begin, lines->end - lines->begin);
	lines->end -= lines->begin;
	lines->begin = 0;
	return WIRE_LINE_MAX - lines->end;
}

char *wire_next_line(struct wire_lines *lines) {
	for (;;) {
		char *line = lines->octets + lines->begin;
		char *end = memchr(line, '\n', lines->end - lines->begin);
		if (end != NULL) {
			*end = '\0';
			lines->begin = (size_t)(end + 1 - lines->octets);
			return line;
		}
		const size_t room = lines_room(lines);
		const ssize_t got =
			room == 0 ? 0 : read(lines->fd, lines->octets + lines->end, room);
		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			return NULL;
		lines->end += (size_t)got;
	}
}

void wire_lines_end(struct wire_lines *lines) {
	if (lines->fd > 0)
		close(lines->fd);
	lines->fd = -1;
}
