/* SPDX-License-Identifier: BSD-3-Clause */
/* The control socket's place in the file system. Control thread only. */
#pragma once

#include "control/config.h"

#include <sys/types.h>

/* A listening socket and the file that stands for it. */
struct socket_path {
	int fd;
	char path[CONFIG_PATH_MAX];
	dev_t device; // which file we made, so that another daemon's is never removed
	ino_t inode;
};

/*
 * Binds a non-blocking, close-on-exec UNIX stream socket of mode 0660 and listens.
 * A socket at that place on which nobody listens is removed first; anything else makes it fail.
 * Returns 0, or a negative errno after one error line that names the path and the fix.
 */
int socket_path_listen(const char *path, struct socket_path *out);

/* Removes the file when it is still the one we made. Does not close fd. */
void socket_path_remove(const struct socket_path *made);
