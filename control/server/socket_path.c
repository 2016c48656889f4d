/* SPDX-License-Identifier: BSD-3-Clause */
/* Binding and removing the control socket; the contract is in socket_path.h. */
#include "control/server/socket_path.h"

#include "control/log.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#define BACKLOG 128

static int address_fill(const char *path, struct sockaddr_un *address) {
	const size_t octets = strlen(path);

	*address = (struct sockaddr_un){.sun_family = AF_UNIX};
	if (octets == 0 || octets >= sizeof(address->sun_path))
		return log_error(
			ENAMETOOLONG, "server",
			"control socket \"%s\": the path must have 1 to %zu characters: set "
			"control.socket",
			path, sizeof(address->sun_path) - 1
		);
	memcpy(address->sun_path, path, octets + 1);
	return 0;
}

static int stream_socket(void) {
	const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return log_error(
			errno, "server", "control socket: no socket to be had: %s", strerror(errno)
		);
	return fd;
}

/* Only a refused connection proves that nobody listens: a full backlog, or a socket that we may
 * not use, belongs to somebody. */
static bool is_abandoned(const struct sockaddr_un *address) {
	const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return false;
	const int ret = connect(fd, (const struct sockaddr *)address, sizeof(*address));
	const bool abandoned = ret < 0 && errno == ECONNREFUSED;
	close(fd);
	return abandoned;
}

static int stale_remove(const struct sockaddr_un *address) {
	const char *path = address->sun_path;
	struct stat found;

	if (lstat(path, &found) < 0)
		return 0; // nothing there; if the folder is missing, bind says so
	if (!S_ISSOCK(found.st_mode))
		return log_error(
			EEXIST, "server",
			"control socket %s: something else is in its place: move it away", path
		);
	if (!is_abandoned(address))
		return log_error(
			EADDRINUSE, "server",
			"control socket %s: another macsecd listens there: stop it or set "
			"control.socket",
			path
		);
	if (unlink(path) < 0 && errno != ENOENT)
		return log_error(
			errno, "server", "control socket %s: cannot remove the old one: %s", path,
			strerror(errno)
		);
	return 0;
}

static int bind_failed(const char *path, int errno_value) {
	if (errno_value == ENOENT)
		return log_error(
			ENOENT, "server",
			"control socket %s: its folder does not exist: create it or set "
			"control.socket",
			path
		);
	return log_error(
		errno_value, "server", "control socket %s: %s", path, strerror(errno_value)
	);
}

static int bind_and_listen(int fd, const struct sockaddr_un *address) {
	// the mode must be right from the first moment on: no chmod afterwards
	const mode_t before = umask(0117);
	const int ret = bind(fd, (const struct sockaddr *)address, sizeof(*address));
	const int bind_errno = errno;

	umask(before);
	if (ret < 0)
		return bind_failed(address->sun_path, bind_errno);
	if (listen(fd, BACKLOG) < 0) {
		const int listen_errno = errno;
		unlink(address->sun_path);
		return bind_failed(address->sun_path, listen_errno);
	}
	return 0;
}

int socket_path_listen(const char *path, struct socket_path *out) {
	struct sockaddr_un address;
	struct stat made;

	int ret = address_fill(path, &address);
	if (ret == 0)
		ret = stale_remove(&address);
	if (ret < 0)
		return ret;
	const int fd = stream_socket();
	if (fd < 0)
		return fd;
	ret = bind_and_listen(fd, &address);
	if (ret == 0 && lstat(path, &made) < 0)
		ret = bind_failed(path, errno);
	if (ret < 0) {
		close(fd);
		return ret;
	}
	*out = (struct socket_path){.fd = fd, .device = made.st_dev, .inode = made.st_ino};
	memcpy(out->path, address.sun_path, sizeof(out->path));
	return 0;
}

void socket_path_remove(const struct socket_path *made) {
	struct stat found;

	if (lstat(made->path, &found) == 0 && found.st_dev == made->device &&
	    found.st_ino == made->inode)
		unlink(made->path);
}
