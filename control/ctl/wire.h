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

/* Closes what wire_connect opened. */
void wire_close(int fd);
