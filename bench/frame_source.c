/* SPDX-License-Identifier: BSD-3-Clause */

#include "bench/frame_source.h"

#include "drivers/port.h"

#include <rte_ethdev.h>
#include <rte_malloc.h>
#include <rte_mbuf.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SINK_MBUFS 255u // it receives nothing, but a pool it must have (of more than its caches)

static const uint8_t clear_header[16] = {2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, 0x08, 0};

static struct port *null_port(uint32_t octets, uint16_t mtu, uint32_t n_mbufs) {
	static unsigned number; // names of ports are not used twice
	char spec[64];
	struct port *port = NULL;

	snprintf(spec, sizeof(spec), "net_null%u,size=%u,copy=0", number++, octets);
	const struct port_request request = {
		.spec = spec,
		.role = "bench",
		.mtu = mtu,
		.n_mbufs = n_mbufs,
	};
	return port_open(&request, &port) == 0 ? port : NULL;
}

static void renew_clear(struct rte_mbuf *m) {
	memcpy(rte_pktmbuf_mtod(m, uint8_t *), clear_header, ETHER_HEADER_OCTETS);
}

static void set_length(struct rte_mbuf *m, uint16_t octets) {
	m->data_len = octets;
	m->pkt_len = octets;
}

static void renew_secured(struct rte_mbuf *m, uint8_t flip) {
	struct frame_seed *seed = frame_seed_of(m->buf_addr);
	uint8_t *head = rte_pktmbuf_mtod(m, uint8_t *);

	// 28 octets in two wide stores
	memcpy(head, seed->head, 16);
	memcpy(head + ETHER_ADDRESSES_OCTETS, seed->head + ETHER_ADDRESSES_OCTETS, 16);
	memcpy(head + seed->octets - ICV_OCTETS, seed->icv[seed->face], ICV_OCTETS);
	seed->face ^= flip;
	set_length(m, seed->octets);
}

static uint16_t receive_clear(
	uint16_t port, uint16_t queue, struct rte_mbuf *frames[], uint16_t n, uint16_t room,
	void *arg
) {
	(void)port;
	(void)queue;
	(void)room;
	(void)arg;
	for (uint16_t i = 0; i < n; i++)
		renew_clear(frames[i]);
	return n;
}

static uint16_t receive_clear_mixed(
	uint16_t port, uint16_t queue, struct rte_mbuf *frames[], uint16_t n, uint16_t room,
	void *arg
) {
	const struct frame_source *source = arg;

	(void)port;
	(void)queue;
	(void)room;
	for (uint16_t i = 0; i < n; i++) {
		renew_clear(frames[i]);
		set_length(frames[i], source->mix->octets[i % FRAME_MIX_PERIOD]);
	}
	return n;
}

static uint16_t receive_secured(
	uint16_t port, uint16_t queue, struct rte_mbuf *frames[], uint16_t n, uint16_t room,
	void *arg
) {
	struct frame_source *source = arg;

	(void)port;
	(void)queue;
	(void)room;
	for (uint16_t i = 0; i < n; i++) {
		renew_secured(frames[i], source->flip);
		source->octets += frames[i]->pkt_len;
	}
	source->frames += n;
	return n;
}

void frame_source_renew(const struct frame_source *source, struct rte_mbuf *m) {
	m->data_off = RTE_PKTMBUF_HEADROOM;
	if (source->direction == CRYPTO_VALIDATE) {
		renew_secured(m, source->flip);
		return;
	}
	renew_clear(m);
	set_length(m, frame_seed_of(m->buf_addr)->octets);
}

/* Both ICVs: that of what lies in the buffer taken as ciphertext, and that of what decrypting it
 * leaves there. */
static bool
compute_icvs(struct crypto_context *context, const struct bench_sa *sa, struct rte_mbuf *m) {
	struct frame_seed *seed = frame_seed_of(m->buf_addr);
	uint8_t *head = rte_pktmbuf_mtod(m, uint8_t *);
	const struct sa_crypto *crypto = &sa->tx.crypto;
	const uint32_t tagged = ETHER_ADDRESSES_OCTETS + SECTAG_SCI_OCTETS;
	const uint32_t user = seed->octets - tagged - ICV_OCTETS;
	struct crypto_op op = {
		.aad = head,
		.aad_octets = tagged + (crypto->is_encrypting ? 0 : user),
		.text = head + tagged + (crypto->is_encrypting ? 0 : user),
		.text_octets = crypto->is_encrypting ? user : 0,
	};
	const wide_word iv = sa_iv(crypto, load_be32(seed->head + ETHER_ADDRESSES_OCTETS + 4));

	memcpy(op.iv, &iv, sizeof(iv));
	memcpy(head, seed->head, tagged);
	for (unsigned face = 0; face < 2; face++) {
		op.tag = seed->icv[face];
		if (!sa->engine->ops->validate(context, sa->key, &op, 1))
			return false;
	}
	return true;
}

/* pn: of a frame that is to be validated. */
static bool plant_secured(
	struct crypto_context *context, const struct bench_sa *sa, struct rte_mbuf *m, uint32_t pn,
	uint16_t clear_octets
) {
	struct frame_seed *seed = frame_seed_of(m->buf_addr);
	const uint32_t user = clear_octets - ETHER_ADDRESSES_OCTETS;
	const wide_word tag = {
		sectag_first_word(sa->tx.tci_an, sectag_sl(user), pn),
		sa->tx.sci_be,
	};

	seed->octets = (uint16_t)(clear_octets + SECTAG_SCI_OCTETS + ICV_OCTETS);
	memcpy(seed->head, clear_header, ETHER_ADDRESSES_OCTETS);
	memcpy(seed->head + ETHER_ADDRESSES_OCTETS, &tag, sizeof(tag));
	return compute_icvs(context, sa, m);
}

static bool
plant(const struct frame_source *source, const struct frame_source_request *request,
      struct crypto_context *context, struct rte_mbuf *m, uint32_t number) {
	const uint16_t octets = request->mix->octets[number % FRAME_MIX_PERIOD];
	struct frame_seed *seed = frame_seed_of(m->buf_addr);

	*seed = (struct frame_seed){.octets = octets};
	memset(rte_pktmbuf_mtod(m, uint8_t *), (int)number, octets);
	if (source->direction == CRYPTO_PROTECT)
		return true;
	return plant_secured(
		context, request->sa[number % request->n_sa], m, number / request->n_sa + 1, octets
	);
}

/* Every buffer of the pool gets its frame. */
static bool plant_all(struct frame_source *source, const struct frame_source_request *request) {
	const struct crypto_engine *engine = request->sa[0]->engine;
	struct crypto_context *context = engine->ops->context_create(engine, 0);
	struct rte_mbuf **frames = calloc(source->pool->size, sizeof(*frames));
	bool is_good = context != NULL && frames != NULL;
	uint32_t n = 0;

	while (is_good && n < source->pool->size &&
	       (frames[n] = rte_pktmbuf_alloc(source->pool)) != NULL) {
		is_good = plant(source, request, context, frames[n], n);
		n++;
	}
	if (n != 0)
		rte_pktmbuf_free_bulk(frames, n);
	free(frames);
	if (context != NULL)
		engine->ops->context_destroy(context);
	return is_good && n == source->pool->size;
}

static bool hear(struct frame_source *source) {
	rte_rx_callback_fn callback = receive_secured;

	if (source->direction == CRYPTO_PROTECT)
		callback = source->mix->is_uniform ? receive_clear : receive_clear_mixed;
	source->callback = rte_eth_add_rx_callback(source->port_id, 0, callback, source);
	return source->callback != NULL;
}

bool frame_source_open(struct frame_source *source, const struct frame_source_request *request) {
	const struct frame_mix *mix = request->mix;
	const bool is_secured = request->direction == CRYPTO_VALIDATE;
	const uint32_t octets = mix->longest + (is_secured ? PORT_MACSEC_OCTETS : 0);

	*source = (struct frame_source){.mix = mix, .direction = request->direction};
	source->port = null_port(
		octets, (uint16_t)(mix->longest + PORT_MACSEC_OCTETS),
		request->n_mbufs != 0 ? request->n_mbufs : FRAME_SOURCE_MBUFS
	);
	if (source->port == NULL)
		return false;
	source->port_id = port_info(source->port)->port_id;
	source->pool = port_info(source->port)->pool;
	if (plant_all(source, request) && hear(source))
		return true;
	fprintf(stderr, "macsec-bench: cannot make the frames\n");
	frame_source_close(source);
	return false;
}

/* DPDK keeps callbacks with the port's number, and calls them for whoever has it next. */
void frame_source_close(struct frame_source *source) {
	if (source->callback != NULL &&
	    rte_eth_remove_rx_callback(source->port_id, 0, source->callback) == 0)
		rte_free((void *)(uintptr_t)source->callback);
	source->callback = NULL;
	port_close(source->port);
	source->port = NULL;
}

/* Frames that another lane has transmitted since the last look. */
static unsigned also_sent(struct frame_sink *sink) {
	uint64_t sum = 0;

	for (uint32_t i = 0; i < sink->also->n; i++)
		sum += atomic_load_explicit(
			&sink->also->of[i]->value[C_TX_FRAMES], memory_order_relaxed
		);
	const uint64_t more = sum - sink->also_seen;
	sink->also_seen = sum;
	return (unsigned)more;
}

static uint16_t
swallow(uint16_t port, uint16_t queue, struct rte_mbuf *frames[], uint16_t n, void *arg) {
	struct frame_sink *sink = arg;

	(void)port;
	(void)queue;
	if (sink->look != NULL)
		sink->look(sink->look_arg, frames, n);
	if (sink->meter != NULL)
		meter_tick(sink->meter, n + (sink->also != NULL ? also_sent(sink) : 0));
	return n;
}

bool frame_sink_open(struct frame_sink *sink, uint16_t mtu) {
	*sink = (struct frame_sink){.port = null_port(64, mtu, SINK_MBUFS)};
	if (sink->port == NULL)
		return false;
	sink->callback = rte_eth_add_tx_callback(port_info(sink->port)->port_id, 0, swallow, sink);
	return sink->callback != NULL;
}

void frame_sink_close(struct frame_sink *sink) {
	if (sink->callback != NULL &&
	    rte_eth_remove_tx_callback(port_info(sink->port)->port_id, 0, sink->callback) == 0)
		rte_free((void *)(uintptr_t)sink->callback);
	sink->callback = NULL;
	port_close(sink->port);
	sink->port = NULL;
}
