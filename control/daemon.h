/* SPDX-License-Identifier: BSD-3-Clause */
/* The running daemon, as the control socket sees it. Control thread only. */
#pragma once

#include "control/config.h"
#include "control/keys/key_agent.h"
#include "control/link.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct daemon;
struct events;

const struct config *daemon_config(const struct daemon *daemon);
size_t daemon_link_count(const struct daemon *daemon);
struct link *daemon_link(const struct daemon *daemon, size_t index); // index < daemon_link_count
uint64_t daemon_uptime_ns(const struct daemon *daemon);
const char *daemon_version(void);
/* Name of the crypto engine with its architecture, e.g. "ipsec-mb 1.3.0 avx512". */
const char *daemon_engine(const struct daemon *daemon);
bool daemon_uses_hugepages(const struct daemon *daemon);

/*
 * Reads the configuration file again and takes over what differs, while frames cross. Untouched
 * CAKs and links notice nothing. What a running daemon cannot take over (config_diff.h), or a file
 * with a fault, changes nothing at all.
 *
 * problem: of `octets`, one sentence when it fails. Returns 0 or a negative errno after a log line:
 * -EBUSY when only a restart can apply it. Every `const struct config *` of before is invalid then.
 */
int daemon_reload(struct daemon *daemon, char *problem, size_t octets);

/* What happened lately; what is to be told there. NULL when there was no memory for it. */
struct events *daemon_events(struct daemon *daemon);

/* The key agent, and key `index` that is wanted of it: as key_agent_status and key_agent_view do,
 * but retry_ns is from now on. The first returns false when none runs: no service is configured. */
bool daemon_keys(const struct daemon *daemon, struct key_agent_status *status);
bool daemon_key(const struct daemon *daemon, uint32_t index, struct key_agent_view *view);
