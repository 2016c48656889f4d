/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The agent has the daemon's user, and talks to servers. Without capabilities it could still send
 * signals to the daemon, trace it, and change its files. It may do none of that from here on.
 */
#pragma once

/*
 * Takes system calls away from this thread and all that it starts, for good (seccomp(2)): signals
 * to and access to processes, programs, processes of its own, writing and changing of files,
 * sockets other than IPv4 and IPv6, and what only administration needs. They fail with EPERM; calls
 * of another architecture end the process. What it reads, it reads as before: credentials and
 * certificates change while it runs. After PR_SET_NO_NEW_PRIVS. Returns 0 or a negative errno.
 */
int agent_filter_begin(void);
