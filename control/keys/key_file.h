/* SPDX-License-Identifier: BSD-3-Clause */
/* Keys from files: the embedded default of key references, "file:/absolute/path". */
#pragma once

#include "control/config.h"

#include <stdint.h>

#define KEY_FILE_KEY_OCTETS_MAX 32u

/*
 * Reads the CAK that `cak->cak_ref` names.
 *
 * The file must be a regular file of root or of our effective user, without any permission for
 * group and others, of at most 256 octets: 32 or 64 hexadecimal digits and at most one newline.
 * Symbolic links are followed (secret mounts of orchestrators are made of them), because what is
 * judged is the file that was opened: its owner, mode and kind, never the link's.
 *
 * octets: KEY_FILE_KEY_OCTETS_MAX of them in secret memory; all zero on failure. *n_octets becomes
 * 16 or 32. Returns 0, or a negative errno after one line "FILE:LINE:COLUMN: what; fix" with the
 * reference's place in the configuration: -ENOENT, -EACCES and others of open(2), -EPERM for an
 * owner or a mode, -EINVAL for the content. Never prints content. Control thread; does not block on
 * FIFOs and devices.
 */
int key_file_read(
	const struct config *config, const struct config_cak *cak, uint8_t *octets,
	uint8_t *n_octets
);
