/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Whole frames between control and a lane, copied, in a ring with one producer and one consumer:
 * MKPDUs in (inject), EAPOL out (punt). Control never touches a lane's mempool or queue because of
 * it. Pure C11 atomics, no DPDK.
 *
 * "One producer" on the lane's side is whoever holds the turn: the turn orders their accesses.
 */
#pragma once

#include <stdalign.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

/* A power of two; enough for what a flood of MKPDUs brings in a few milliseconds, so that honest
 * ones among them find room. */
#define FRAME_RING_SLOTS 128u
#define FRAME_RING_OCTETS 1532u

struct frame_slot {
	uint32_t octets;
	uint8_t data[FRAME_RING_OCTETS];
};

struct frame_ring {
	alignas(64) _Atomic uint32_t head; // frames ever put; producer wo, consumer ro (acquire)
	alignas(64) _Atomic uint32_t tail; // frames ever taken; consumer wo, producer ro (acquire)
	alignas(64) struct frame_slot slot[FRAME_RING_SLOTS];
};

/* Next slot to fill, or NULL when the ring is full. Producer only; published by frame_ring_push. */
static inline struct frame_slot *frame_ring_reserve(struct frame_ring *ring) {
	const uint32_t head = atomic_load_explicit(&ring->head, memory_order_relaxed);
	const uint32_t tail = atomic_load_explicit(&ring->tail, memory_order_acquire);
	return head - tail < FRAME_RING_SLOTS ? &ring->slot[head % FRAME_RING_SLOTS] : NULL;
}

/* Publishes the reserved slot. Release: pairs with frame_ring_peek. */
static inline void frame_ring_push(struct frame_ring *ring) {
	const uint32_t head = atomic_load_explicit(&ring->head, memory_order_relaxed);
	atomic_store_explicit(&ring->head, head + 1, memory_order_release);
}

/* Oldest frame, or NULL when the ring is empty. Consumer only; stays valid until frame_ring_pop. */
static inline const struct frame_slot *frame_ring_peek(struct frame_ring *ring) {
	const uint32_t tail = atomic_load_explicit(&ring->tail, memory_order_relaxed);
	const uint32_t head = atomic_load_explicit(&ring->head, memory_order_acquire);
	return head == tail ? NULL : &ring->slot[tail % FRAME_RING_SLOTS];
}

/* Gives the peeked slot back. Release: pairs with frame_ring_reserve. */
static inline void frame_ring_pop(struct frame_ring *ring) {
	const uint32_t tail = atomic_load_explicit(&ring->tail, memory_order_relaxed);
	atomic_store_explicit(&ring->tail, tail + 1, memory_order_release);
}

/* Copies a frame in. Producer only. False when the ring is full or the frame too long; nothing is
 * kept then. */
static inline bool frame_ring_put(struct frame_ring *ring, const uint8_t *frame, uint32_t octets) {
	struct frame_slot *slot = frame_ring_reserve(ring);
	if (slot == NULL || octets > FRAME_RING_OCTETS)
		return false;
	memcpy(slot->data, frame, octets);
	slot->octets = octets;
	frame_ring_push(ring);
	return true;
}
