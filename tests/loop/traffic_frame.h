/* SPDX-License-Identifier: BSD-3-Clause */
/* Numbered frames whose length and content follow from the number. Any thread. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct rte_mbuf;
struct rte_mempool;

/* Fills what contents are taken from. Before anything else, once. */
void traffic_frame_init(void);

/* Length of frame `number`: mostly short ones, edges of the range now and then. */
uint32_t traffic_frame_octets(uint64_t number, uint32_t min_octets, uint32_t max_octets);

/* Makes a frame, in segments of the pool's size. NULL when the pool is empty. */
struct rte_mbuf *traffic_frame_make(struct rte_mempool *pool, uint64_t number, uint32_t octets);

/* Whether `m` is exactly that frame. */
bool traffic_frame_is(const struct rte_mbuf *m, uint64_t number, uint32_t octets);
