/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A new CAK in the text of a configuration file, with everything else kept octet for octet: beside
 * the primary CAK at first (a key chain of one, in one line), in its place at the end. What the
 * edit makes is parsed again and compared with what was there, value by value: a text that does not
 * read back as intended is never given out. Pure but for complaints of the configuration's parser.
 */
#pragma once

#include "control/config.h"
#include "control/ctl/config_scalar.h"

#define CONFIG_EDIT_TEXT_MAX 1400u

/* Zeroed, then filled as far as the empty line; ended with config_edit_clear. */
struct config_edit {
	struct config_text text;        // the file as it is; the caller's
	const struct config *config;    // what config_parse makes of it
	const struct config_link *link; // one of config->links
	const char *ckn;                // the new CAK's name: hexadecimal digits
	const char *reference;          // and its key, as the file writes references

	char *result; // owned; NULL until an edit has succeeded
	size_t result_octets;
	char refusal[CONFIG_EDIT_TEXT_MAX]; // after -EINVAL: why, and what to write by hand
};

/*
 * Puts the new CAK beside the primary one: `key-chain: [{…}]` in the line behind it, acceptable
 * from now_s (seconds since 1970) on and preferred CONFIG_CHAIN_LEAD_S later. A line that an
 * earlier call wrote, of a rotation that was given up, is replaced. Returns 0, -ENOMEM, or -EINVAL
 * with a refusal: the link has no primary CAK or a key chain of another origin, or the file is
 * shaped in a way that is for people to edit.
 */
int config_edit_add(struct config_edit *edit, int64_t now_s);

/*
 * Puts the new CAK in the primary one's place and takes the key chain away that config_edit_add
 * wrote. Returns as that does.
 */
int config_edit_promote(struct config_edit *edit);

/* Frees the result. */
void config_edit_clear(struct config_edit *edit);
