/* SPDX-License-Identifier: BSD-3-Clause */

#include "control/read_all.h"

#include <errno.h>
#include <stdint.h>
#include <unistd.h>

ssize_t read_all(int fd, void *octets, size_t room) {
	size_t done = 0;
	ssize_t n;

	do {
		n = read(fd, (uint8_t *)octets + done, room - done);
		if (n < 0 && errno != EINTR)
			return -errno;
		done += n > 0 ? (size_t)n : 0;
	} while (n != 0 && done < room);
	return (ssize_t)done;
}
