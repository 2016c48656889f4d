/* SPDX-License-Identifier: BSD-3-Clause */
/* Several CAKs in the world of mka_pair.h: who has which, and which one carries the traffic. */
#pragma once

#include "tests/unit/mka_pair.h"

#define FALLBACK 9u // number of the CAK that fallback() makes
#define NO_CAK 255u

extern struct node *c; // made by add_three

/* As open_world, with data frames every 2 ms. */
void open_caks(void);

/* a and b, which have CAK 0 and use it for a while; delay_ns: of the network. */
void start_with_first(uint64_t delay_ns);

/* The same, and the fallback, not started; and running. */
void add_pair_with_fallback(void);
void start_with_primary(void);

/* a, b and c with CAK 0, not started; and with CAKs 0 and 1, the second one in use. */
void add_three(void);
void start_three_with_two_caks(void);

/* Starts all members, at once. */
void start_all(void);

/* CAK number `n`, which we may choose, of rank `n`; and the fallback. */
struct mka_cak cak(uint8_t n);
struct mka_cak fallback(void);

/* The same under the same name, with another key; for a while only to be accepted. */
struct mka_cak with_wrong_key(struct mka_cak cak);
struct mka_cak to_accept(struct mka_cak cak);

/* Gives it to a node, changes its part there, or takes it away. Fails the test when MKA refuses. */
void give(struct node *node, struct mka_cak cak);
void change(struct node *node, struct mka_cak cak);
void take_away(struct node *node, uint8_t n);

/* Number of the CAK whose SAK the node transmits with (NO_CAK: none, or that CAK is gone), and of
 * that of its principal. */
uint8_t in_use(struct node *node);
uint8_t principal_of(struct node *node);

/* Runs until all transmit with one SAK of this CAK, which is their principal's; else fails the
 * test. Returns how long that took. */
uint64_t use_within(uint8_t n, uint64_t bound_ns);

/* Fails the test when a data frame was lost between any two that had been joined. */
void assert_hitless(void);
