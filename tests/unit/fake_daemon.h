/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A daemon without data plane: stands behind control/daemon.h and control/link.h, so that the
 * control socket and macsecctl are tested with states that a test chooses.
 */
#pragma once

#include "control/daemon.h"

#include <stddef.h>

#define FAKE_NAME_0 "cloud"
#define FAKE_NAME_1 "lab"

/* Keys of IBM Cloud that it speaks of: the first is had. */
#define FAKE_KEYS 2u

/* A counter that a double cannot hold: 2^53 + 1 and more. */
#define FAKE_BIG 9007199254740993ull

/*
 * Makes a daemon of n links: link 0 ("cloud") is secured and busy, link 1 ("lab") negotiates and
 * hears nobody, others ("link2", …) are as link 0. Ends the process without memory.
 */
struct daemon *fake_daemon_create(size_t n);
void fake_daemon_destroy(struct daemon *daemon);

/* What link `index` will say of itself; to be changed at will. */
struct link_view *fake_link_view(struct daemon *daemon, size_t index);

/* What link_rekey of this link returns from now on (0 at first), and how often it was called. */
void fake_link_set_rekey(struct daemon *daemon, size_t index, int ret);
unsigned fake_link_rekeys(const struct daemon *daemon, size_t index);

/* What link_suspend of this link returns from now on (0 at first), and for how long it was asked
 * last (0: never). */
void fake_link_set_suspend(struct daemon *daemon, size_t index, int ret);
uint32_t fake_link_suspended_s(const struct daemon *daemon, size_t index);

/* The configuration file that it says it uses. */
void fake_daemon_set_config(struct daemon *daemon, const char *path);

/* What daemon_reload returns from now on (0 at first), and how often it was called. */
void fake_daemon_set_reload(struct daemon *daemon, int ret);
unsigned fake_daemon_reloads(const struct daemon *daemon);
