/* SPDX-License-Identifier: BSD-3-Clause */
/* Lines over the control socket, with a deadline. Every failure is reported on standard error. */
#pragma once

#include "control/ctl/ctl.h"

#include <stddef.h>

/* Connects to ctl->socket_path. CTL_OK and a descriptor, or CTL_USAGE. */
enum ctl_status wire_connect(const struct ctl *ctl, int *fd);

/*
 * Sends a line (`request` without its end) and receives one of at most answer_max octets, all
 * within ctl->timeout_s. *answer is a string without the line's end, to be freed with free().
 * CTL_OK, or CTL_USAGE.
 */
enum ctl_status
wire_ask(const struct ctl *ctl, int fd, const char *request, size_t answer_max, char **answer);

/* Sends a line (`request` without its end) within ctl->timeout_s. CTL_OK, or CTL_USAGE. */
enum ctl_status wire_send(const struct ctl *ctl, int fd, const char *request);

#define WIRE_LINE_MAX 65536u

/* Lines that come when they come. Zeroed before first use, then `fd` is set by wire_connect. */
struct wire_lines {
	int fd;
	size_t begin, end; // of what was received and not yet given
	char octets[WIRE_LINE_MAX + 1];
};

/* Waits for the next line and returns it without its end, valid until the next call. NULL when the
 * other end hung up or the line is longer than WIRE_LINE_MAX. */
char *wire_next_line(struct wire_lines *lines);

/* Closes lines->fd, if there is one. */
void wire_lines_end(struct wire_lines *lines);

/* Closes what wire_connect opened. */
void wire_close(int fd);
