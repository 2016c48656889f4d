/* SPDX-License-Identifier: BSD-3-Clause */
/* One link's life: ports, lanes, MKA and SAs put together, and what may be asked about it. Control
 * thread only. */
#pragma once

#include "control/config.h"
#include "control/mka/mka.h"
#include "dataplane/counters.h"
#include "drivers/port.h"

#include <stdbool.h>
#include <stdint.h>

struct link;

enum link_state {
	LINK_NEGOTIATING, // no SAK in use: must-secure drops everything but EAPOL and bypass
	LINK_SECURED,
	LINK_CLEAR, // should-secure and not secured: traffic crosses unprotected
};

/* One SA as the data plane holds it. */
struct link_sa_view {
	bool is_transmit;
	uint64_t sci; // of the sender
	uint8_t an;
	struct ki ki;
	enum cipher_suite suite;
	bool confidentiality;
	uint8_t confidentiality_offset;
	uint32_t ssci;
	bool in_use; // transmit: the one that frames leave with; receive: published
	uint64_t next_pn;
	uint64_t lowest_pn;   // receive only
	uint64_t frames_left; // transmit only: until the PN limit
	uint64_t age_ns;
};

#define LINK_SAS_MAX (2u * 2u * CA_MAX_MEMBERS)

struct link_view {
	const struct config_link *config;
	enum link_state state;
	uint64_t state_for_ns;
	uint64_t sci;
	const struct port_info *host, *line;
	bool host_is_up, line_is_up;
	struct port_stats host_stats, line_stats;
	struct mka_view mka;
	uint32_t n_sas;
	struct link_sa_view sas[LINK_SAS_MAX];
	struct counters protect; // summed over workers (dataplane/counters.h)
	struct counters validate;
	uint64_t rekeys; // how often a fresh SAK took the place of the one before
};

/* Fills `view` with the present state. The pointers in it stay valid until control returns to the
 * event loop. */
void link_view(struct link *link, struct link_view *view);

/* mka_rekey of the link's KaY: 0, -EPERM (the peer is key server), -ENOTCONN (no live peer). */
int link_rekey(struct link *link);

/* "negotiating", "secured", "clear". Never NULL. */
const char *link_state_word(enum link_state state);
