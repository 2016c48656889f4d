/* SPDX-License-Identifier: BSD-3-Clause */

#include "bench/lane_rig.h"

#include "control/lines.h"
#include "control/sak.h"
#include "control/secret.h"
#include "dataplane/pn.h"
#include "drivers/port.h"

#include <rte_ethdev.h>
#include <rte_mbuf.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define RAW_BURST 32u

struct lane_rig {
	struct port *in, *out;
	struct secy secy;
	struct lane lane;
	struct lane_counters counters;
	struct lane_worker worker;
	struct burst burst;
	struct frame_ring inject;
	struct tx_sa sa;
	void *key;
	const struct crypto_engine *engine;

	struct rte_mbuf *raw_frame[RAW_BURST];
	struct crypto_op raw_op[RAW_BURST];
};

static struct port *null_port(unsigned number, uint16_t frame_octets) {
	char spec[64];
	struct port *port = NULL;

	// "host" of 2000 octets at most, so that any size measured here fits one segment
	snprintf(spec, sizeof(spec), "net_null%u,size=%u,copy=0", number, frame_octets);
	const struct port_request request = {.spec = spec, .role = "bench", .mtu = 1500};
	return port_open(&request, &port) == 0 ? port : NULL;
}

/* The bench's own SA: a measurement has no peer and no MKA, and its key protects nothing. */
static bool make_sa(struct lane_rig *rig, enum cipher_suite suite) {
	static const uint8_t sak[SAK_MAX_OCTETS] = {1, 2, 3};
	const struct suite_info *info = suite_info(suite);

	rig->key = secret_alloc(rig->engine->key_octets);
	if (rig->key == NULL ||
	    rig->engine->ops->key_expand(rig->engine, rig->key, sak, info->sak_octets) != 0)
		return false;
	rig->sa.crypto = (struct sa_crypto){
		.key = rig->key,
		.is_encrypting = true,
		.is_xpn = info->is_xpn,
	};
	rig->sa.pn_last = pn_last(info->is_xpn);
	rig->sa.tci_an = TCI_SC | TCI_E | TCI_C;
	rig->sa.sectag_octets = SECTAG_SCI_OCTETS;
	atomic_init(&rig->sa.next_pn, PN_FIRST);
	atomic_init(&rig->secy.tx_sa, &rig->sa);
	return true;
}

/*
 * The null port hands out its buffers as they came back, with what was encrypted in them: a chance
 * EAPOL EtherType would be dropped, unchanged, for ever. So each frame gets a header of its own;
 * the floor pays for it as well.
 */
static uint16_t fresh_headers(
	uint16_t port, uint16_t queue, struct rte_mbuf *frames[], uint16_t n, uint16_t room,
	void *arg
) {
	static const uint8_t header[ETHER_HEADER_OCTETS] = {2, 0, 0, 0, 0, 1,    2,
							    0, 0, 0, 0, 2, 0x08, 0};

	(void)port;
	(void)queue;
	(void)room;
	(void)arg;
	for (uint16_t i = 0; i < n; i++)
		memcpy(rte_pktmbuf_mtod(frames[i], uint8_t *), header, sizeof(header));
	return n;
}

static bool make_lane(struct lane_rig *rig) {
	rig->lane = (struct lane){
		.kind = LANE_PROTECT,
		.rx_port = port_info(rig->in)->port_id,
		.tx_port = port_info(rig->out)->port_id,
		.tx_max_octets = UINT16_MAX,
		.rx_truncated_octets = UINT16_MAX,
		.secy = &rig->secy,
		.engine = rig->engine,
		.pool = port_info(rig->in)->pool,
		.control = &rig->inject,
	};
	rig->worker = (struct lane_worker){
		.lane = &rig->lane,
		.counters = &rig->counters,
		.crypto = rig->engine->ops->context_create(rig->engine, 0),
		.burst = &rig->burst,
	};
	return rig->worker.crypto != NULL &&
	       rte_eth_add_rx_callback(rig->lane.rx_port, 0, fresh_headers, NULL) != NULL;
}

/* Frames with header and IV in place; the same ones are encrypted over and over, hot in the cache.
 */
static bool make_raw(struct lane_rig *rig, uint16_t frame_octets) {
	if (rte_pktmbuf_alloc_bulk(rig->lane.pool, rig->raw_frame, RAW_BURST) != 0)
		return false;
	for (unsigned i = 0; i < RAW_BURST; i++) {
		uint8_t *frame = rte_pktmbuf_mtod(rig->raw_frame[i], uint8_t *);
		const uint32_t head = ETHER_ADDRESSES_OCTETS + SECTAG_SCI_OCTETS;
		memset(frame, 0, frame_octets + SECTAG_SCI_OCTETS + ICV_OCTETS);
		rig->raw_op[i] = (struct crypto_op){
			.iv = {(uint8_t)i},
			.aad = frame,
			.aad_octets = head,
			.text = frame + head,
			.text_octets = frame_octets - ETHER_ADDRESSES_OCTETS,
			.tag = frame + frame_octets + SECTAG_SCI_OCTETS,
		};
	}
	return true;
}

struct lane_rig *lane_rig_create(
	const struct crypto_engine *engine, enum cipher_suite suite, uint16_t frame_octets
) {
	struct lane_rig *rig = lines_alloc(sizeof(*rig));
	if (rig == NULL)
		return NULL;
	rig->engine = engine;
	rig->in = null_port(0, frame_octets);
	rig->out = null_port(1, frame_octets);
	if (rig->in != NULL && rig->out != NULL && make_sa(rig, suite) && make_lane(rig) &&
	    make_raw(rig, frame_octets))
		return rig;
	fprintf(stderr, "macsec-bench: cannot set the lane up\n");
	lane_rig_destroy(rig);
	return NULL;
}

void lane_rig_destroy(struct lane_rig *rig) {
	if (rig == NULL)
		return;
	if (rig->raw_frame[0] != NULL)
		rte_pktmbuf_free_bulk(rig->raw_frame, RAW_BURST);
	if (rig->worker.crypto != NULL)
		rig->engine->ops->context_destroy(rig->worker.crypto);
	if (rig->key != NULL)
		rig->engine->ops->key_release(rig->engine, rig->key);
	secret_free(rig->key);
	port_close(rig->in);
	port_close(rig->out);
	free(rig);
}

unsigned lane_rig_floor(void *arg) {
	struct lane_rig *rig = arg;
	struct rte_mbuf *frames[BURST_FRAMES];
	const uint16_t n = rte_eth_rx_burst(rig->lane.rx_port, 0, frames, BURST_FRAMES);
	return rte_eth_tx_burst(rig->lane.tx_port, 0, frames, n);
}

unsigned lane_rig_raw(void *arg) {
	struct lane_rig *rig = arg;
	rig->engine->ops->protect(rig->worker.crypto, rig->key, rig->raw_op, RAW_BURST);
	return RAW_BURST;
}

unsigned lane_rig_lane(void *arg) {
	const struct lane_rig *rig = arg;
	return lane_poll(&rig->worker);
}

uint64_t lane_rig_lost(const struct lane_rig *rig) {
	struct counters_balance balance;
	struct counters sum = {0};

	counters_add(&sum, &rig->counters);
	counters_balance(&sum, &balance);
	return balance.dropped;
}
