/* SPDX-License-Identifier: BSD-3-Clause */
/* DPDK's own messages: kept off the terminal, the first error remembered as the reason of ours. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

/*
 * From now on DPDK logs to us. `is_shown`: every line is passed on to driver_info. Before
 * rte_eal_init, main thread. Returns 0 or a negative errno.
 */
int eal_log_open(bool is_shown);

/* Gives DPDK its log back. After rte_eal_cleanup. */
void eal_log_close(void);

/* Forgets the remembered error: call it before asking DPDK for something that may fail. */
void eal_log_clear(void);

/*
 * The first error DPDK reported since eal_log_clear, in text[size], always terminated; what `rc`,
 * its negative errno, means when it said nothing. Returns `text`. Any thread but a worker.
 */
const char *eal_log_reason(int rc, char *text, size_t size);
