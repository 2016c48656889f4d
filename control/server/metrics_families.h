/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * One list of every metric besides the lanes' counters, which dataplane/counters.h lists:
 * X(NAME, name, TYPE, unit, help). A counter's samples end in _total, those of an INFO in _info.
 */
#pragma once

#include "dataplane/counters.h"

enum metrics_type { METRICS_GAUGE, METRICS_COUNTER, METRICS_INFO };

#define METRICS(X)                                                                               \
	/* the daemon */                                                                         \
	X(BUILD, "macsecd_build", INFO, "", "the program that runs")                             \
	X(UPTIME, "macsecd_uptime_seconds", GAUGE, "seconds", "since the daemon was started")    \
	X(LINKS, "macsecd_links", GAUGE, "links", "links in the configuration")                  \
	X(HUGEPAGES, "macsecd_hugepages", GAUGE, "", "1: packet memory is in hugepages")         \
	X(AGENT_UP, "macsecd_key_agent_up", GAUGE, "", "1: the key agent runs")                  \
	X(AGENT_RESTARTS, "macsecd_key_agent_restarts", COUNTER, "",                             \
	  "times the key agent was started again")                                               \
	X(KEY_HAD, "macsecd_key_had", GAUGE, "", "1: the CAK of this key was fetched")           \
	X(KEY_STATE, "macsecd_key_state", GAUGE, "",                                             \
	  "what the key service says of a key: 1 at the present state")                          \
	X(KEY_EXPIRY, "macsecd_key_expiry_timestamp_seconds", GAUGE, "seconds",                  \
	  "when the key expires, since 1970-01-01T00:00:00Z; absent: never")                     \
	/* a link */                                                                             \
	X(LINK, "macsec_link", INFO, "", "how the link is configured")                           \
	X(LINK_STATE, "macsec_link_state", GAUGE, "", "1 at the present state of the link")      \
	X(LINK_STATE_AGE, "macsec_link_state_age_seconds", GAUGE, "seconds",                     \
	  "since the link's state changed")                                                      \
	X(LINK_VERDICT, "macsec_link_verdict", GAUGE, "",                                        \
	  "1 at what macsecctl doctor finds of the link")                                        \
	X(LINK_REKEYS, "macsec_link_rekeys", COUNTER, "",                                        \
	  "times a fresh SAK took the place of the one before")                                  \
	X(LINK_CAK_ROLE, "macsec_link_cak_role", GAUGE, "",                                      \
	  "1 at the CAK that the link agrees its keys with")                                     \
	X(LINK_CAK_PROBLEM, "macsec_link_cak_problem", GAUGE, "",                                \
	  "1: a CAK of the link has this problem")                                               \
	X(CHAIN_NEXT, "macsec_key_chain_next_change_timestamp_seconds", GAUGE, "seconds",        \
	  "when the key chain goes on, since 1970-01-01T00:00:00Z; absent: never")               \
	X(CHAIN_STEP, "macsec_key_chain_clock_step_seconds", GAUGE, "seconds",                   \
	  "the wall clock jumped so far and is not believed yet")                                \
	/* its key agreement */                                                                  \
	X(MKA_STATE, "macsec_mka_state", GAUGE, "", "1 at the present state of the agreement")   \
	X(MKA_PEERS, "macsec_mka_live_peers", GAUGE, "peers",                                    \
	  "members that are heard and hear us")                                                  \
	X(MKA_KEY_SERVER, "macsec_mka_key_server", GAUGE, "", "1: we choose the keys")           \
	X(MKA_SENT, "macsec_mka_mkpdus_sent", COUNTER, "", "MKPDUs sent")                        \
	X(MKA_RECEIVED, "macsec_mka_mkpdus_received", COUNTER, "", "MKPDUs received and used")   \
	X(MKA_REFUSED, "macsec_mka_mkpdus_refused", COUNTER, "", "MKPDUs refused, by reason")    \
	X(MKA_SAKS_SENT, "macsec_mka_saks_distributed", COUNTER, "", "SAKs we made and sent")    \
	X(MKA_SAKS_GOT, "macsec_mka_saks_received", COUNTER, "", "SAKs taken from a key server") \
	X(MKA_PRINCIPALS, "macsec_mka_principal_changes", COUNTER, "",                           \
	  "times another CAK became the one that counts")                                        \
	/* its secure associations */                                                            \
	X(SA_IN_USE, "macsec_sa_in_use", GAUGE, "",                                              \
	  "1: frames are sent with it, or taken with it")                                        \
	X(SA_NEXT_PN, "macsec_sa_next_pn", GAUGE, "", "next packet number")                      \
	X(SA_LOWEST_PN, "macsec_sa_lowest_pn", GAUGE, "", "lowest acceptable packet number")     \
	X(SA_LEFT, "macsec_sa_left_frames", GAUGE, "frames",                                     \
	  "frames that may still be sent with it")                                               \
	X(SA_AGE, "macsec_sa_age_seconds", GAUGE, "seconds", "since its SAK was installed")      \
	/* its lanes, and its ports */                                                           \
	X(DROPPED, "macsec_dropped_frames", COUNTER, "frames",                                   \
	  "frames lost in a lane, by the counter that says why")                                 \
	X(PORT_UP, "macsec_port_up", GAUGE, "", "1: the port's cable has a signal")              \
	X(PORT_RX_FRAMES, "macsec_port_rx_frames", COUNTER, "frames", "received by the port")    \
	X(PORT_TX_FRAMES, "macsec_port_tx_frames", COUNTER, "frames", "sent by the port")        \
	X(PORT_RX_OCTETS, "macsec_port_rx_octets", COUNTER, "octets", "received by the port")    \
	X(PORT_TX_OCTETS, "macsec_port_tx_octets", COUNTER, "octets", "sent by the port")        \
	X(PORT_RX_MISSED, "macsec_port_rx_missed", COUNTER, "",                                  \
	  "frames that the device lost before they were read")                                   \
	X(PORT_RX_ERRORS, "macsec_port_rx_errors", COUNTER, "", "damaged frames received")       \
	X(PORT_TX_ERRORS, "macsec_port_tx_errors", COUNTER, "", "frames that could not be sent") \
	X(PORT_NO_MBUF, "macsec_port_rx_no_mbuf", COUNTER, "",                                   \
	  "times there was no buffer for a received frame")

enum metrics_family {
#define X(name, text, type, unit, help) M_##name,
	METRICS(X)
#undef X
		M_COUNTERS, // here begin the counters of the lanes
};

#define METRICS_FAMILIES ((unsigned)M_COUNTERS + (unsigned)COUNTER_COUNT)

struct metrics_family_info {
	char name[64];
	const char *unit; // "": none
	const char *help;
	enum metrics_type type;
};

/* Facts of family `family`, below METRICS_FAMILIES. */
struct metrics_family_info metrics_family_info(unsigned family);
