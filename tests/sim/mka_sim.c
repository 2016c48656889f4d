/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Random lives of MKA. A seed fixes everything: members, suites, network, restarts, rekeys, cuts.
 * First chaos, then calm: the rules of model.c hold after every event of both, and in the calm all
 * members must come to one SAK within a bound.
 *
 * usage: mka_sim [--seeds FIRST LAST] | --seed N [--trace]
 */
#include "tests/sim/world.h"

#include <inttypes.h>
#include <stdlib.h>
#include <time.h>

#define SEEDS_DEFAULT 2000u
#define CALM_BOUND_NS (12 * SECOND)

struct life {
	struct world world;
	uint64_t chaos_ends_ns;
	bool is_gentle; // nothing is lost: then no data frame may be lost either
	unsigned int restarts;
	unsigned int rekeys;
	unsigned int jumps;
	unsigned int cuts;
	uint64_t agreed_after_ns; // calm began
};

static void choose_network(struct life *life) {
	struct world *world = &life->world;
	struct network *network = &world->network;
	static const uint64_t delays_ns[] = {MS / 100, MS, 20 * MS, 200 * MS, SECOND, 2 * SECOND};

	life->is_gentle = world_below(world, 6) == 0;
	network->delay_min_ns = world_below(world, 5 * MS);
	network->delay_max_ns = network->delay_min_ns;
	if (life->is_gentle)
		return;
	network->delay_max_ns += world_below(world, delays_ns[world_below(world, 6)]);
	network->loss_permille = (unsigned int)world_below(world, 501);
	network->duplicate_permille = (unsigned int)world_below(world, 300);
}

static void choose_members(struct life *life) {
	struct world *world = &life->world;
	static const uint8_t priorities[] = {0, 16, 16, 16, 100, 255};
	unsigned int n =
		world_below(world, 200) == 0 ? 32 : 2 + (unsigned int)world_below(world, 5);

	for (unsigned int i = 0; i < n; i++) {
		uint8_t priority = i == 0 ? 16 : priorities[world_below(world, 6)];
		struct node *node = world_add(
			world, priority, (enum cipher_suite)world_below(world, SUITE_COUNT)
		);

		node->config.icv_indicator = world_below(world, 2);
		node->config.rekey_interval_s =
			world_below(world, 3) == 0 ? 1 + (uint32_t)world_below(world, 20) : 0;
		node->refuses_known_kis = world_below(world, 8) == 0;
	}
	world->data_interval_ns = n > 8 ? SECOND : 100 * MS;
}

static void restart_one(struct life *life) {
	struct node *node = &life->world.nodes[world_below(&life->world, life->world.n_nodes)];

	if (life->is_gentle && node->kay != NULL)
		return;
	if (node->kay == NULL || world_below(&life->world, 2) == 0) {
		node_stop(node);
		node_start(node);
		life->restarts++;
	} else {
		node_stop(node);
	}
}

static void jump_one(struct life *life) {
	struct node *node = &life->world.nodes[world_below(&life->world, life->world.n_nodes)];
	struct model_sa *sa = model_transmit_sa(node);

	if (node->kay == NULL || sa == NULL)
		return;
	if (suite_info(sa->sak.suite)->is_xpn)
		model_send(node, 0xc000000000000000 - sa->next_pn % 0x4000000000000000);
	else if (sa->next_pn < 0x80000000)
		model_send(node, 0x80000000 - sa->next_pn + world_below(&life->world, 0x70000000));
	life->jumps++;
}

static void cut_some(struct life *life) {
	struct world *world = &life->world;
	unsigned int from = (unsigned int)world_below(world, world->n_nodes);
	unsigned int to = (unsigned int)world_below(world, world->n_nodes);

	if (life->is_gentle)
		return;
	world_trace(world, "cut %u to %u: %d", from, to, !world->is_cut[from][to]);
	world->is_cut[from][to] ^= true;
	life->cuts++;
}

static void disturb(struct life *life) {
	struct world *world = &life->world;
	struct node *node = &world->nodes[world_below(world, world->n_nodes)];

	switch (world_below(world, 6)) {
	case 0:
		restart_one(life);
		break;
	case 1:
	case 2:
		if (node->kay != NULL)
			life->rekeys += node_rekey(node) == 0;
		break;
	case 3:
		jump_one(life);
		break;
	case 4:
		cut_some(life);
		break;
	default:
		if (node->kay != NULL && !life->is_gentle)
			node->install_error = -12;
		break;
	}
}

static void chaos(struct life *life) {
	struct world *world = &life->world;
	bool is_quiet = world_below(world, 5) == 0;

	life->chaos_ends_ns = world->now_ns + 5 * SECOND + world_below(world, 40 * SECOND);
	for (unsigned int i = 0; i < world->n_nodes; i++) {
		world_run(
			world, world->now_ns + world_below(world, 2) * world_below(world, SECOND),
			NULL
		);
		node_start(&world->nodes[i]);
	}
	while (world->now_ns < life->chaos_ends_ns && world->violation[0] == '\0') {
		world_run(world, world->now_ns + world_below(world, 6 * SECOND), NULL);
		if (!is_quiet)
			disturb(life);
	}
}

static void calm(struct life *life) {
	struct world *world = &life->world;
	uint64_t began_ns = world->now_ns;
	uint64_t missed = 0;

	memset(world->is_cut, 0, sizeof(world->is_cut));
	if (!life->is_gentle)
		world->network = (struct network){.delay_min_ns = MS, .delay_max_ns = 5 * MS};
	for (unsigned int i = 0; i < world->n_nodes; i++) {
		world->nodes[i].install_error = 0;
		if (world->nodes[i].kay == NULL)
			node_start(&world->nodes[i]);
	}
	world_trace(world, "calm");
	if (!world_run(world, began_ns + CALM_BOUND_NS, world_is_agreed))
		world_violate(
			world, "no common SAK %u s after calm began",
			(unsigned int)(CALM_BOUND_NS / SECOND)
		);
	life->agreed_after_ns = world->now_ns - began_ns;
	world_run(world, world->now_ns + 8 * SECOND, NULL);
	for (unsigned int i = 0; i < world->n_nodes; i++)
		missed += world->nodes[i].missed;
	if (life->is_gentle && missed > 0)
		world_violate(world, "%" PRIu64 " data frames missed without any loss", missed);
	/* A rekey on a timer may be under way at this very moment: it ends soon. */
	if (!world_run(world, world->now_ns + SECOND, world_is_agreed))
		world_violate(world, "the common SAK was given up in the calm");
}

struct totals {
	uint64_t restarts, rekeys, jumps, cuts, keys, mkpdus, data, simulated_ns, gentle,
		slowest_ns;
};

static bool live(uint64_t seed, bool is_traced, struct totals *totals) {
	static struct life life;
	bool is_good;

	memset(&life, 0, sizeof(life));
	world_init(&life.world, seed);
	life.world.is_traced = is_traced;
	choose_network(&life);
	choose_members(&life);
	chaos(&life);
	calm(&life);
	is_good = life.world.violation[0] == '\0';
	if (!is_good)
		printf("seed %" PRIu64 " fails with %u members: %s\n"
		       "replay: mka_sim --seed %" PRIu64 " --trace\n",
		       seed, life.world.n_nodes, life.world.violation, seed);
	if (life.agreed_after_ns > totals->slowest_ns)
		totals->slowest_ns = life.agreed_after_ns;
	totals->restarts += life.restarts;
	totals->rekeys += life.rekeys;
	totals->jumps += life.jumps;
	totals->cuts += life.cuts;
	totals->gentle += life.is_gentle;
	totals->keys += life.world.n_keys;
	totals->simulated_ns += life.world.now_ns;
	for (unsigned int i = 0; i < life.world.n_nodes; i++) {
		totals->mkpdus += life.world.nodes[i].mkpdus;
		totals->data += life.world.nodes[i].data_sent;
	}
	world_free(&life.world);
	return is_good;
}

static int usage(void) {
	fputs("usage: mka_sim [--seeds FIRST LAST] | --seed N [--trace]\n", stderr);
	return 2;
}

int main(int argc, char **argv) {
	uint64_t first = 1, last = SEEDS_DEFAULT;
	struct totals totals = {0};
	unsigned int failed = 0;
	bool is_traced = argc == 4 && strcmp(argv[3], "--trace") == 0;

	if (argc == 4 && strcmp(argv[1], "--seeds") == 0) {
		first = strtoull(argv[2], NULL, 10);
		last = strtoull(argv[3], NULL, 10);
	} else if ((argc == 3 || is_traced) && strcmp(argv[1], "--seed") == 0) {
		first = last = strtoull(argv[2], NULL, 10);
	} else if (argc != 1) {
		return usage();
	}
	for (uint64_t seed = first; seed <= last && failed < 10; seed++)
		failed += !live(seed, is_traced, &totals);
	printf("seeds %" PRIu64 "..%" PRIu64 ": %u failed; %" PRIu64 " s simulated, %" PRIu64
	       " MKPDUs, %" PRIu64 " SAKs, %" PRIu64 " restarts, %" PRIu64
	       " rekeys by hand, %" PRIu64 " PN jumps, %" PRIu64 " cuts, %" PRIu64
	       " without loss; slowest agreement %.1f s\n",
	       first, last, failed, totals.simulated_ns / SECOND, totals.mkpdus, totals.keys,
	       totals.restarts, totals.rekeys, totals.jumps, totals.cuts, totals.gentle,
	       (double)totals.slowest_ns / (double)SECOND);
	return failed == 0 ? 0 : 1;
}
