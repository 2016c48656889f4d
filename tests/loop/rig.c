/* SPDX-License-Identifier: BSD-3-Clause */

#include "tests/loop/rig.h"

#include "control/ki_store.h"
#include "control/lines.h"
#include "control/secret.h"
#include "drivers/crypto_engines.h"
#include "tests/loop/rig_ports.h"
#include "tests/tap.h"

#include <rte_mbuf.h>
#include <rte_ring.h>

#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define RIG_SCI 0x0200000000000001u // end 0; the other's is one MAC address further

struct crypto_engine *rig_engine(void) {
	struct crypto_engine *engine = NULL;
	tap_must(crypto_ipsec_mb_create(CRYPTO_ARCH_AUTO, &engine) == 0, "no ipsec-mb engine");
	return engine;
}

static void open_door(struct rig *rig, struct rig_end *end, const struct rig_request *request) {
	const struct sa_install_config config = {
		.link_name = end->name,
		.sci = end->sci,
		.include_sci = true,
		.validate = SECY_STRICT,
		.replay_protect = true,
		.replay_window = request->replay_window,
		.engine = request->engine,
		.rcu = workers_rcu(rig->workers),
		.used_kis = end->used_kis,
	};
	tap_must(sa_install_create(&config, &end->door) == 0, "no door");
}

static void fill_lane(const struct rig *rig, struct rig_end *end, enum lane_kind kind) {
	const bool is_protecting = kind == LANE_PROTECT;
	struct lane *lane = is_protecting ? &end->protect : &end->validate;

	lane->kind = kind;
	lane->rx_port = is_protecting ? end->host_port : end->line_port;
	lane->tx_port = is_protecting ? end->line_port : end->host_port;
	lane->tx_max_octets = RIG_FRAME_MAX_OCTETS + SECTAG_SCI_OCTETS + ICV_OCTETS;
	lane->rx_truncated_octets = UINT16_MAX;
	lane->secy = sa_install_secy(end->door);
	lane->engine = rig->engine;
	lane->pool = end->pool;
	lane->control = is_protecting ? &end->inject : &end->punt;
}

static void open_end(struct rig *rig, unsigned index, const struct rig_request *request) {
	struct rig_end *end = &rig->end[index];

	snprintf(end->name, sizeof end->name, "end-%u", index);
	end->sci = RIG_SCI + ((uint64_t)index << 16);
	tap_must(
		ki_store_open(rig->run_dir, end->name, &end->used_kis) == 0, "no store in %s",
		rig->run_dir
	);
	open_door(rig, end, request);
	fill_lane(rig, end, LANE_PROTECT);
	fill_lane(rig, end, LANE_VALIDATE);
}

/* The first CPUs that we may use; where they are too few, one worker runs on any. */
static struct config_cpus cpus_for(unsigned workers_per_lane) {
	struct config_cpus cpus = {.n = (uint16_t)workers_per_lane};
	cpu_set_t allowed;
	uint16_t found = 0;

	tap_must(sched_getaffinity(0, sizeof allowed, &allowed) == 0, "no CPU affinity");
	for (uint16_t cpu = 0; cpu < CPU_SETSIZE && found < cpus.n; cpu++)
		if (CPU_ISSET(cpu, &allowed))
			cpus.id[found++] = cpu;
	tap_must(found + 1 >= cpus.n, "only %u CPUs", found);
	if (found < cpus.n)
		cpus.id[found] = WORKER_ANY_CPU;
	return cpus;
}

static void staff(struct rig *rig, const struct rig_request *request) {
	const struct config_cpus cpus = cpus_for(request->workers_per_lane);
	const unsigned n_ends = request->is_end_1_unserved ? 1 : 2;

	for (unsigned i = 0; i < n_ends; i++) {
		struct rig_end *end = &rig->end[i];
		tap_must(
			workers_add_lane(
				rig->workers, &end->protect, &cpus, &end->protect_counters
			) == 0 &&
				workers_add_lane(
					rig->workers, &end->validate, &cpus, &end->validate_counters
				) == 0,
			"cannot add a lane"
		);
	}
	tap_must(workers_start(rig->workers) == 0, "workers do not start");
}

struct rig *rig_open(const struct rig_request *request) {
	const struct config config = {.polling = POLLING_ADAPTIVE};
	struct rig *rig = lines_alloc(sizeof(*rig));

	tap_must(rig != NULL, "no memory");
	rig->engine = request->engine;
	snprintf(
		rig->run_dir, sizeof rig->run_dir, "%s/loop-XXXXXX",
		access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp"
	);
	tap_must(mkdtemp(rig->run_dir) != NULL, "no folder %s", rig->run_dir);
	tap_must(workers_create(&config, rig->engine, &rig->workers) == 0, "no workers");
	rig_ports_open(rig, request->segment_octets);
	open_end(rig, 0, request);
	open_end(rig, 1, request);
	staff(rig, request);
	tap_explain_with(rig_last_words, rig);
	return rig;
}

void rig_stop(struct rig *rig) {
	workers_stop(rig->workers);
}

static void close_end(struct rig_end *end) {
	sa_install_destroy(end->door);
	ki_store_close(end->used_kis);
}

void rig_remove_run_dir(const struct rig *rig) {
	char path[80];

	for (unsigned i = 0; i < 2; i++) {
		snprintf(path, sizeof path, "%s/%s.ki", rig->run_dir, rig->end[i].name);
		unlink(path);
	}
	rmdir(rig->run_dir);
}

void rig_close(struct rig *rig) {
	struct secret_usage usage;

	rig_stop(rig);
	close_end(&rig->end[0]);
	close_end(&rig->end[1]);
	workers_destroy(rig->workers);
	rig_ports_close(rig);
	tap_explain_with(NULL, NULL);
	rig_remove_run_dir(rig);
	free(rig);
	secret_usage(&usage);
	tap_must(usage.in_use_octets == 0, "%zu octets of key memory lost", usage.in_use_octets);
}

void rig_sak(
	const struct rig *rig, unsigned end, enum cipher_suite suite, uint32_t kn, struct sak *sak
) {
	*sak = (struct sak){
		.ki.kn = kn,
		.suite = suite,
		.an = kn % SECY_AN_SLOTS,
		.confidentiality = true,
		.own_ssci = end + 1,
		.n_peers = 1,
		.peers = {{.sci = rig->end[1 - end].sci, .ssci = 2 - end}},
	};
	memset(sak->ki.mi, (int)suite + 1, sizeof sak->ki.mi);
	for (unsigned i = 0; i < sizeof sak->octets; i++)
		sak->octets[i] = (uint8_t)(kn >> i % 4 * 8) ^ (uint8_t)(i * 37 + suite);
	for (unsigned i = 0; i < sizeof sak->salt; i++)
		sak->salt[i] = (uint8_t)(kn * 11 + i);
}

void rig_secure(struct rig *rig, enum cipher_suite suite, uint32_t kn) {
	struct sak sak;

	for (unsigned i = 0; i < 2; i++) {
		rig_sak(rig, i, suite, kn, &sak);
		tap_must(sa_install_sak(rig->end[i].door, &sak) == 0, "SAK refused");
	}
	for (unsigned i = 0; i < 2; i++)
		tap_must(sa_install_transmit(rig->end[i].door, &sak.ki) == 0, "no such SAK");
}
