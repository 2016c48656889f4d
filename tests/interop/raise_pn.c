/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What macsecd_pn has and macsecd has not: the next PN of the transmit SA can be raised from
 * outside, so that a test need not send 3 * 2^30 frames to see a rekey. It can only be raised, so
 * no PN is used twice. Never installed.
 *
 * The linker puts __wrap_sa_install_reclaim in the place of sa_install_reclaim, which the control
 * thread calls in every round. A number, as text, to the datagram socket that MACSECD_RAISE_PN
 * names is the PN that is asked for. A worker that is reserving PNs just then may store its own
 * over it: the test looks, and asks again.
 */

#include "control/sa_install.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

unsigned __real_sa_install_reclaim(struct sa_install *door);
unsigned __wrap_sa_install_reclaim(struct sa_install *door);

/* The socket, bound at the first call. */
static int asking_socket(void) {
	static int fd = -1;
	const char *path = getenv("MACSECD_RAISE_PN");
	struct sockaddr_un address = {.sun_family = AF_UNIX};

	if (fd >= 0 || path == NULL)
		return fd;
	snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
	unlink(path);
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (bind(fd, (struct sockaddr *)&address, sizeof(address)) != 0) {
		perror(path);
		abort();
	}
	return fd;
}

/* The PN that is asked for now; 0: none. */
static uint64_t asked_pn(void) {
	char text[32];
	const ssize_t octets = recv(asking_socket(), text, sizeof(text) - 1, 0);

	if (octets <= 0)
		return 0;
	text[octets] = '\0';
	return strtoull(text, NULL, 0);
}

static void raise_pn(const struct sa_install *door, uint64_t pn) {
	struct sa_install_entry entry;

	for (unsigned i = 0; sa_install_entry(door, i, &entry); i++) {
		struct tx_sa *sa = (struct tx_sa *)(uintptr_t)entry.tx;
		uint64_t now = atomic_load(&sa->next_pn);
		while (entry.is_transmitting && now < pn &&
		       !atomic_compare_exchange_weak(&sa->next_pn, &now, pn))
			;
	}
}

unsigned __wrap_sa_install_reclaim(struct sa_install *door) {
	const uint64_t pn = asked_pn();

	if (pn != 0)
		raise_pn(door, pn);
	return __real_sa_install_reclaim(door);
}
