/* SPDX-License-Identifier: BSD-3-Clause */
/* The commands; each fills options->report. Main thread, EAL runs. All return NULL, or why they
 * ended. */
#pragma once

#include "bench/options.h"

const char *run_lane(const struct options *options, struct crypto_engine *engine);
const char *run_engine(const struct options *options, struct crypto_engine *engine);
const char *run_duplex(const struct options *options, struct crypto_engine *engine);
const char *run_rekey(const struct options *options, struct crypto_engine *engine);
const char *run_latency(const struct options *options, struct crypto_engine *engine);
const char *run_lookup(const struct options *options, struct crypto_engine *engine);
const char *run_stats(const struct options *options, struct crypto_engine *engine);
