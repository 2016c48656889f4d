/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The secret arena: the only memory that may hold key material for longer than a function call.
 * Its pages are locked (no swap), left out of core dumps and of forked children, and wiped when
 * freed. One thread of each process: the control thread, or the only one.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

/*
 * Hardens the process: core size limit 0, not dumpable, OpenSSL's allocator replaced by a wiping
 * one. First thing in main(), before OpenSSL is used; a second call changes nothing. Returns 0 or a
 * negative errno after a log line.
 */
int secret_init(void);

/*
 * Takes `octets` zeroed octets, 64-octet aligned, from the arena.
 * Returns NULL, after a log line that names the fix, when memory cannot be had or locked. The
 * caller owns it.
 */
void *secret_alloc(size_t octets);

/*
 * Wipes and gives back what secret_alloc returned. NULL is allowed. Aborts, after a log line, when
 * `mem` was freed before, was not made by secret_alloc, or when something wrote past its end.
 */
void secret_free(void *mem);

/* Wipes memory outside the arena (a buffer on the stack) in a way the compiler keeps. */
void secret_wipe(void *mem, size_t octets);

/* Octets in use and mapped, for the control socket and for tests that look for leaks. */
struct secret_usage {
	size_t in_use_octets; // as asked for, rounded up to 64
	size_t mapped_octets;
};
void secret_usage(struct secret_usage *usage);

/*
 * Wipes and unmaps everything. After this the arena is as new. Ends the daemon; every pointer
 * becomes invalid. A forked child calls it before it takes secrets of its own: it sees zeroes where
 * its parent's arena is, and its pages are not locked.
 */
void secret_shutdown(void);
