/* SPDX-License-Identifier: BSD-3-Clause */

#include "tests/loop/traffic.h"

#include "tests/loop/traffic_frame.h"
#include "tests/tap.h"

#include <rte_mbuf.h>
#include <rte_ring.h>

#include <inttypes.h>

#define STEP_FRAMES 32u

static uint64_t read_count(const _Atomic uint64_t *count) {
	return atomic_load_explicit(count, memory_order_acquire);
}

static unsigned flow_send(const struct traffic *traffic, struct traffic_flow *flow) {
	const uint64_t sent = read_count(&flow->sent);
	const uint64_t in_flight = sent - read_count(&flow->received);
	unsigned n = 0;

	while (n < STEP_FRAMES && in_flight + n < TRAFFIC_IN_FLIGHT) {
		struct rte_mbuf *m = traffic_frame_make(
			flow->pool, sent + n,
			traffic_frame_octets(sent + n, traffic->min_octets, traffic->max_octets)
		);
		tap_must(m != NULL, "the pool is empty: frames were lost");
		tap_must(rte_ring_sp_enqueue(flow->in, m) == 0, "the host ring is full");
		n++;
	}
	atomic_store_explicit(&flow->sent, sent + n, memory_order_release);
	return n;
}

static unsigned flow_receive(const struct traffic *traffic, struct traffic_flow *flow) {
	const uint64_t received = read_count(&flow->received);
	struct rte_mbuf *m[STEP_FRAMES];
	const unsigned n = rte_ring_sc_dequeue_burst(flow->out, (void **)m, STEP_FRAMES, NULL);

	for (unsigned i = 0; i < n; i++) {
		const uint64_t number = received + i;
		const uint32_t octets =
			traffic_frame_octets(number, traffic->min_octets, traffic->max_octets);
		tap_must(
			traffic_frame_is(m[i], number, octets),
			"frame %" PRIu64
			" of %u octets is missing, out of order or changed: got %u octets, number "
			"%" PRIu64,
			number, octets, m[i]->pkt_len,
			*rte_pktmbuf_mtod_offset(m[i], const uint64_t *, 14)
		);
	}
	if (n != 0)
		rte_pktmbuf_free_bulk(m, n);
	atomic_store_explicit(&flow->received, received + n, memory_order_release);
	return n;
}

/* acquire: pairs with traffic_settle, so the change before the mark comes before our next frame */
static void see_mark(struct traffic *traffic) {
	const unsigned wanted = atomic_load_explicit(&traffic->mark_wanted, memory_order_acquire);
	if (wanted == atomic_load_explicit(&traffic->mark_seen, memory_order_relaxed))
		return;
	for (unsigned i = 0; i < 2; i++)
		traffic->flow[i].before_mark = read_count(&traffic->flow[i].sent);
	atomic_store_explicit(&traffic->mark_seen, wanted, memory_order_release);
}

static bool is_all_back(const struct traffic *traffic) {
	for (unsigned i = 0; i < 2; i++)
		if (read_count(&traffic->flow[i].sent) != read_count(&traffic->flow[i].received))
			return false;
	return true;
}

static void *generator_main(void *arg) {
	struct traffic *traffic = arg;
	struct tap_wait wait = tap_wait_for("a frame arrives");

	for (;;) {
		const bool is_stopping =
			atomic_load_explicit(&traffic->is_stopping, memory_order_acquire);
		unsigned n = 0;
		see_mark(traffic);
		for (unsigned i = 0; i < (traffic->is_two_way ? 2 : 1); i++) {
			n += flow_receive(traffic, &traffic->flow[i]);
			n += is_stopping ? 0 : flow_send(traffic, &traffic->flow[i]);
		}
		if (is_stopping && is_all_back(traffic))
			return NULL;
		if (n != 0)
			wait = tap_wait_for("a frame arrives");
		else
			tap_wait_more(&wait);
	}
}

void traffic_start(struct traffic *traffic, struct rig *rig) {
	traffic_frame_init();
	for (unsigned i = 0; i < 2; i++) {
		traffic->flow[i].in = rig->end[i].from_host;
		traffic->flow[i].out = rig->end[1 - i].to_host;
		traffic->flow[i].pool = rig->end[i].pool;
	}
	tap_must(
		pthread_create(&traffic->thread, NULL, generator_main, traffic) == 0,
		"no thread for the generator"
	);
}

static void wait_received(const struct traffic_flow *flow, uint64_t frames, const char *what) {
	const struct tap_wait wait = tap_wait_for(what);
	while (read_count(&flow->received) < frames)
		tap_wait_more(&wait);
}

void traffic_settle(struct traffic *traffic) {
	const struct tap_wait wait = tap_wait_for("the generator sees the mark");
	const unsigned mark = atomic_load_explicit(&traffic->mark_wanted, memory_order_relaxed) + 1;

	atomic_store_explicit(&traffic->mark_wanted, mark, memory_order_release);
	while (atomic_load_explicit(&traffic->mark_seen, memory_order_acquire) != mark)
		tap_wait_more(&wait);
	for (unsigned i = 0; i < 2; i++)
		wait_received(
			&traffic->flow[i], traffic->flow[i].before_mark,
			"frames of the old SA arrive"
		);
}

void traffic_wait_received(struct traffic *traffic, uint64_t frames) {
	// without an end of its own: the generator fails when no frame arrives any more
	while (read_count(&traffic->flow[0].received) < frames) {
		const struct tap_wait wait = tap_wait_for("frames arrive");
		tap_wait_more(&wait);
	}
}

uint64_t traffic_stop(struct traffic *traffic) {
	atomic_store_explicit(&traffic->is_stopping, true, memory_order_release);
	pthread_join(traffic->thread, NULL);
	return read_count(&traffic->flow[0].received) + read_count(&traffic->flow[1].received);
}
