/* SPDX-License-Identifier: BSD-3-Clause */
/* Two members of one CA in simulated time, for tests of how MKA behaves among our own. */
#pragma once

#include "control/mka/machines.h"
#include "tests/sim/world.h"

#include <stdint.h>

extern struct world world;
extern struct node *a, *b; // made by add_pair or start_pair

/* Around each test: a suite's .init and .fini. */
void open_world(void);
void close_world(void);

/* Makes a and b, with the same priority, not started yet; the other one also secures them. */
void add_pair(enum cipher_suite suite);
void start_pair(enum cipher_suite suite);

/* Fails the test when a rule of tests/sim/model.c was broken. */
void assert_sound(void);

/* Runs until all agree, else fails the test; returns how long that took. */
uint64_t agree_within(uint64_t bound_ns);

/* Lets time pass. */
void run_for(uint64_t ns);

struct mka_view view_of(struct node *node);

/* Data frames that any member could not validate so far. */
uint64_t missed(void);
