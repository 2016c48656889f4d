/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Where a link's CAKs come from: files at once, services of IBM Cloud when the key agent has had
 * them. Control thread only; never blocks but on a local file.
 */
#pragma once

#include "control/config.h"
#include "control/keys/key_agent.h"

#include <stdbool.h>
#include <stdint.h>

#define CAK_SOURCE_OCTETS_MAX 32u

/* What there is to say about the key of one CAK. */
struct cak_trouble {
	bool is_missing; // it is waited for; else it is had, and something is or will be wrong
	char text[AGENT_TEXT_MAX]; // what is wrong; what to do
};

struct cak_source {
	struct key_agent *agent; // NULL: files only
};

/*
 * The CAK that a reference of `config` names, into secret memory of CAK_SOURCE_OCTETS_MAX octets.
 *
 * Returns 0, -EINPROGRESS when a service has not given it yet (no log line: the agent tells), or
 * another negative errno after one log line (key_file_read). All octets are zero then.
 */
int cak_source_read(
	const struct cak_source *source, const struct config *config, const struct config_cak *cak,
	uint8_t *octets, uint8_t *n_octets
);

/* Whether there is something to say, and what. Files: never; link_caks remembers their errors. */
bool cak_source_explain(
	const struct cak_source *source, const struct config *config, const struct config_cak *cak,
	struct cak_trouble *trouble
);

/*
 * Asks the agent for the keys of every CAK of a configuration, or ends that: each call of the first
 * pairs with one of the second. Returns 0, or a negative errno after a log line; nothing more is
 * wanted then than before.
 */
int cak_source_want(const struct cak_source *source, const struct config *config);
void cak_source_drop(const struct cak_source *source, const struct config *config);
