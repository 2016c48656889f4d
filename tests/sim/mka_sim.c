/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Random lives of MKA. A seed fixes everything: members, suites, CAKs, network, restarts, rekeys,
 * cuts. First chaos, then calm: the rules of model.c, rules.c and data.c hold after every event of
 * both, and in the calm all members must come to one SAK within a bound.
 *
 * usage: mka_sim [--seeds FIRST LAST] | --seed N [--trace]
 */
#include "control/mka/machines.h"
#include "tests/sim/life.h"

#include <inttypes.h>
#include <stdlib.h>

#define SEEDS_DEFAULT 10000u
#define FAILED_MAX 10u

/*
 * A life time until those who are gone are forgotten, another one for a SAK whose hand-over began
 * just before that. The back-off of a stalled CAK adds nothing: it is stalled only while there is
 * another one that works.
 */
#define CALM_BOUND_NS (12 * SECOND)
#define CALM_NS (8 * SECOND)
#define STALL_WAITED_NS (60 * SECOND)

static void begin_calm(struct life *life) {
	struct world *world = &life->world;

	world_trace(world, "calm");
	memset(world->is_cut, 0, sizeof(world->is_cut));
	if (!life->is_gentle)
		world->network = (struct network){.delay_min_ns = MS, .delay_max_ns = 5 * MS};
	caks_unify(life);
	for (unsigned int i = 0; i < world->n_nodes; i++) {
		world->nodes[i].install_error = 0;
		world->nodes[i].refuses = NULL;
		if (world->nodes[i].kay == NULL)
			node_start(&world->nodes[i]);
	}
}

static void must_agree(struct life *life, uint64_t bound_ns, const char *what) {
	if (!world_run(&life->world, life->world.now_ns + bound_ns, world_is_agreed))
		world_violate(
			&life->world, "%s: no common SAK within %u s", what,
			(unsigned int)(bound_ns / SECOND)
		);
}

/* The one that chooses for all. */
static const struct mka *key_server(const struct world *world) {
	for (unsigned int i = 0; i < world->n_nodes; i++)
		if (world->nodes[i].kay->principal->server == SERVER_SELF)
			return world->nodes[i].kay;
	return NULL;
}

/* When the last of the CAKs that were given up for a while gets its next chance; 0: none was. */
static uint64_t stalled_until(const struct mka *kay) {
	uint64_t until_ns = 0;

	for (uint32_t i = 0; i < kay->n_participants; i++)
		until_ns = later(until_ns, kay->participants[i]->stalled_until_ns);
	return until_ns > kay->now_ns ? until_ns : 0;
}

/* All have the same CAKs and the same members: the greatest rank wins, the fallback comes last. */
static void check_choice(struct life *life) {
	struct world *world = &life->world;
	const struct mka *kay = world->violation[0] != '\0' ? NULL : key_server(world);

	for (uint32_t i = 0; kay != NULL && i < kay->n_participants; i++) {
		const struct participant *other = kay->participants[i];

		if (other->stalled_until_ns > kay->now_ns || other == kay->principal)
			continue;
		if (other->is_fallback < kay->principal->is_fallback ||
		    (other->is_fallback == kay->principal->is_fallback &&
		     other->rank > kay->principal->rank))
			world_violate(
				world, "CAK %u is used, and %u is better", kay->principal->ckn[2],
				other->ckn[2]
			);
	}
}

/* A CAK that was given up in the chaos is used again. */
static void wait_for_stalled(struct life *life) {
	struct world *world = &life->world;
	const struct mka *kay = world->violation[0] != '\0' ? NULL : key_server(world);
	uint64_t until_ns = kay == NULL ? 0 : stalled_until(kay);

	life->stalls += until_ns != 0;
	if (until_ns == 0 || until_ns > world->now_ns + STALL_WAITED_NS)
		return;
	world_run(world, until_ns + CALM_NS, NULL);
	must_agree(life, SECOND, "after a stall");
	check_choice(life);
}

static void check_losses(struct life *life) {
	uint64_t missed = 0, cut = 0;

	for (unsigned int i = 0; i < life->world.n_nodes; i++) {
		missed += life->world.nodes[i].missed;
		cut += life->world.nodes[i].cut;
	}
	if (life->is_gentle && missed + cut > 0)
		world_violate(
			&life->world,
			"%" PRIu64 " data frames lost without any cause, %" PRIu64
			" of them under a key that was given",
			cut, missed
		);
}

static void calm(struct life *life) {
	struct world *world = &life->world;
	uint64_t began_ns = world->now_ns;

	begin_calm(life);
	must_agree(life, CALM_BOUND_NS, "calm");
	life->agreed_after_ns = world->now_ns - began_ns;
	world_run(world, world->now_ns + CALM_NS, NULL);
	/* A rekey on a timer may be under way at this very moment: it ends soon. */
	must_agree(life, SECOND, "later in the calm");
	check_choice(life);
	wait_for_stalled(life);
	check_losses(life);
}

struct totals {
	uint64_t lives, restarts, rekeys, jumps, cuts, suspensions, changes, failures, stalls, keys,
		mkpdus, data, simulated_ns, gentle, slowest_ns;
};

static void add_up(struct totals *totals, const struct life *life) {
	const struct world *world = &life->world;

	totals->lives++;
	totals->restarts += life->restarts;
	totals->rekeys += life->rekeys;
	totals->jumps += life->jumps;
	totals->cuts += life->cuts;
	totals->suspensions += life->suspensions;
	totals->changes += life->changes;
	totals->failures += life->failures;
	totals->stalls += life->stalls;
	totals->gentle += life->is_gentle;
	totals->keys += world->n_keys;
	totals->simulated_ns += world->now_ns;
	totals->slowest_ns = later(totals->slowest_ns, life->agreed_after_ns);
	for (unsigned int i = 0; i < world->n_nodes; i++) {
		totals->mkpdus += world->nodes[i].mkpdus;
		totals->data += world->nodes[i].data_sent;
	}
}

static bool live(uint64_t seed, bool is_traced, struct totals *totals) {
	static struct life life;
	bool is_good;

	memset(&life, 0, sizeof(life));
	world_init(&life.world, seed);
	life.world.is_traced = is_traced;
	chaos_prepare(&life);
	chaos_run(&life);
	calm(&life);
	is_good = life.world.violation[0] == '\0';
	if (!is_good)
		printf("seed %" PRIu64 " fails with %u members%s: %s\n"
		       "replay: mka_sim --seed %" PRIu64 " --trace\n",
		       seed, life.world.n_nodes, life.is_gentle ? " and no loss" : "",
		       life.world.violation, seed);
	add_up(totals, &life);
	world_free(&life.world);
	return is_good;
}

static void print_totals(const struct totals *totals, unsigned int failed) {
	printf("%" PRIu64 " lives, %" PRIu64 " of them without loss: %u failed; %" PRIu64
	       " s simulated, %" PRIu64 " MKPDUs, %" PRIu64 " SAKs, %" PRIu64 " restarts, %" PRIu64
	       " rekeys by hand, %" PRIu64 " PN jumps, %" PRIu64 " cuts, %" PRIu64
	       " failed installations, %" PRIu64 " suspensions, %" PRIu64
	       " changes of CAKs, %" PRIu64 " stalls; slowest agreement %.1f s\n",
	       totals->lives, totals->gentle, failed, totals->simulated_ns / SECOND, totals->mkpdus,
	       totals->keys, totals->restarts, totals->rekeys, totals->jumps, totals->cuts,
	       totals->failures, totals->suspensions, totals->changes, totals->stalls,
	       (double)totals->slowest_ns / (double)SECOND);
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
	for (uint64_t seed = first; seed <= last && failed < FAILED_MAX; seed++)
		failed += !live(seed, is_traced, &totals);
	print_totals(&totals, failed);
	return failed == 0 ? 0 : 1;
}
