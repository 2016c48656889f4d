/* SPDX-License-Identifier: BSD-3-Clause */
/* One member of ours and a puppet with the right CAK, whose MKPDUs the test writes. */
#pragma once

#include "control/mka/machines.h"
#include "tests/sim/puppet.h"

#include <stdint.h>

#define PUPPET_SCI 0x0200000000ee0001u

extern struct world world;
extern struct node *node; // ours
extern struct puppet puppet;
extern struct mka_view view; // what look() saw last

/* Around each test: a suite's .init and .fini. */
void open_world(void);
void close_world(void);

/* Lets time pass; a broken rule of tests/sim/model.c fails the test. */
void run_for(uint64_t ns);

/* Our member's present view. */
const struct mka_view *look(void);

/* A live puppet: key server with priority 1, plain member with 255. */
void meet(uint8_t priority);

/* Lets time pass with the puppet alive. */
void live_on(uint64_t ns);
