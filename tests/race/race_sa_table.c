/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * SA tables under workers: three workers run the real lanes of one link while control installs,
 * switches, retires and reclaims SAs through the real door as fast as it can, without waiting for
 * anything to drain. Frames may be lost then, and are counted; but no worker may touch what was
 * taken back, no PN may be used twice, and nothing is out of order or delivered changed. EAPOL is
 * punted meanwhile.
 *
 * The link is its own peer: what it sends it validates with the same SAK.
 */

#include "control/ki_store.h"
#include "control/lines.h"
#include "control/sa_install.h"
#include "control/secret.h"
#include "dataplane/worker.h"
#include "tests/race/glass_engine.h"
#include "tests/race/toy_ports.h"
#include "tests/tap.h"

#include <rte_rcu_qsbr.h>

#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define WORKERS 3u
#define CHANGES 3000u
#define KEPT_SETS 3u // SAKs installed at once; the oldest goes
#define OWN_SCI 0x0200000000000001u

struct link {
	struct rte_rcu_qsbr *rcu;
	struct ki_store *used_kis;
	struct sa_install *door;
	struct lane protect, validate;
	struct frame_ring inject, punt;
	uint64_t random;
	uint32_t newest;      // key number of the newest SAK
	uint32_t next_punted; // EAPOL frame expected at least
	uint64_t punted;
	char run_dir[40];
};

struct hand {
	struct worker worker;
	struct lane_counters protect_counters, validate_counters;
	pthread_t thread;
};

static uint32_t link_random(struct link *link) {
	link->random = link->random * 6364136223846793005u + 1442695040888963407u;
	return (uint32_t)(link->random >> 33);
}

static void fill_lane(struct link *link, struct lane *lane, enum lane_kind kind) {
	lane->kind = kind;
	lane->rx_port = kind == LANE_PROTECT ? TOY_HOST : TOY_LINE;
	lane->tx_port = kind == LANE_PROTECT ? TOY_LINE : TOY_FAR;
	lane->tx_max_octets = 1518;
	lane->rx_truncated_octets = UINT16_MAX;
	lane->secy = sa_install_secy(link->door);
	lane->engine = glass_engine();
	lane->control = kind == LANE_PROTECT ? &link->inject : &link->punt;
}

static void remove_run_dir(const struct link *link) {
	char path[64];

	snprintf(path, sizeof path, "%s/race.ki", link->run_dir);
	unlink(path);
	rmdir(link->run_dir);
}

static struct link *link_open(void) {
	struct link *link = lines_alloc(sizeof *link);

	tap_must(link != NULL, "no memory");
	snprintf(
		link->run_dir, sizeof link->run_dir, "%s/race-XXXXXX",
		access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp"
	);
	tap_must(mkdtemp(link->run_dir) != NULL, "no folder %s", link->run_dir);
	link->rcu = lines_alloc(rte_rcu_qsbr_get_memsize(WORKERS));
	tap_must(link->rcu != NULL && rte_rcu_qsbr_init(link->rcu, WORKERS) == 0, "no RCU");
	tap_must(ki_store_open(link->run_dir, "race", &link->used_kis) == 0, "no store");
	remove_run_dir(link); // now: ThreadSanitizer ends the process without a word to us
	const struct sa_install_config config = {
		.link_name = "race",
		.sci = OWN_SCI,
		.include_sci = true,
		.replay_protect = true,
		.engine = glass_engine(),
		.rcu = link->rcu,
		.used_kis = link->used_kis,
	};
	tap_must(sa_install_create(&config, &link->door) == 0, "no door");
	fill_lane(link, &link->protect, LANE_PROTECT);
	fill_lane(link, &link->validate, LANE_VALIDATE);
	return link;
}

static void link_close(struct link *link) {
	struct secret_usage usage;

	sa_install_destroy(link->door);
	ki_store_close(link->used_kis);
	free(link->rcu);
	free(link);
	secret_usage(&usage);
	tap_must(usage.in_use_octets == 0, "%zu octets of key memory lost", usage.in_use_octets);
}

/* As worker_main, without DPDK's environment. */
static void *hand_main(void *arg) {
	struct worker *worker = &((struct hand *)arg)->worker;

	rte_rcu_qsbr_thread_register(worker->rcu, worker->index);
	rte_rcu_qsbr_thread_online(worker->rcu, worker->index);
	worker_loop(worker);
	rte_rcu_qsbr_thread_offline(worker->rcu, worker->index);
	rte_rcu_qsbr_thread_unregister(worker->rcu, worker->index);
	return NULL;
}

static struct hand *hand_start(struct link *link, unsigned index) {
	struct hand *hand = lines_alloc(sizeof *hand);
	struct worker_lanes *lanes = calloc(1, sizeof *lanes + 2 * sizeof lanes->lane[0]);

	tap_must(hand != NULL && lanes != NULL, "no memory");
	lanes->n = 2;
	lanes->lane[0] = (struct lane_worker){
		&link->protect,
		&hand->protect_counters,
		glass_context(),
		&hand->worker.burst,
	};
	lanes->lane[1] = (struct lane_worker){
		&link->validate,
		&hand->validate_counters,
		glass_context(),
		&hand->worker.burst,
	};
	hand->worker.index = index;
	hand->worker.rcu = link->rcu;
	atomic_init(&hand->worker.lanes, lanes);
	tap_must(pthread_create(&hand->thread, NULL, hand_main, hand) == 0, "no thread");
	return hand;
}

static void hand_stop(struct hand *hand, struct counters *protect, struct counters *validate) {
	atomic_store_explicit(&hand->worker.is_stopping, true, memory_order_release);
	pthread_join(hand->thread, NULL);
	counters_add(protect, &hand->protect_counters);
	counters_add(validate, &hand->validate_counters);
	free((void *)(uintptr_t)atomic_load(&hand->worker.lanes));
	free(hand);
}

/* Ourselves first, then up to three that never send: they make the table of SCs grow and shrink. */
static void make_sak(struct link *link, uint32_t kn, struct sak *sak) {
	*sak = (struct sak){
		.ki.kn = kn,
		.suite = SUITE_GCM_AES_XPN_256,
		.an = kn % SECY_AN_SLOTS,
		.confidentiality = true,
		.own_ssci = 1,
		.n_peers = 1 + link_random(link) % 4,
		.peers = {{.sci = OWN_SCI, .ssci = 1}},
	};
	for (uint32_t i = 1; i < sak->n_peers; i++)
		sak->peers[i] = (struct sak_member
		){.sci = OWN_SCI + (uint64_t)(link_random(link) % 64 + 1 + 64 * i) * 65536,
		  .ssci = i + 1};
	for (unsigned i = 0; i < sizeof sak->octets; i++) // the first four name the key: big endian
		sak->octets[i] = (uint8_t)(kn >> (24 - i % 4 * 8));
}

static struct ki ki_of(uint32_t kn) {
	return (struct ki){.kn = kn};
}

/* Delay protection for a peer that never sends: the idle lane raises its lowest PN. */
static void raise_a_floor(struct link *link) {
	struct sa_install_entry entry;

	if (!sa_install_entry(link->door, 0, &entry) || entry.n_peers < 2)
		return;
	const uint64_t floor = link_random(link) % 1000;
	sa_install_raise_floor(link->door, &entry.ki, entry.peers[1].sci, floor);
}

static void take_punted(struct link *link) {
	const struct frame_slot *slot;

	while ((slot = frame_ring_peek(&link->punt)) != NULL) {
		const uint32_t number = toy_ports_eapol_number(slot->data, slot->octets);
		tap_must(number >= link->next_punted, "EAPOL frame %" PRIu32 " twice", number);
		link->next_punted = number + 1;
		link->punted++;
		frame_ring_pop(&link->punt);
	}
}

/* Orders nothing between us and the workers: the count is read relaxed. */
static void wait_delivered(uint64_t more) {
	const struct tap_wait wait = tap_wait_for("frames arrive with the new SA");
	const uint64_t before = toy_ports_delivered();
	while (toy_ports_delivered() - before < more)
		tap_wait_more(&wait);
}

static void change(struct link *link) {
	const uint32_t kn = ++link->newest;
	const struct ki new = ki_of(kn);
	struct sak sak;

	make_sak(link, kn, &sak);
	tap_must(sa_install_sak(link->door, &sak) == 0, "SAK %" PRIu32 " refused", kn);
	tap_must(sa_install_transmit(link->door, &new) == 0, "no SAK %" PRIu32, kn);
	raise_a_floor(link);
	if (kn > KEPT_SETS)
		sa_install_retire(link->door, &(struct ki){.kn = kn - KEPT_SETS});
	if (kn % 4 != 0)
		wait_delivered(1);
	if (kn % 8 == 0) // the one in use: frames are lost until the next SAK
		sa_install_retire(link->door, &new);
	sa_install_reclaim(link->door);
	take_punted(link);
	sa_install_next_pn(link->door, &new);
}

static void must_be_sound(const struct counters *sum, const char *lane) {
	// not late and not-valid: a frame on its way may meet the next SA of its AN
	static const enum counter never[] = {
		C_IN_PKTS_BAD_TAG,
		C_DROP_CRYPTO,
		C_DROP_NO_ROOM,
		C_DROP_TX_FULL,
	};
	struct counters_balance balance;

	for (unsigned i = 0; i < sizeof never / sizeof never[0]; i++)
		tap_must(
			sum->value[never[i]] == 0, "%s: %s is %" PRIu64, lane,
			counter_info(never[i])->word, sum->value[never[i]]
		);
	counters_balance(sum, &balance);
	tap_must(
		balance.in == balance.out + balance.dropped,
		"%s: %" PRIu64 " in, %" PRIu64 " out, %" PRIu64 " dropped", lane, balance.in,
		balance.out, balance.dropped
	);
}

static void must_be_reclaimed(struct link *link) {
	const struct tap_wait wait = tap_wait_for("all retired SAs are reclaimed");
	while (sa_install_reclaim(link->door) != 0)
		tap_wait_more(&wait);
}

int main(void) {
	struct counters protect = {0}, validate = {0};
	struct link *link = link_open();
	struct hand *hands[WORKERS];

	toy_ports_open();
	for (unsigned i = 0; i < WORKERS; i++)
		hands[i] = hand_start(link, i);
	while (link->newest < CHANGES)
		change(link);
	must_be_reclaimed(link);
	for (unsigned i = 0; i < WORKERS; i++)
		hand_stop(hands[i], &protect, &validate);
	take_punted(link);
	must_be_sound(&protect, "protect lane");
	must_be_sound(&validate, "validate lane");
	toy_ports_must_have_all();
	tap_must(
		validate.value[C_PUNTED] == link->punted && link->punted > 0,
		"%" PRIu64 " EAPOL frames punted, %" PRIu64 " taken", validate.value[C_PUNTED],
		link->punted
	);
	link_close(link);
	tap_ok("%u workers, %u SA changes, %" PRIu64 " frames delivered, %" PRIu64
	       " without SA, %" PRIu64 " punted",
	       WORKERS, CHANGES, toy_ports_delivered(), protect.value[C_DROP_NO_TX_SA],
	       validate.value[C_PUNTED]);
	return tap_end();
}
