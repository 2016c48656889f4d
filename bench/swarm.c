/* SPDX-License-Identifier: BSD-3-Clause */

#include "bench/swarm.h"

#include "bench/cpus.h"
#include "control/lines.h"

#include <stdlib.h>

struct link {
	struct lane lane;
	struct secy secy;
	struct lane_counters_set counters;
};

struct swarm {
	struct rig *rig;
	uint32_t n;
	struct link *link[];
};

static struct link *make_link(struct rig *rig, uint32_t index) {
	struct link *link = lines_alloc(sizeof(*link));

	if (link == NULL)
		return NULL;
	link->lane = rig->lane;
	link->lane.turn = (struct turn){0};
	link->lane.secy = &link->secy;
	link->secy.validate = SECY_STRICT;
	atomic_init(&link->secy.tx_sa, &rig->sa[index]->tx);
	atomic_init(&link->secy.rx_scs, rig->scs);
	return link;
}

struct swarm *swarm_create(struct rig *rig, uint32_t n) {
	struct swarm *swarm = calloc(1, sizeof(*swarm) + n * sizeof(swarm->link[0]));

	if (swarm == NULL)
		return NULL;
	swarm->rig = rig;
	for (; swarm->n < n; swarm->n++) {
		swarm->link[swarm->n] = make_link(rig, swarm->n);
		if (swarm->link[swarm->n] == NULL) {
			swarm_destroy(swarm);
			return NULL;
		}
	}
	return swarm;
}

void swarm_destroy(struct swarm *swarm) {
	if (swarm == NULL)
		return;
	for (uint32_t i = 0; i < swarm->n; i++)
		free(swarm->link[i]);
	free(swarm);
}

static bool hire(struct swarm *swarm, struct workers *workers) {
	const struct config_cpus cpus = {.n = 1, .id = {cpus_at(0)}};

	for (uint32_t i = 0; i < swarm->n; i++)
		if (workers_add_lane(
			    workers, &swarm->link[i]->lane, &cpus, &swarm->link[i]->counters
		    ) != 0)
			return false;
	return true;
}

static const char *judge(const struct swarm *swarm) {
	const char *wrong = NULL;

	for (uint32_t i = 0; wrong == NULL && i < swarm->n; i++) {
		struct counters sum;
		lane_counters_sum(&swarm->link[i]->counters, &sum);
		wrong = rig_judge(&sum, CRYPTO_PROTECT);
		if (wrong == NULL && sum.value[C_RX_FRAMES] == 0)
			wrong = "a link had no frames";
	}
	return wrong;
}

static const char *toil(struct swarm *swarm, struct workers *workers, struct meter *meter) {
	const char *wrong = NULL;

	swarm->rig->sink.meter = meter;
	cpus_pin_main(1);
	if (workers_start(workers) != 0)
		wrong = "the workers do not start";
	else if (!meter_wait(meter))
		wrong = "the workers transmit nothing";
	workers_stop(workers);
	cpus_pin_main(0);
	swarm->rig->sink.meter = NULL;
	return wrong == NULL ? judge(swarm) : wrong;
}

const char *swarm_run(void *arg, struct meter *meter) {
	const struct config config = {.polling = POLLING_BUSY};
	struct swarm *swarm = arg;
	struct workers *workers = NULL;
	const char *wrong = "no memory for the workers";

	if (workers_create(&config, swarm->rig->shape.engine, &workers) == 0 &&
	    hire(swarm, workers))
		wrong = toil(swarm, workers, meter);
	workers_destroy(workers);
	return wrong;
}
