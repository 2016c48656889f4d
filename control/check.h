/* SPDX-License-Identifier: BSD-3-Clause */
/* The parts of the readiness report (`macsecd --check`). Start-up thread; nothing here takes a
 * port. */
#pragma once

#include "control/config.h"

#include <stdint.h>

struct crypto_engine;
struct iam;

enum check_verdict { CHECK_PASS, CHECK_WARN, CHECK_FAIL };

struct check {
	const struct config *config;
	struct crypto_engine *engine; // NULL when it cannot be had
	struct iam *iam;              // tokens of IBM Cloud; NULL: no service is configured
	unsigned n[CHECK_FAIL + 1];   // lines by verdict
};

/* Prints one line "pass  subject: text" and counts it. A warning or failure says what to do. */
__attribute__((format(printf, 4, 5))) void check_say(
	struct check *check, enum check_verdict verdict, const char *subject, const char *format,
	...
);

/* CAKs: readable, and the times of a key chain. */
void check_keys(struct check *check);

/* Makes calls to IBM Cloud possible, when services are configured. Returns 0, or -1 after a log
 * line: their keys fail then. The second one ends it. */
int check_cloud_begin(struct check *check);
void check_cloud_end(struct check *check);

/* Fetches a CAK from its service: one line. `what`: "primary". Blocks for the service. */
void check_cloud_cak(
	struct check *check, const struct config_link *link, const struct config_cak *cak,
	const char *what
);

/* What IBM Cloud Direct Link demands of the links that have a gateway of it. */
void check_direct_link(struct check *check);

/* Workers' CPUs: exist and allowed, not shared between lanes, on the NUMA node of the link's ports.
 */
void check_cpus(struct check *check);

/* Ports: there, and free to be taken. */
void check_ports(struct check *check);

/* Measured encryption speed of one worker against each line port's speed; 32-bit suites on fast
 * ports. */
void check_speed(struct check *check);
