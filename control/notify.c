/* SPDX-License-Identifier: BSD-3-Clause */
/* Datagrams to the service manager; the contract is in notify.h, the words in sd_notify(3). */
#include "control/notify.h"

#include "control/log.h"
#include "control/monotonic.h"

#include <event2/event.h>

#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define USEC_PER_SEC 1000000ull
#define MESSAGE_OCTETS 160u

struct notify {
	int fd;
	struct sockaddr_un address;
	socklen_t address_octets;
	struct event *heartbeat; // NULL: no watchdog
	bool is_told;            // the figures below have arrived
	size_t n_secured, n_links;
	bool has_warned;
};

/* A path, or a name in the abstract space, written with '@' in front. */
static bool address_read(const char *text, struct notify *notify) {
	const size_t octets = strlen(text);

	if ((text[0] != '/' && text[0] != '@') || octets < 2 ||
	    octets >= sizeof(notify->address.sun_path))
		return false;
	notify->address.sun_family = AF_UNIX;
	memcpy(notify->address.sun_path, text, octets);
	if (text[0] == '@')
		notify->address.sun_path[0] = '\0';
	/* An abstract name has no end but its length. */
	notify->address_octets = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + octets);
	return true;
}

/* Once for each run: a service manager that is away does not get better by being complained of. */
static void warn_once(struct notify *notify, int error) {
	if (notify->has_warned)
		return;
	notify->has_warned = true;
	log_warning(
		"notify",
		"the service manager cannot be told how macsecd is (%s); look at NOTIFY_SOCKET, "
		"%s",
		strerror(error), getenv("NOTIFY_SOCKET")
	);
}

/* False when it did not arrive. Never waits. */
__attribute__((format(printf, 2, 3))) static bool
tell(struct notify *notify, const char *format, ...) {
	char message[MESSAGE_OCTETS];
	va_list args;

	va_start(args, format);
	const int octets = vsnprintf(message, sizeof(message), format, args);
	va_end(args);
	if (sendto(notify->fd, message, (size_t)octets, MSG_DONTWAIT | MSG_NOSIGNAL,
		   (const struct sockaddr *)&notify->address, notify->address_octets) == octets)
		return true;
	if (errno != EAGAIN)
		warn_once(notify, errno);
	return false;
}

static void on_heartbeat(evutil_socket_t fd, short what, void *arg) {
	(void)fd;
	(void)what;
	tell(arg, "WATCHDOG=1");
}

/* How long the service manager waits for a sign of life, in microseconds; 0: it does not. */
static uint64_t watchdog_us(void) {
	const char *text = getenv("WATCHDOG_USEC"), *owner = getenv("WATCHDOG_PID");
	char *end;

	if (text == NULL || text[0] < '0' || text[0] > '9')
		return 0;
	if (owner != NULL && strtoll(owner, NULL, 10) != getpid())
		return 0; // a parent's, which let its environment through
	errno = 0;
	const uint64_t us = strtoull(text, &end, 10);
	return errno == 0 && *end == '\0' ? us : 0;
}

static bool heartbeat_begin(struct notify *notify, struct event_base *base) {
	const uint64_t half_us = watchdog_us() / 2;
	const struct timeval period = {
		.tv_sec = (time_t)(half_us / USEC_PER_SEC),
		.tv_usec = (suseconds_t)(half_us % USEC_PER_SEC),
	};

	if (half_us == 0)
		return true;
	notify->heartbeat = event_new(base, -1, EV_PERSIST, on_heartbeat, notify);
	return notify->heartbeat != NULL && event_add(notify->heartbeat, &period) == 0;
}

static void release(struct notify *notify) {
	if (notify->heartbeat != NULL)
		event_free(notify->heartbeat);
	if (notify->fd >= 0)
		close(notify->fd);
	free(notify);
}

struct notify *notify_open(struct event_base *base) {
	const char *text = getenv("NOTIFY_SOCKET");
	struct notify *notify;

	if (text == NULL || text[0] == '\0')
		return NULL;
	notify = calloc(1, sizeof(*notify));
	if (notify == NULL)
		return NULL;
	notify->fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	errno = notify->fd < 0 ? errno : EINVAL; // for an address that is none
	if (notify->fd >= 0 && address_read(text, notify) && heartbeat_begin(notify, base))
		return notify;
	warn_once(notify, errno);
	release(notify);
	return NULL;
}

void notify_tell(struct notify *notify, size_t n_secured, size_t n_links) {
	if (notify == NULL ||
	    (notify->is_told && notify->n_secured == n_secured && notify->n_links == n_links))
		return;
	notify->n_secured = n_secured;
	notify->n_links = n_links;
	notify->is_told =
		tell(notify, "READY=1\nSTATUS=%zu of %zu link%s secured", n_secured, n_links,
		     n_links == 1 ? "" : "s");
}

void notify_reloading(struct notify *notify) {
	if (notify == NULL)
		return;
	tell(notify, "RELOADING=1\nMONOTONIC_USEC=%llu\nSTATUS=reading the configuration",
	     (unsigned long long)monotonic_ns() / 1000);
	notify->is_told = false;
}

void notify_close(struct notify *notify) {
	if (notify == NULL)
		return;
	tell(notify, "STOPPING=1\nSTATUS=stopping");
	release(notify);
}
