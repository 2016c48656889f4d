/* SPDX-License-Identifier: BSD-3-Clause */

#include "tests/unit/lane_bench.h"

#include "control/ki_store.h"
#include "control/lines.h"
#include "control/secret.h"

#include <rte_eal.h>
#include <rte_mbuf.h>
#include <rte_rcu_qsbr.h>

#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static unsigned first_cpu(const cpu_set_t *cpus) {
	unsigned cpu = 0;
	while (cpu < CPU_SETSIZE - 1 && !CPU_ISSET(cpu, cpus))
		cpu++;
	return cpu;
}

/* EAL makes its folder even when it keeps nothing in it. */
static void remove_folder(const char *folder) {
	static const char *const parts[] = {"/dpdk/rte", "/dpdk", ""};
	char path[64];

	for (unsigned i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		snprintf(path, sizeof(path), "%s%s", folder, parts[i]);
		rmdir(path);
	}
}

void bench_eal_start(void) {
	static char lcores[16];
	static char *args[] = {
		"test",     "--no-huge", "-m",   "64",          "--no-shconf", "--no-telemetry",
		"--no-pci", "--lcores",  lcores, "--log-level", "error",       NULL,
	};
	cpu_set_t cpus;

	char folder[] = "/tmp/bench-eal-XXXXXX";

	bench_require(mkdtemp(folder) != NULL, "no folder for EAL");
	setenv("RUNTIME_DIRECTORY", folder, 1);
	bench_require(sched_getaffinity(0, sizeof(cpus), &cpus) == 0, "no CPUs");
	snprintf(lcores, sizeof(lcores), "0@%u", first_cpu(&cpus));
	bench_require(rte_eal_init(sizeof(args) / sizeof(args[0]) - 1, args) >= 0, "EAL");
	// tests run beside each other: not all of them on the CPU that EAL was given
	bench_require(sched_setaffinity(0, sizeof(cpus), &cpus) == 0, "CPUs");
	remove_folder(folder);
}

static void fill_lane(struct lane_bench *bench, struct lane *lane, enum lane_kind kind) {
	lane->kind = kind;
	lane->tx_max_octets = 9000 + 54;
	lane->rx_truncated_octets = UINT16_MAX;
	lane->secy = sa_install_secy(bench->door);
	lane->engine = bench->engine;
	lane->pool = bench->pool;
	lane->control = kind == LANE_PROTECT ? &bench->inject : &bench->punt;
}

static void open_door(struct lane_bench *bench, const struct bench_request *request) {
	const struct sa_install_config config = {
		.link_name = "bench",
		.sci = request->sci,
		.include_sci = !request->leaves_out_sci,
		.validate = request->validate,
		.replay_protect = !request->ignores_replay,
		.replay_window = request->replay_window,
		.bypass = request->bypass,
		.vlan_in_clear = request->vlan_in_clear,
		.engine = bench->engine,
		.rcu = bench->rcu,
		.used_kis = bench->used_kis,
	};
	bench_require(sa_install_create(&config, &bench->door) == 0, "no door");
	bench->secy = sa_install_secy(bench->door);
}

/* The file of used KIs is synced for each SAK: in memory that takes no time. */
static void open_run_dir(struct lane_bench *bench) {
	snprintf(bench->run_dir, sizeof(bench->run_dir), "/dev/shm/lane-bench-XXXXXX");
	if (mkdtemp(bench->run_dir) != NULL)
		return;
	snprintf(bench->run_dir, sizeof(bench->run_dir), "/tmp/lane-bench-XXXXXX");
	bench_require(mkdtemp(bench->run_dir) != NULL, "no folder for the used KIs");
}

static struct rte_mempool *pool_create(uint16_t segment_octets) {
	static unsigned pools;
	char name[32];

	snprintf(name, sizeof(name), "bench-%u", pools++);
	return rte_pktmbuf_pool_create(
		name, 1023, 0, 0, (uint16_t)(segment_octets + RTE_PKTMBUF_HEADROOM), SOCKET_ID_ANY
	);
}

struct lane_bench *bench_open(const struct bench_request *request) {
	struct lane_bench *bench = lines_alloc(sizeof(*bench));

	bench_require(bench != NULL, "no memory");
	open_run_dir(bench);
	bench_require(
		ki_store_open(bench->run_dir, "bench", &bench->used_kis) == 0, "no store of KIs"
	);
	bench->engine = request->engine;
	bench->rcu = lines_alloc(rte_rcu_qsbr_get_memsize(1));
	bench_require(bench->rcu != NULL && rte_rcu_qsbr_init(bench->rcu, 1) == 0, "no RCU");
	bench->pool = pool_create(request->segment_octets != 0 ? request->segment_octets : 9200);
	bench_require(bench->pool != NULL, "no mbufs");
	open_door(bench, request);
	fill_lane(bench, &bench->protect, LANE_PROTECT);
	fill_lane(bench, &bench->validate, LANE_VALIDATE);
	struct crypto_context *crypto = bench->engine->ops->context_create(bench->engine, 0);
	bench_require(crypto != NULL, "no crypto context");
	bench->protecting = (struct lane_worker
	){&bench->protect, &bench->protect_counters, crypto, &bench->burst};
	bench->validating = (struct lane_worker
	){&bench->validate, &bench->validate_counters, crypto, &bench->burst};
	return bench;
}

void bench_close(struct lane_bench *bench) {
	char path[64];
	struct secret_usage after;

	bench_require(rte_mempool_in_use_count(bench->pool) == 0, "an mbuf was lost");
	sa_install_destroy(bench->door);
	bench->engine->ops->context_destroy(bench->protecting.crypto);
	bench->engine->ops->engine_destroy(bench->engine);
	rte_mempool_free(bench->pool);
	ki_store_close(bench->used_kis);
	snprintf(path, sizeof(path), "%s/bench.ki", bench->run_dir);
	unlink(path);
	rmdir(bench->run_dir);
	free(bench->rcu);
	free(bench);
	secret_usage(&after);
	bench_require(after.in_use_octets == 0, "key memory was lost");
}

static struct rte_mbuf *segment_of(struct lane_bench *bench, const uint8_t *data, uint32_t octets) {
	struct rte_mbuf *m = rte_pktmbuf_alloc(bench->pool);

	bench_require(m != NULL && octets <= rte_pktmbuf_tailroom(m), "no room in an mbuf");
	if (octets != 0)
		memcpy(rte_pktmbuf_mtod(m, uint8_t *), data, octets);
	m->data_len = (uint16_t)octets;
	m->pkt_len = octets;
	return m;
}

/* Moves a segment's data back until just `room` octets are behind it. */
static void set_tail(struct rte_mbuf *m, uint16_t room) {
	const uint8_t *from = rte_pktmbuf_mtod(m, const uint8_t *);

	bench_require(room <= rte_pktmbuf_tailroom(m), "the tail is longer than the mbuf");
	m->data_off = (uint16_t)(m->data_off + rte_pktmbuf_tailroom(m) - room);
	memmove(rte_pktmbuf_mtod(m, uint8_t *), from, m->data_len);
}

static uint32_t least(uint32_t limit, uint32_t octets) {
	return limit != 0 && limit < octets ? limit : octets;
}

uint32_t bench_put_as(
	struct lane_bench *bench, const uint8_t *frame, uint32_t octets,
	const struct bench_shape *shape
) {
	struct burst *b = &bench->burst;
	uint32_t at = least(shape->first_octets, octets);
	struct rte_mbuf *head = segment_of(bench, frame, at);

	while (at < octets) {
		const uint32_t here = least(shape->next_octets, octets - at);
		struct rte_mbuf *more = segment_of(bench, frame + at, here);
		bench_require(rte_pktmbuf_chain(head, more) == 0, "too many segments");
		at += here;
	}
	if (shape->is_tail_set)
		set_tail(rte_pktmbuf_lastseg(head), shape->tail_octets);
	bench_require(b->n < BURST_FRAMES, "the burst is full");
	b->fate[b->n] = FATE_SECURE;
	b->frame[b->n] = head;
	return b->n++;
}

uint32_t bench_put(struct lane_bench *bench, const uint8_t *frame, uint32_t octets) {
	const uint32_t room = rte_pktmbuf_data_room_size(bench->pool) - RTE_PKTMBUF_HEADROOM;
	return bench_put_as(bench, frame, octets, &(struct bench_shape){room, room, false, 0});
}

void bench_protect(struct lane_bench *bench) {
	classify_host_burst(&bench->protecting);
	protect_reserve(&bench->protecting);
	protect_burst(&bench->protecting);
}

void bench_validate(struct lane_bench *bench) {
	classify_line_burst(&bench->validating);
	validate_burst(&bench->validating);
	validate_commit(&bench->validating);
	punt_burst(&bench->validating);
}

uint32_t bench_get(const struct lane_bench *bench, uint32_t i, uint8_t *out, uint32_t room) {
	const struct rte_mbuf *m = bench->burst.frame[i];
	bench_require(m->pkt_len <= room, "a frame is longer than expected");
	const uint8_t *from = rte_pktmbuf_read(m, 0, m->pkt_len, out);
	if (from != out)
		memcpy(out, from, m->pkt_len);
	return m->pkt_len;
}

void bench_finish(struct lane_bench *bench, const struct lane_worker *w) {
	struct burst *b = &bench->burst;

	for (uint32_t i = 0; i < b->n; i++) {
		bench_require(
			b->fate[i] == FATE_SEND || b->fate[i] == FATE_DROP, "a frame without an end"
		);
		if (b->fate[i] == FATE_DROP)
			count(w->counters, b->reason[i]);
	}
	rte_pktmbuf_free_bulk(b->frame, b->n);
	b->n = 0;
}

uint64_t bench_count(const struct lane_worker *w, enum counter counter) {
	return atomic_load(&w->counters->value[counter]);
}

void bench_reset_counters(struct lane_bench *bench) {
	for (unsigned c = 0; c < COUNTER_COUNT; c++) {
		atomic_store(&bench->protect_counters.value[c], 0);
		atomic_store(&bench->validate_counters.value[c], 0);
	}
}

static struct sa_install_entry entry_of(const struct lane_bench *bench, const struct ki *ki) {
	struct sa_install_entry entry;
	unsigned i = 0;

	while (sa_install_entry(bench->door, i, &entry) &&
	       (entry.ki.kn != ki->kn || memcmp(entry.ki.mi, ki->mi, MI_OCTETS) != 0))
		i++;
	bench_require(sa_install_entry(bench->door, i, &entry), "no such SAK");
	return entry;
}

void bench_set_tx_pn(struct lane_bench *bench, const struct ki *ki, uint64_t next_pn) {
	struct tx_sa *sa = (struct tx_sa *)(uintptr_t)entry_of(bench, ki).tx;
	atomic_store(&sa->next_pn, next_pn);
}

struct rx_sa *bench_rx_sa(const struct lane_bench *bench, const struct ki *ki, uint32_t peer) {
	return (struct rx_sa *)(uintptr_t)&entry_of(bench, ki).rx[peer];
}

void bench_set_rx_pn(
	struct lane_bench *bench, const struct ki *ki, uint64_t next_pn, uint64_t lowest_pn
) {
	const struct sa_install_entry entry = entry_of(bench, ki);
	for (uint32_t i = 0; i < entry.n_peers; i++) {
		struct rx_sa *sa = (struct rx_sa *)(uintptr_t)&entry.rx[i];
		atomic_store(&sa->next_pn, next_pn);
		atomic_store(&sa->lowest_pn, lowest_pn);
	}
}
