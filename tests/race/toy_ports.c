/* SPDX-License-Identifier: BSD-3-Clause */

#include "tests/race/toy_ports.h"

#include "dataplane/sectag.h"
#include "tests/race/glass_engine.h"
#include "tests/tap.h"

#include <rte_ethdev.h>
#include <rte_mbuf.h>

#include <inttypes.h>
#include <stdatomic.h>
#include <string.h>

#define HOST_FRAMES 192u
#define EAPOL_FRAMES 32u
#define FRAMES (HOST_FRAMES + EAPOL_FRAMES)
#define ROOM_OCTETS 256u
#define EAPOL_ONE_IN 16u // receive calls of the line port

/* is_used: set by the one port that gives the frame out, cleared (release) by whoever frees it;
 * frames pass between threads by nothing else that would order them. */
struct toy_frame {
	struct rte_mbuf mbuf;
	atomic_bool is_used;
	alignas(64) uint8_t room[ROOM_OCTETS];
};

static struct toy_frame frames[FRAMES];

/* Under the protect lane's receive turn. */
static struct {
	uint64_t next_number;
	uint32_t next_frame;
} host;

/* Between the protect lane's transmit turn and the validate lane's receive turn. */
static struct {
	_Atomic uint32_t head, tail;
	struct rte_mbuf *queue[FRAMES];

	// under the protect lane's transmit turn
	uint64_t last_pn[TOY_KEYS_MAX];

	// under the validate lane's receive turn
	uint32_t calls, next_eapol, next_frame;
} line;

/* Under the validate lane's transmit turn, but for the count. */
static struct {
	uint64_t next_number;
	_Atomic uint64_t delivered;
} far;

static struct toy_frame *frame_of(struct rte_mbuf *m) {
	return (struct toy_frame *)((uintptr_t)m - offsetof(struct toy_frame, mbuf));
}

/* A free frame of `n` from `first` on, or NULL; the search goes on where it ended. Acquire: pairs
 * with the release in rte_pktmbuf_free_bulk. */
static struct rte_mbuf *frame_take(uint32_t first, uint32_t n, uint32_t *next) {
	struct toy_frame *frame = &frames[first + *next % n];

	if (atomic_load_explicit(&frame->is_used, memory_order_acquire))
		return NULL;
	++*next;
	atomic_store_explicit(&frame->is_used, true, memory_order_relaxed);
	memset(&frame->mbuf, 0, sizeof frame->mbuf);
	frame->mbuf.buf_addr = frame->room;
	frame->mbuf.buf_len = ROOM_OCTETS;
	frame->mbuf.data_off = 64;
	frame->mbuf.nb_segs = 1;
	frame->mbuf.data_len = TOY_FRAME_OCTETS;
	frame->mbuf.pkt_len = TOY_FRAME_OCTETS;
	return &frame->mbuf;
}

static void frame_fill(struct rte_mbuf *m, uint16_t ethertype, uint64_t number) {
	static const uint8_t addresses[ETHER_ADDRESSES_OCTETS] = {2, 0, 0, 0, 0, 11,
								  2, 0, 0, 0, 0, 10};
	uint8_t *data = rte_pktmbuf_mtod(m, uint8_t *);

	for (uint32_t i = 0; i < TOY_FRAME_OCTETS; i++)
		data[i] = (uint8_t)(number + i);
	memcpy(data, addresses, sizeof addresses);
	data[12] = (uint8_t)(ethertype >> 8);
	data[13] = (uint8_t)ethertype;
	store_be64(data + ETHER_HEADER_OCTETS, number);
}

static uint64_t frame_number(const uint8_t *data, uint32_t octets) {
	const uint64_t number = load_be64(data + ETHER_HEADER_OCTETS);

	tap_must(octets == TOY_FRAME_OCTETS, "a frame of %" PRIu32 " octets", octets);
	for (uint32_t i = ETHER_HEADER_OCTETS + 8; i < octets; i++)
		tap_must(data[i] == (uint8_t)(number + i), "frame %" PRIu64 " is changed", number);
	return number;
}

static uint16_t host_receive(void *queue, struct rte_mbuf **out, uint16_t n) {
	uint16_t got = 0;

	(void)queue;
	while (got < n && got < 8 &&
	       (out[got] = frame_take(0, HOST_FRAMES, &host.next_frame)) != NULL)
		frame_fill(out[got++], 0x0800, host.next_number++);
	return got;
}

/* No PN twice under one key, and in order. */
static void line_check(const struct rte_mbuf *m) {
	const uint8_t *data = rte_pktmbuf_mtod(m, const uint8_t *);
	const uint32_t key = glass_icv_key(data + m->pkt_len - ICV_OCTETS) % TOY_KEYS_MAX;
	const uint64_t pn = load_be64(data + m->pkt_len - ICV_OCTETS + 4);

	tap_must(load_be16(data + ETHER_ADDRESSES_OCTETS) == ETHERTYPE_MACSEC, "clear on the line");
	tap_must(
		pn > line.last_pn[key], "key %" PRIu32 ": PN %" PRIu64 " behind %" PRIu64, key, pn,
		line.last_pn[key]
	);
	line.last_pn[key] = pn;
}

static uint16_t line_transmit(void *queue, struct rte_mbuf **in, uint16_t n) {
	const uint32_t head = atomic_load_explicit(&line.head, memory_order_relaxed);

	(void)queue;
	for (uint32_t i = 0; i < n; i++) {
		line_check(in[i]);
		line.queue[(head + i) % FRAMES] = in[i]; // never full: there are no more frames
	}
	atomic_store_explicit(&line.head, head + n, memory_order_release);
	return n;
}

static uint16_t line_receive(void *queue, struct rte_mbuf **out, uint16_t n) {
	const uint32_t tail = atomic_load_explicit(&line.tail, memory_order_relaxed);
	const uint32_t there = atomic_load_explicit(&line.head, memory_order_acquire) - tail;
	const uint32_t taken = there < n - 1u ? there : n - 1u;

	(void)queue;
	for (uint32_t i = 0; i < taken; i++)
		out[i] = line.queue[(tail + i) % FRAMES];
	atomic_store_explicit(&line.tail, tail + taken, memory_order_release);
	if (line.calls++ % EAPOL_ONE_IN != 0)
		return (uint16_t)taken;
	out[taken] = frame_take(HOST_FRAMES, EAPOL_FRAMES, &line.next_frame);
	if (out[taken] == NULL)
		return (uint16_t)taken;
	frame_fill(out[taken], ETHERTYPE_EAPOL, line.next_eapol++);
	return (uint16_t)(taken + 1);
}

static uint16_t far_transmit(void *queue, struct rte_mbuf **in, uint16_t n) {
	(void)queue;
	for (uint32_t i = 0; i < n; i++) {
		const uint64_t number =
			frame_number(rte_pktmbuf_mtod(in[i], const uint8_t *), in[i]->pkt_len);
		tap_must(number >= far.next_number, "frame %" PRIu64 " out of order", number);
		far.next_number = number + 1;
	}
	if (n != 0)
		rte_pktmbuf_free_bulk(in, n);
	atomic_fetch_add_explicit(&far.delivered, n, memory_order_relaxed);
	return n;
}

/* Stands in for DPDK's, which needs a mempool: the program's own definition comes first. */
void rte_pktmbuf_free_bulk(struct rte_mbuf **gone, unsigned n) {
	for (unsigned i = 0; i < n; i++) {
		struct toy_frame *frame = frame_of(gone[i]);
		tap_must(
			atomic_load_explicit(&frame->is_used, memory_order_relaxed),
			"a frame was freed twice"
		);
		atomic_store_explicit(&frame->is_used, false, memory_order_release);
	}
}

void toy_ports_open(void) {
	static void *data[1], *no_callback[1];

	for (uint16_t port = TOY_HOST; port <= TOY_FAR; port++) {
		struct rte_eth_fp_ops *ops = &rte_eth_fp_ops[port];
		ops->rxq.data = ops->txq.data = data;
		ops->rxq.clbk = ops->txq.clbk = no_callback;
	}
	rte_eth_fp_ops[TOY_HOST].rx_pkt_burst = host_receive;
	rte_eth_fp_ops[TOY_LINE].tx_pkt_burst = line_transmit;
	rte_eth_fp_ops[TOY_LINE].rx_pkt_burst = line_receive;
	rte_eth_fp_ops[TOY_FAR].tx_pkt_burst = far_transmit;
}

uint64_t toy_ports_delivered(void) {
	return atomic_load_explicit(&far.delivered, memory_order_relaxed);
}

uint32_t toy_ports_eapol_number(const uint8_t *frame, uint32_t octets) {
	tap_must(load_be16(frame + ETHER_ADDRESSES_OCTETS) == ETHERTYPE_EAPOL, "not EAPOL");
	return (uint32_t)frame_number(frame, octets);
}

void toy_ports_must_have_all(void) {
	uint32_t used = 0;

	for (uint32_t i = 0; i < FRAMES; i++)
		used += atomic_load(&frames[i].is_used);
	const uint32_t on_line = atomic_load(&line.head) - atomic_load(&line.tail);
	tap_must(used == on_line, "%" PRIu32 " frames lost", used - on_line);
}
