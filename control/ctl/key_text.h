/* SPDX-License-Identifier: BSD-3-Clause */
/* Keys as texts that come in and go out: in secret memory, past stdio's buffers, never from or to a
 * terminal unasked. Failures are reported on standard error, without any part of the text. */
#pragma once

#include "control/ctl/ctl.h"

#include <stddef.h>
#include <stdint.h>

#define KEY_TEXT_MAX 256u

struct key_text {
	char *text; // secret memory, terminated
	size_t octets;
};

/*
 * Reads a key from a file, under the rules for key files (regular, ours or root's, closed to
 * others), or from standard input when file is NULL. One line end behind it is left out. CTL_OK, or
 * CTL_USAGE with nothing to clear.
 */
enum ctl_status key_text_read(const char *file, struct key_text *out);

/* Wipes and frees. */
void key_text_clear(struct key_text *text);

/*
 * The CAK that 32 or 64 hexadecimal digits are, as IBM Cloud takes it: those of 32 are padded with
 * '0' to 64. cak: PAYLOAD_CAK_OCTETS of secret memory; *is_padded. CTL_OK, or CTL_WRONG after a
 * line.
 */
enum ctl_status key_text_parse(const struct key_text *text, uint8_t *cak, bool *is_padded);

/* The 64 digits of a CAK and a terminator, without a look-up that depends on it. */
void key_text_hex(const uint8_t *cak, char *hex);

/* CTL_USAGE, after a line, when standard output is a terminal and --yes was not given: what stands
 * in a terminal's history is no secret any more. */
enum ctl_status key_text_may_print(const struct ctl *ctl);

/* Writes a text and a line end. CTL_OK, or CTL_USAGE after a line that names `where`. */
enum ctl_status key_text_write(int fd, const char *text, const char *where);
