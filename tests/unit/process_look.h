/* SPDX-License-Identifier: BSD-3-Clause */
/* Another process as /proc shows it. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* A line of /proc/PID/status, behind "name:" and white space; "": there is none. */
void process_status(pid_t pid, const char *name, char *value, size_t octets);

/* How many descriptors it has above standard error. */
unsigned int process_descriptors(pid_t pid);

/* Whether the pattern stands in any memory that the process may write. *n_octets: how much was
 * looked at is added. As root, where the process is not dumpable. */
bool process_holds(pid_t pid, const uint8_t *pattern, size_t n_pattern, uint64_t *n_octets);
