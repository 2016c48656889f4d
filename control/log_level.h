/* SPDX-License-Identifier: BSD-3-Clause */
/* Which log lines are wanted: a level for each module, changeable while threads log. */
#pragma once

#include "control/log.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* X(word, what its lines are about). A line of a module that is not here follows the greatest level
 * of all. */
#define LOG_MODULES(X)                                         \
	X("daemon", "start, stop, reload")                     \
	X("config", "the configuration file")                  \
	X("link", "states of links")                           \
	X("mka", "key agreement: peers, SAKs, refused MKPDUs") \
	X("sa", "secure associations in the data plane")       \
	X("ki", "the record of key identifiers used")          \
	X("keys", "CAKs, their sources and the key agent")     \
	X("cloud", "IBM Cloud")                                \
	X("secret", "locked memory")                           \
	X("crypto", "the crypto engine")                       \
	X("port", "host and line ports")                       \
	X("dpdk", "DPDK")                                      \
	X("worker", "threads of the data plane")               \
	X("server", "the control socket")                      \
	X("metrics", "/metrics over HTTP")                     \
	X("notify", "the service manager")

/* One module's word, NULL behind the last. Any thread. */
const char *log_module(size_t index);

/* Its most detailed level now. Any thread. */
enum log_level log_module_level(size_t index);

/* Sets it. False: there is no module of that name. Any thread. */
bool log_set_module(const char *module, enum log_level level);

/* Whether a line is wanted. Any thread. */
bool log_is_wanted(enum log_level level, const char *module);

/* "error", "warning", "info", "debug"; NULL behind the last. */
const char *log_level_word(uint32_t level);
