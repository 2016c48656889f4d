/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Key identifiers that a link has used since the machine started. A SAK that was used by a process
 * that is gone must not be used again: its packet numbers would begin anew, and an IV must never
 * repeat under a key. Identifiers are not secret; keys are never here.
 *
 * File <run-dir>/<link>.ki, mode 0600, one line per identifier, oldest first: the member identifier
 * as 24 hexadecimal digits, a space, the key number as 8. The folder is a memory file system that a
 * reboot empties: after a reboot a new member identifier makes old SAKs impossible.
 */
#pragma once

#include "control/sak.h"

#include <stdbool.h>

#define KI_STORE_KEPT 4096u // the newest that are remembered at least

struct ki_store;

/*
 * Opens the store of one link; makes `run_dir` (0750, its parent must exist) and the file when they
 * are missing.
 *
 * A last line that was cut off by a crash is dropped: its key was not used yet (see ki_store_add).
 * Anything else that is not an identifier, a file of someone else, or one that others can write
 * is refused: what it forgot cannot be known. Returns 0 and the store, owned by the caller, or a
 * negative errno after one log line that names the file and the fix. Control thread.
 */
int ki_store_open(const char *run_dir, const char *link_name, struct ki_store **out);

/* True when the identifier was added, now or before a restart. */
bool ki_store_is_known(const struct ki_store *store, const struct ki *ki);

/*
 * Remembers `ki`. On return of 0 it is on the file system (fsync): only then may the key be used.
 * A known identifier is no error and writes nothing. At twice KI_STORE_KEPT the older half is
 * forgotten and the file is replaced in one step. Returns a negative errno after one log line; the
 * key must not be used then, and the identifier is not known.
 */
int ki_store_add(struct ki_store *store, const struct ki *ki);

/* Ends the use; the file stays. NULL is allowed. */
void ki_store_close(struct ki_store *store);
