/* SPDX-License-Identifier: BSD-3-Clause */
/* The running daemon, as the control socket sees it. Control thread only. */
#pragma once

#include "control/config.h"
#include "control/link.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct daemon;

const struct config *daemon_config(const struct daemon *daemon);
size_t daemon_link_count(const struct daemon *daemon);
struct link *daemon_link(const struct daemon *daemon, size_t index); // index < daemon_link_count
uint64_t daemon_uptime_ns(const struct daemon *daemon);
const char *daemon_version(void);
/* Name of the crypto engine with its architecture, e.g. "ipsec-mb 1.3.0 avx512". */
const char *daemon_engine(const struct daemon *daemon);
bool daemon_uses_hugepages(const struct daemon *daemon);
