/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Do both ends of a Direct Link circuit agree? The link's configuration, what the gateway says of
 * itself, and what the daemon sees, field by field. Pure.
 */
#pragma once

#include "control/cloud/direct_link.h"
#include "control/config.h"
#include "control/ctl/verdicts.h"

#define COMPARE_CAKS_MAX (CONFIG_CHAIN_MAX + 2u)

/* A CAK of our configuration. */
struct compare_cak {
	const char *role; // "primary", "fallback", "key-chain"
	char ckn[2 * CONFIG_CKN_MAX_OCTETS + 1];
	char crn[SERVICE_CRN_MAX]; // of its key; "": not known, a file or not to be had
	bool is_file;
};

/* The link as it runs. */
struct compare_live {
	bool is_known; // the daemon answered, and knows the link
	bool is_secured;
	bool is_key_server;
	char state[32];
	char ckn[2 * CONFIG_CKN_MAX_OCTETS + 1]; // in force; "": none
};

struct compare_ours {
	const struct config_link *link;
	/* CRN of the key that a rotation is about to give the gateway's primary CAK, with a new
	 * name; NULL: none. Then only warned about is what is wrong with the one it has: that ends
	 * with it. */
	const char *successor_crn;
	uint32_t n_caks;
	struct compare_cak caks[COMPARE_CAKS_MAX];
	struct compare_live live;
};

struct compare_theirs {
	struct direct_link_macsec macsec;
	uint32_t n_caks;
	struct direct_link_cak caks[DIRECT_LINK_CAKS_MAX];
};

/* Adds one line for each field of the gateway's MACsec configuration. */
void compare_macsec(
	struct verdicts *verdicts, const struct compare_ours *ours,
	const struct compare_theirs *theirs
);

/* Adds lines for CAKs: those that both have, and those that one has. */
void compare_caks(
	struct verdicts *verdicts, const struct compare_ours *ours,
	const struct compare_theirs *theirs
);

/* Adds a line for the link as it runs. */
void compare_live(
	struct verdicts *verdicts, const struct compare_ours *ours,
	const struct compare_theirs *theirs
);

/*
 * Adds a line about whether Direct Link may read the keys: from IAM's policies, or where these are
 * not known from the status of the CAKs, each of which the gateway had to read. instance: for the
 * message.
 */
void compare_authorisation(
	struct verdicts *verdicts, const struct direct_link_authorisation *authorisation,
	const struct compare_theirs *theirs, const char *instance
);

/* The gateway could not take its primary CAK's key, and none is in force in its place. */
bool compare_is_dead(const struct compare_theirs *theirs);

/* The gateway's CAK of a session ("primary", "fallback"), or NULL. */
const struct direct_link_cak *
compare_session(const struct compare_theirs *theirs, const char *session);

/* Names are equal in upper and lower case. */
bool compare_is_name(const char *a, const char *b);

/* Names are the same CKN on a link's wire: equal, or with pad-ckn one is the other and zero octets
 * behind it. */
bool compare_is_ckn(const struct config_link *link, const char *a, const char *b);
