/* SPDX-License-Identifier: BSD-3-Clause */
/* One link's life: ports, lanes, MKA and SAs put together, and what may be asked about it. Control
 * thread only. */
#pragma once

#include "control/config.h"
#include "control/key_chain.h"
#include "control/keys/agent_wire.h"
#include "control/mka/mka.h"
#include "dataplane/counters.h"
#include "drivers/port.h"

#include <stdbool.h>
#include <stdint.h>

struct link;

enum link_state {
	LINK_NEGOTIATING, // no SAK in use: must-secure drops everything but EAPOL and bypass
	LINK_SECURED,
	LINK_KEPT,  // the last live peer is gone; traffic goes on under the last SAK
	LINK_CLEAR, // should-secure and not secured: traffic crosses unprotected
};

/* What a CAK is in the configuration. */
/* FORMER: it is there no more, and carries the traffic until its successor does. */
enum link_role { LINK_ROLE_PRIMARY, LINK_ROLE_FALLBACK, LINK_ROLE_CHAIN, LINK_ROLE_FORMER };

/* The link's CAKs against the clock. Pointers are into the configuration. */
struct link_keys_view {
	const struct config_cak *unusable; // needed, but it could not be begun; NULL: none
	const struct config_cak *awaited;  // needed, and its service has yet to give it; NULL: none
	const struct config_cak *troubled; // had, and its service tells of trouble; NULL: none
	const struct config_cak *former;   // see link_caks.h; NULL: none
	char trouble[AGENT_TEXT_MAX];      // of `awaited`, else of `troubled`: what; what to do
	/* The key chain; all 0 for a link without one. */
	bool has_chain;
	bool is_over;                  // every CAK of it is past its accept-until
	const struct config_cak *next; // whose use changes next; NULL: none does any more
	enum key_use next_use;
	int64_t next_at_s; // seconds since 1970-01-01T00:00:00Z
	int64_t reached_s; // the same of the time that the chain has come to
	uint64_t next_in_ns;
	int64_t clock_step_s; // the wall clock jumped so far and is not believed yet
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
	/* What the validate lane had counted recent_ns ago, to tell what happens now from what once
	 * happened. */
	struct counters validate_before;
	uint64_t recent_ns; // 0: nothing is known yet
	uint64_t rekeys;    // how often a fresh SAK took the place of the one before
	struct link_keys_view keys;
};

/* Fills `view` with the present state. The pointers in it stay valid until control returns to the
 * event loop. */
void link_view(struct link *link, struct link_view *view);

/*
 * Whether the link can go over to another configuration of its name, of which only CAKs differ.
 * Returns 0, or a negative errno after a log line; changes nothing.
 */
int link_check_reload(struct link *link, const struct config *config, const struct config_link *to);

/* Goes over to it. The link keeps pointers into it, and none into the one before. */
void link_reload(struct link *link, const struct config *config, const struct config_link *to);

/* A key that was asked of the key agent may have come. */
void link_keys_changed(struct link *link);

/* mka_rekey of the link's KaY: 0, -EPERM (the peer is key server), -ENOTCONN (no live peer). */
int link_rekey(struct link *link);

/* mka_suspend of the link's KaY: 0, -EINVAL, -EPERM (the peer is key server), -ENOTCONN (no live
 * peer), -EOPNOTSUPP (a live peer speaks MKA version 1). */
int link_suspend(struct link *link, uint32_t seconds);

/* "negotiating", "secured", "kept", "clear"; "primary", "fallback", "chain", "former". Never
 * NULL. */
const char *link_state_word(enum link_state state);
const char *link_role_word(enum link_role role);
