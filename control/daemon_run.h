/* SPDX-License-Identifier: BSD-3-Clause */
/* Running the daemon, and what main and --check share with it. */
#pragma once

#include "control/config.h"

#include <stdint.h>

struct crypto_engine;

/*
 * Brings the daemon up, serves until SIGTERM or SIGINT, takes it down. Main thread. It owns and
 * frees `config`, which a reload replaces. Returns 0 after a clean stop, or a negative errno after
 * one error line; nothing is left behind then.
 */
int daemon_run(struct config *config);

/*
 * The readiness report: one line per prerequisite on standard output, pass / warn / fail and what
 * to do. Starts nothing and takes no port. Returns the number of failures.
 */
unsigned check_run(const struct config *config);

/* The engine that the configuration names, self-tested. Returns 0 or a negative errno after a log
 * line. */
int config_engine_create(const struct config *config, struct crypto_engine **out);

/* Memory for DPDK in MiB: as configured, else what `max-links` links of the largest configured MTU
 * need. */
uint32_t config_memory_mib(const struct config *config);
