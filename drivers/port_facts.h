/* SPDX-License-Identifier: BSD-3-Clause */
/* What can be told of a port from its specification alone, by asking the kernel. Nothing is opened;
 * start-up thread. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Whether a port could be opened as far as can be seen: it is there, nobody uses it, its driver
 * fits. When it could not, one error line says what is missing and the command that helps.
 */
bool port_facts_is_ready(const char *spec);

/* NUMA node of the device, -1 when there is none or it is unknown. */
int port_facts_numa_node(const char *spec);

/* Speed in Mbit/s as the kernel knows it, 0 when unknown (a PCI device under vfio: only DPDK
 * knows). */
uint32_t port_facts_speed_mbps(const char *spec);
