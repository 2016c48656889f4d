/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What the service manager is told (sd_notify(3)): ready, alive, reloading, stopping, and how many
 * links are secured. Of our own rather than libsystemd's, which waits without a limit when nobody
 * reads: here what finds no room is told again later. Control thread only.
 */
#pragma once

#include <stddef.h>

struct event_base;
struct notify;

/*
 * Begins to tell that we are alive, twice in the time that the service manager allows
 * (WATCHDOG_USEC). Returns NULL when none has asked (no NOTIFY_SOCKET), or after a warning when it
 * cannot be told: macsecd does its work without. The others take NULL and do nothing then.
 */
struct notify *notify_open(struct event_base *base);

/*
 * Tells that we are ready and how the links are: at the first call, when a figure has changed, and
 * after notify_reloading. To be called every few milliseconds from the end of the start-up on.
 */
void notify_tell(struct notify *notify, size_t n_secured, size_t n_links);

/* The configuration is being read again; the next notify_tell ends that. */
void notify_reloading(struct notify *notify);

/* Tells that we are stopping, and frees it. Before the event base is freed. */
void notify_close(struct notify *notify);
