/* SPDX-License-Identifier: BSD-3-Clause */

#include "bench/rekey_loop.h"

#include "bench/cpus.h"
#include "control/ki_store.h"
#include "control/lines.h"
#include "control/sa_install.h"
#include "drivers/port.h"

#include <rte_cycles.h>
#include <rte_eth_ring.h>
#include <rte_ethdev.h>
#include <rte_rcu_qsbr.h>
#include <rte_ring.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define LINE_FRAMES 1023u
#define PATIENCE_S 10u // for the first frame
#define PEER_SCI (BENCH_SCI + (1u << 16))

struct end {
	const char *name;
	struct ki_store *used_kis;
	struct sa_install *door;
	struct lane lane;
	struct lane_counters_set counters;
};

struct rekey_loop {
	struct rig *rig;
	struct workers *workers;
	char run_dir[40];
	struct rte_ring *line;
	uint16_t line_port;
	bool has_port;
	struct end sender, receiver;
	uint32_t kn;    // the SAK in use
	uint64_t token; // RCU: passed when nothing of the SAK before it is under way

	atomic_bool is_changing; // main thread wo, worker ro
	bool was_changing;       // worker
};

/* Sender and receiver see the same SAK from their own sides. */
static struct sak sak_of(const struct rekey_loop *loop, uint32_t kn, bool is_sender) {
	struct sak sak = {
		.ki.kn = kn,
		.suite = loop->rig->shape.suite,
		.an = kn % SECY_AN_SLOTS,
		.confidentiality = loop->rig->shape.is_encrypting,
		.own_ssci = is_sender ? 1 : 2,
		.n_peers = 1,
		.peers = {{is_sender ? PEER_SCI : BENCH_SCI, is_sender ? 2 : 1}},
	};
	memset(sak.ki.mi, 1, sizeof(sak.ki.mi));
	memcpy(sak.octets, &kn, sizeof(kn));
	return sak;
}

static bool open_door(struct rekey_loop *loop, struct end *end, const char *name, uint64_t sci) {
	end->name = name;
	if (ki_store_open(loop->run_dir, name, &end->used_kis) != 0)
		return false;
	const struct sa_install_config config = {
		.link_name = name,
		.sci = sci,
		.include_sci = true,
		.validate = SECY_STRICT,
		.replay_protect = true,
		.engine = loop->rig->shape.engine,
		.rcu = workers_rcu(loop->workers),
		.used_kis = end->used_kis,
	};
	return sa_install_create(&config, &end->door) == 0;
}

static bool open_line(struct rekey_loop *loop) {
	static unsigned serial; // names are not used twice
	const struct rte_eth_conf conf = {0};
	char name[32];

	snprintf(name, sizeof(name), "bench-line-%u", serial++);
	loop->line = rte_ring_create(
		name, LINE_FRAMES + 1, SOCKET_ID_ANY, RING_F_SP_ENQ | RING_F_SC_DEQ
	);
	const int port = loop->line == NULL
				 ? -1
				 : rte_eth_from_rings(name, &loop->line, 1, &loop->line, 1, 0);
	if (port < 0)
		return false;
	loop->line_port = (uint16_t)port;
	loop->has_port = true;
	return rte_eth_dev_configure(loop->line_port, 1, 1, &conf) == 0 &&
	       rte_eth_rx_queue_setup(loop->line_port, 0, 0, 0, NULL, loop->rig->source.pool) ==
		       0 &&
	       rte_eth_tx_queue_setup(loop->line_port, 0, 0, 0, NULL) == 0 &&
	       rte_eth_dev_start(loop->line_port) == 0;
}

/* One worker has both lanes, the sender's first, so after each round the line is empty. */
static bool staff(struct rekey_loop *loop) {
	const struct config_cpus cpus = {.n = 1, .id = {cpus_at(0)}};

	loop->sender.lane = loop->rig->lane;
	loop->sender.lane.tx_port = loop->line_port;
	loop->sender.lane.secy = sa_install_secy(loop->sender.door);
	loop->receiver.lane = loop->rig->lane;
	loop->receiver.lane.kind = LANE_VALIDATE;
	loop->receiver.lane.rx_port = loop->line_port;
	loop->receiver.lane.secy = sa_install_secy(loop->receiver.door);
	return workers_add_lane(loop->workers, &loop->sender.lane, &cpus, &loop->sender.counters) ==
		       0 &&
	       workers_add_lane(
		       loop->workers, &loop->receiver.lane, &cpus, &loop->receiver.counters
	       ) == 0;
}

/* The worker's thread. A change that began or ended since the last burst belongs to this window. */
static void look(void *arg, struct rte_mbuf *const frames[], uint16_t n) {
	struct rekey_loop *loop = arg;
	const bool is_changing = atomic_load_explicit(&loop->is_changing, memory_order_acquire);

	(void)frames;
	(void)n;
	if ((is_changing || loop->was_changing) && loop->rig->sink.meter != NULL)
		meter_mark(loop->rig->sink.meter);
	loop->was_changing = is_changing;
}

/*
 * Receive SAs in at both ends, transmission switched; the SAK before stays until the next change.
 * Then what was sent with it must be through: the worker has both lanes in a round, so a quiescent
 * report after the switch says so. (The appliance waits for 3 s; here changes are milliseconds
 * apart, and a descheduled worker would still have such frames under way.)
 */
static bool change(struct rekey_loop *loop) {
	const uint32_t kn = loop->kn + 1;
	struct sak mine = sak_of(loop, kn, true), theirs = sak_of(loop, kn, false);

	if (sa_install_sak(loop->sender.door, &mine) != 0 ||
	    sa_install_sak(loop->receiver.door, &theirs) != 0 ||
	    sa_install_transmit(loop->sender.door, &mine.ki) != 0)
		return false;
	if (loop->kn > 1) {
		const struct ki old = sak_of(loop, loop->kn - 1, true).ki;
		sa_install_retire(loop->sender.door, &old);
		sa_install_retire(loop->receiver.door, &old);
	}
	sa_install_reclaim(loop->sender.door);
	sa_install_reclaim(loop->receiver.door);
	loop->token = rte_rcu_qsbr_start(workers_rcu(loop->workers));
	loop->kn = kn;
	return true;
}

struct rekey_loop *rekey_loop_create(struct rig *rig) {
	const struct config config = {.polling = POLLING_BUSY};
	struct rekey_loop *loop = lines_alloc(sizeof(*loop));

	if (loop == NULL)
		return NULL;
	loop->rig = rig;
	snprintf(
		loop->run_dir, sizeof(loop->run_dir), "%s/macsec-bench-XXXXXX",
		access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp"
	);
	if (mkdtemp(loop->run_dir) != NULL &&
	    workers_create(&config, rig->shape.engine, &loop->workers) == 0 &&
	    open_door(loop, &loop->sender, "sender", BENCH_SCI) &&
	    open_door(loop, &loop->receiver, "receiver", PEER_SCI) && open_line(loop) &&
	    staff(loop) && change(loop)) {
		rig->sink.look_arg = loop;
		rig->sink.look = look;
		return loop;
	}
	fprintf(stderr, "macsec-bench: cannot set the loop up\n");
	rekey_loop_destroy(loop);
	return NULL;
}

static void close_end(const struct rekey_loop *loop, struct end *end) {
	char path[80];

	if (end->name == NULL)
		return;
	sa_install_destroy(end->door);
	ki_store_close(end->used_kis);
	snprintf(path, sizeof(path), "%s/%s.ki", loop->run_dir, end->name);
	unlink(path);
}

void rekey_loop_destroy(struct rekey_loop *loop) {
	if (loop == NULL)
		return;
	loop->rig->sink.look = NULL;
	workers_destroy(loop->workers);
	close_end(loop, &loop->sender);
	close_end(loop, &loop->receiver);
	if (loop->has_port) {
		rte_eth_dev_stop(loop->line_port);
		rte_eth_dev_close(loop->line_port);
	}
	rte_ring_free(loop->line);
	rmdir(loop->run_dir);
	free(loop);
}

static const char *keep_changing(
	struct rekey_loop *loop, unsigned every_ms, const struct meter *meter, unsigned *changes
) {
	const struct timespec pause = {every_ms / 1000, every_ms % 1000 * 1000000l};
	const uint64_t patience =
		meter->window_cycles * (meter->wanted + 1) * 10 + PATIENCE_S * rte_get_tsc_hz();
	const uint64_t began = rte_rdtsc();

	while (!meter_is_done(meter)) {
		if (rte_rdtsc() - began > patience)
			return "the workers transmit nothing";
		nanosleep(&pause, NULL);
		if (rte_rcu_qsbr_check(workers_rcu(loop->workers), loop->token, false) != 1)
			continue;
		atomic_store_explicit(&loop->is_changing, true, memory_order_release);
		const bool is_good = change(loop);
		atomic_store_explicit(&loop->is_changing, false, memory_order_release);
		if (!is_good)
			return "the door refuses a SAK";
		(*changes)++;
	}
	return NULL;
}

/* Every frame that came in was encrypted, and every one came out at the other end in order. */
static const char *judge(const struct rekey_loop *loop, uint64_t *lost) {
	struct counters in, out;

	lane_counters_sum(&loop->sender.counters, &in);
	lane_counters_sum(&loop->receiver.counters, &out);
	*lost = in.value[C_RX_FRAMES] - out.value[C_TX_FRAMES];
	const char *wrong = *lost == 0 ? rig_judge(&in, CRYPTO_PROTECT)
				       : "frames were lost between the two lanes";
	return wrong != NULL ? wrong : rig_judge(&out, CRYPTO_VALIDATE);
}

const char *rekey_loop_run(
	struct rekey_loop *loop, unsigned every_ms, struct meter *meter, unsigned *changes,
	uint64_t *lost
) {
	const char *wrong = "the workers do not start";

	*changes = 0;
	*lost = 0;
	rig_let_decrypt(loop->rig, false);
	loop->rig->sink.meter = meter;
	cpus_pin_main(1);
	if (workers_start(loop->workers) == 0)
		wrong = keep_changing(loop, every_ms, meter, changes);
	workers_stop(loop->workers);
	cpus_pin_main(0);
	loop->rig->sink.meter = NULL;
	return wrong != NULL ? wrong : judge(loop, lost);
}
