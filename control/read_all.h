/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once

#include <stddef.h>
#include <sys/types.h>

/*
 * Reads an open file to its end, or until `room` octets are there, over interruptions.
 * Returns the octets read or a negative errno. Any thread; may block as long as the file does.
 */
ssize_t read_all(int fd, void *octets, size_t room);
