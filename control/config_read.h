/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Readers of single values and of lists of values, for the schema tables. All have the shape of
 * config_word.read: they write `field` only when the node is right; else they report one problem
 * (in a list: one per item) and set node->is_wrong. Pure; control thread.
 */
#pragma once

#include "control/config_schema.h"

#define CONFIG_READER(name)                                                   \
	void name(                                                            \
		struct config_report *report, const struct config_word *word, \
		struct config_node *node, void *field                         \
	)

CONFIG_READER(config_read_bool);   // true | false, without quotes
CONFIG_READER(config_read_number); // decimal digits, without quotes; word's range; 1, 2 or 4 octets
CONFIG_READER(config_read_offset); // 0 | 30 | 50, one octet
CONFIG_READER(config_read_choice); // one of word->choice; an enum
CONFIG_READER(config_read_name);   // letters, digits, '_' and '-', shorter than word->octets
CONFIG_READER(config_read_port);   // PCI address, vdev string or Linux interface name
CONFIG_READER(config_read_path);   // absolute path, shorter than word->octets
CONFIG_READER(config_read_key_reference); // as config_key.h says; the text is never printed
CONFIG_READER(config_read_url);           // https://host[:port]; http:// to this machine's own
CONFIG_READER(config_read_listen);        // ADDRESS:PORT as config_listen.h reads it, or off
CONFIG_READER(config_read_credential);    // absolute path, or the name of a systemd credential
CONFIG_READER(config_read_profile);       // printable, without blanks
CONFIG_READER(config_read_ckn);           // hexadecimal digits; field: ckn of a struct config_cak
CONFIG_READER(config_read_group_address); // six octets, group bit set
CONFIG_READER(config_read_time);          // RFC 3339; int64_t, seconds since 1970
CONFIG_READER(config_read_cpus);          // list of CPU numbers; struct config_cpus
CONFIG_READER(config_read_choices);       // list of word->choice; uint32_t, 1 << choice

/* The value of one hexadecimal digit, or -1. Not for secrets. */
int config_hex_digit(char digit);

/* Reports a problem at a node and marks the node as wrong. */
__attribute__((format(printf, 3, 4))) void config_node_problem(
	struct config_report *report, struct config_node *node, const char *format, ...
);

/* The node's text, or NULL after a report that `word` needs `expected` instead. */
const char *config_node_text(
	struct config_report *report, const struct config_word *word, struct config_node *node,
	const char *expected
);
