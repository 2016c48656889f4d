/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The key agent: the process that alone holds cloud credentials and speaks HTTPS. Forked before EAL
 * starts, without capabilities and, from its first call on, with a filter of system calls
 * (agent_filter.h); blocking libcurl on one thread, since nobody waits for it.
 */
#pragma once

/*
 * Serves requests from `fd` (the agent's end of the pair, agent_wire.h) until the other end closes.
 * Drops all capabilities first, and never returns while the daemon lives except on a fault of its
 * own. Only for a child of a process that has called secret_init. Returns the process's exit
 * status.
 */
int agent_run(int fd);

/*
 * The keeper: forks agents that serve `fd`, one after the other: a new one whenever one ends, after
 * 100 ms, doubling to 10 s while they end soon. Ends, and ends the agent, when the daemon (its
 * parent) is gone. Returns the exit status of the process.
 */
int agent_keep(int fd);
