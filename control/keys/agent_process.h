/* SPDX-License-Identifier: BSD-3-Clause */
/* What makes a forked child of the daemon the keeper or the agent: little may be left to it. */
#pragma once

#include <stdbool.h>
#include <sys/types.h>

/*
 * The process is killed when `parent`, whose getpid() that was before the fork, ends. Returns false
 * when it has ended already: exit at once then. First thing in the child.
 */
bool agent_process_tie(pid_t parent);

/*
 * Takes the name (at most 15 characters, as ps -A shows it), ignores the terminal's signals and
 * has the others do what they do by default, forgets the daemon's secrets, closes every descriptor
 * but fd and standard error, and gives all capabilities away for good. Returns the descriptor to
 * use from now on in place of fd, or a negative errno after a log line.
 */
int agent_process_begin(const char *name, int fd);
