/* SPDX-License-Identifier: BSD-3-Clause */

#include "bench/rig.h"

#include "bench/contest.h"
#include "bench/cpus.h"
#include "control/lines.h"
#include "control/workers.h"
#include "drivers/port.h"

#include <rte_ethdev.h>
#include <rte_mbuf.h>

#include <stdio.h>
#include <stdlib.h>

#define OWN_CONTEXT (CRYPTO_WORKERS_MAX - 1) // the main thread's

static bool make_sas(struct rig *rig) {
	const struct rig_shape *shape = &rig->shape;
	uint32_t slots = 2;

	while (slots < 2 * shape->n_sa) // at most half full (dataplane/secy.h)
		slots *= 2;
	rig->sa = calloc(shape->n_sa, sizeof(*rig->sa));
	rig->scs = lines_alloc(sizeof(*rig->scs) + slots * sizeof(rig->scs->slot[0]));
	if (rig->sa == NULL || rig->scs == NULL)
		return false;
	rig->scs->mask = slots - 1;
	for (uint32_t i = 0; i < shape->n_sa; i++) {
		rig->sa[i] = bench_sa_create(shape->engine, shape->suite, shape->is_encrypting, i);
		if (rig->sa[i] == NULL)
			return false;
		uint32_t at = rx_sc_hash(rig->sa[i]->sc.sci);
		while (rig->scs->slot[at & rig->scs->mask] != NULL)
			at++;
		rig->scs->slot[at & rig->scs->mask] = &rig->sa[i]->sc;
		rig->scs->n++;
	}
	return true;
}

static void make_secy(struct rig *rig) {
	rig->secy = (struct secy){
		.validate = SECY_STRICT,
		.is_replay_protecting = true,
		.replay_window = FRAME_SOURCE_WINDOW,
	};
	atomic_init(&rig->secy.tx_sa, &rig->sa[0]->tx);
	atomic_init(&rig->secy.rx_scs, rig->scs);
}

static bool make_ports(struct rig *rig) {
	const struct frame_source_request request = {
		.mix = rig->shape.mix,
		.direction = rig->shape.direction,
		.sa = rig->sa,
		.n_sa = rig->shape.n_sa,
		// each SA is to have several frames
		.n_mbufs = rig->shape.n_sa > 256 ? 4 * rig->shape.n_sa - 1 : 0,
	};
	if (!frame_source_open(&rig->source, &request))
		return false;
	return frame_sink_open(&rig->sink, rig->shape.mix->longest);
}

static bool make_lane(struct rig *rig) {
	const struct crypto_engine *engine = rig->shape.engine;

	rig->lane = (struct lane){
		.kind = rig->shape.direction == CRYPTO_PROTECT ? LANE_PROTECT : LANE_VALIDATE,
		.rx_port = rig->source.port_id,
		.tx_port = port_info(rig->sink.port)->port_id,
		.tx_max_octets = UINT16_MAX,
		.rx_truncated_octets = UINT16_MAX,
		.secy = &rig->secy,
		.engine = engine,
		.pool = rig->source.pool,
		.control = &rig->control,
	};
	rig->own = (struct lane_worker){
		.lane = &rig->lane,
		.counters = &rig->own_counters,
		.crypto = engine->ops->context_create(engine, OWN_CONTEXT),
		.burst = &rig->burst,
	};
	return rig->own.crypto != NULL;
}

struct rig *rig_create(const struct rig_shape *shape) {
	struct rig *rig = lines_alloc(sizeof(*rig));
	if (rig == NULL)
		return NULL;
	rig->shape = *shape;
	if (rig->shape.n_sa == 0)
		rig->shape.n_sa = 1;
	if (make_sas(rig)) {
		make_secy(rig);
		if (make_ports(rig) && make_lane(rig))
			return rig;
	}
	fprintf(stderr, "macsec-bench: cannot set the lane up\n");
	rig_destroy(rig);
	return NULL;
}

void rig_destroy(struct rig *rig) {
	if (rig == NULL)
		return;
	if (rig->own.crypto != NULL)
		rig->shape.engine->ops->context_destroy(rig->own.crypto);
	if (rig->source.port != NULL)
		frame_source_close(&rig->source);
	frame_sink_close(&rig->sink);
	for (uint32_t i = 0; rig->sa != NULL && i < rig->shape.n_sa; i++)
		bench_sa_destroy(rig->sa[i]);
	free(rig->sa);
	free(rig->scs);
	free(rig);
}

void rig_let_decrypt(struct rig *rig, bool is_decrypting) {
	rig->source.flip = is_decrypting && rig->shape.is_encrypting;
}

double rig_mean_octets(const struct rig *rig) {
	const struct frame_source *source = &rig->source;

	if (rig->shape.mix->is_uniform || source->frames == 0)
		return rig->shape.mix->mean;
	return (double)source->octets / (double)source->frames - PORT_MACSEC_OCTETS;
}

const char *rig_run_floor(void *arg, struct meter *meter) {
	struct rig *rig = arg;
	struct rte_mbuf *frames[BURST_FRAMES];

	rig_let_decrypt(rig, false);
	rig->sink.meter = meter;
	while (!meter_is_done(meter)) {
		const uint16_t n = rte_eth_rx_burst(rig->lane.rx_port, 0, frames, BURST_FRAMES);
		rte_eth_tx_burst(rig->lane.tx_port, 0, frames, n);
	}
	rig->sink.meter = NULL;
	return NULL;
}

const char *rig_judge(const struct counters *sum, enum crypto_direction direction) {
	struct counters_balance balance;
	const uint64_t secured =
		direction == CRYPTO_PROTECT
			? sum->value[C_OUT_PKTS_ENCRYPTED] + sum->value[C_OUT_PKTS_PROTECTED]
			: sum->value[C_IN_PKTS_OK];

	counters_balance(sum, &balance);
	if (balance.dropped != 0 || balance.in != balance.out)
		return "the lane lost frames, so it was not measured";
	if (secured != balance.in)
		return "frames crossed unsecured, so the lane was not measured";
	return NULL;
}

/* Until the meter is done. */
static const char *
wait_aside(const struct rig_work *work, const struct lane_counters_set *set, struct meter *meter) {
	while (work->aside != NULL && !meter_is_done(meter))
		work->aside(work->arg, set);
	return meter_wait(meter) ? NULL : "the workers transmit nothing";
}

/* A set of workers for one run. */
struct crew {
	struct workers *workers;
	struct lane_counters_set set, also;
};

static bool hire(struct crew *crew, struct rig *rig, const struct rig_work *work) {
	const struct config config = {.polling = POLLING_BUSY};
	struct config_cpus cpus = {.n = work->n_workers};

	for (uint16_t i = 0; i < cpus.n; i++)
		cpus.id[i] = cpus_at(i);
	return workers_create(&config, rig->shape.engine, &crew->workers) == 0 &&
	       workers_add_lane(crew->workers, &rig->lane, &cpus, &crew->set) == 0 &&
	       (work->also == NULL ||
		workers_add_lane(crew->workers, &work->also->lane, &cpus, &crew->also) == 0);
}

static const char *judge(const struct rig *rig, const struct lane_counters_set *set) {
	struct counters sum;
	lane_counters_sum(set, &sum);
	return rig_judge(&sum, rig->shape.direction);
}

static const char *
toil(struct crew *crew, struct rig *rig, const struct rig_work *work, struct meter *meter) {
	const char *wrong = "the workers do not start";

	rig->sink.meter = meter;
	rig->sink.also = work->also != NULL ? &crew->also : NULL;
	rig->sink.also_seen = 0;
	cpus_pin_main(1);
	if (workers_start(crew->workers) == 0)
		wrong = wait_aside(work, &crew->set, meter);
	workers_stop(crew->workers);
	cpus_pin_main(0);
	rig->sink.meter = NULL;
	rig->sink.also = NULL;
	if (wrong == NULL)
		wrong = judge(rig, &crew->set);
	if (wrong == NULL && work->also != NULL)
		wrong = judge(work->also, &crew->also);
	return wrong;
}

const char *rig_run_work(struct rig *rig, const struct rig_work *work, struct meter *meter) {
	struct crew crew = {0};
	const char *wrong = "no memory for the workers";

	rig_let_decrypt(rig, rig->shape.direction == CRYPTO_VALIDATE);
	if (work->also != NULL)
		rig_let_decrypt(work->also, work->also->shape.direction == CRYPTO_VALIDATE);
	if (hire(&crew, rig, work))
		wrong = toil(&crew, rig, work, meter);
	workers_destroy(crew.workers);
	return wrong;
}

const char *rig_run_one_worker(void *rig, struct meter *meter) {
	return rig_run_work(rig, &(struct rig_work){.n_workers = 1}, meter);
}

const char *rig_run_two_workers(void *rig, struct meter *meter) {
	return rig_run_work(rig, &(struct rig_work){.n_workers = 2}, meter);
}
