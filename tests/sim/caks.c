/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * CAKs come, go and change: one at a time at any member, or as a key chain has it, by clocks that
 * differ. In a gentle life each change leaves one CAK that all have had for a while.
 */
#include "tests/sim/life.h"

#include <stdlib.h>

#define COMMON_NS (3 * SECOND)
#define OVERLAP_NS (9 * SECOND) // of the chain: twice the skew, and COMMON_NS
#define GENTLE_SKEW_NS (3 * SECOND)
#define ROUGH_SKEW_NS (10 * SECOND)

static bool has_right_key(const struct mka_cak *have, const struct mka_cak *cak) {
	return memcmp(have->cak, cak->cak, sizeof(cak->cak)) == 0;
}

static bool is_common(const struct life *life, const struct mka_cak *cak) {
	for (unsigned int i = 0; i < life->world.n_nodes; i++) {
		const struct mka_cak *have =
			node_find_cak(&life->world.nodes[i], cak->ckn, cak->ckn_octets);

		if (have == NULL || have->is_fallback || have->use != MKA_USE_SEND ||
		    !has_right_key(have, cak))
			return false;
	}
	return true;
}

static void note_common(struct life *life) {
	struct caks *caks = &life->caks;

	for (unsigned int j = 0; j < caks->n; j++)
		if (!is_common(life, &caks->pool[j]))
			caks->common_ns[j] = NEVER_NS;
		else if (caks->common_ns[j] == NEVER_NS)
			caks->common_ns[j] = life->world.now_ns;
}

/* Whether the members can do without CAK `j`, and lose nothing. */
static bool is_spare(const struct life *life, unsigned int j) {
	const struct caks *caks = &life->caks;

	for (unsigned int k = 0; k < caks->n; k++)
		if (k != j && caks->common_ns[k] != NEVER_NS &&
		    caks->common_ns[k] + COMMON_NS <= life->world.now_ns)
			return true;
	return false;
}

static void must(struct life *life, int ret) {
	if (ret != 0)
		world_violate(&life->world, "a CAK is refused: %d", ret);
}

static void drop(struct life *life, struct node *node, const struct mka_cak *cak) {
	const struct mka_cak *have = node_find_cak(node, cak->ckn, cak->ckn_octets);

	world_trace(&life->world, "[%u] CAK %u goes", node->index, cak->ckn[2]);
	must(life, node_remove_cak(node, (uint32_t)(have - node->caks)));
}

static void set(struct life *life, struct node *node, const struct mka_cak *cak) {
	const struct mka_cak *have = node_find_cak(node, cak->ckn, cak->ckn_octets);

	if (have != NULL && !has_right_key(have, cak)) {
		drop(life, node, cak);
		have = NULL;
	}
	world_trace(
		&life->world, "[%u] CAK %u: %s, rank %d%s%s", node->index, cak->ckn[2],
		cak->use == MKA_USE_SEND ? "send" : "accept", (int)cak->rank,
		cak->is_fallback ? ", fallback" : "", cak->cak[9] != 0 ? ", wrong" : ""
	);
	must(life, have == NULL ? node_add_cak(node, cak) : node_update_cak(node, cak));
}

static void vary(struct life *life, struct mka_cak *cak) {
	struct world *world = &life->world;

	if (world_below(world, 4) == 0)
		cak->use = MKA_USE_ACCEPT;
	if (world_below(world, 3) == 0)
		cak->rank = (int64_t)world_below(world, 10);
	if (world_below(world, 8) == 0)
		cak->cak[9] = 1;
	if (!life->is_gentle && world_below(world, 8) == 0)
		cak->is_fallback ^= true;
}

void caks_change(struct life *life) {
	struct world *world = &life->world;
	struct node *node = &world->nodes[world_below(world, world->n_nodes)];
	unsigned int j = (unsigned int)world_below(world, life->caks.n);
	struct mka_cak cak = life->caks.pool[j];
	bool has = node_find_cak(node, cak.ckn, cak.ckn_octets) != NULL;

	note_common(life);
	if (life->is_gentle && has && !is_spare(life, j))
		return;
	life->changes++;
	if (has && world_below(world, 2) == 0) {
		drop(life, node, &cak);
	} else {
		vary(life, &cak);
		set(life, node, &cak);
	}
	note_common(life);
}

/* What the chain says of CAK `j` by this member's clock: 0 not there, 1 accept, 2 send. */
static unsigned int chain_use(const struct life *life, const struct node *node, unsigned int j) {
	const struct caks *caks = &life->caks;
	uint64_t clock_ns = life->world.now_ns + (uint64_t)caks->skew_ns[node->index];

	if (clock_ns < caks->accept_ns[j] || clock_ns >= caks->end_ns[j])
		return 0;
	return clock_ns < caks->start_ns[j] ? 1 : 2;
}

static void follow_chain(struct life *life, struct node *node) {
	for (unsigned int j = 0; j < life->caks.n; j++) {
		struct mka_cak cak = life->caks.pool[j];
		const struct mka_cak *have = node_find_cak(node, cak.ckn, cak.ckn_octets);
		unsigned int use = chain_use(life, node, j);

		cak.use = use == 2 ? MKA_USE_SEND : MKA_USE_ACCEPT;
		if (use == 0 && have != NULL)
			drop(life, node, &cak);
		else if (use != 0 && (have == NULL || have->use != cak.use))
			set(life, node, &cak);
		else
			continue;
		life->changes++;
	}
}

static void look_ahead(struct life *life) {
	struct caks *caks = &life->caks;
	uint64_t now_ns = life->world.now_ns;

	caks->next_ns = NEVER_NS;
	for (unsigned int i = 0; i < life->world.n_nodes; i++)
		for (unsigned int j = 0; j < caks->n; j++) {
			uint64_t edges[] = {caks->accept_ns[j], caks->start_ns[j], caks->end_ns[j]};

			for (unsigned int k = 0; k < 3; k++) {
				uint64_t at_ns = edges[k] - (uint64_t)caks->skew_ns[i];

				if (edges[k] != NEVER_NS && at_ns > now_ns && at_ns < caks->next_ns)
					caks->next_ns = at_ns;
			}
		}
}

static void follow_chains(struct life *life) {
	for (unsigned int i = 0; i < life->world.n_nodes; i++)
		follow_chain(life, &life->world.nodes[i]);
	note_common(life);
	look_ahead(life);
}

bool caks_run(struct life *life, uint64_t at_ns, bool (*is_done)(struct world *world)) {
	while (life->caks.next_ns < at_ns && life->world.violation[0] == '\0') {
		if (world_run(&life->world, life->caks.next_ns, is_done))
			return true;
		follow_chains(life);
	}
	return world_run(&life->world, at_ns, is_done);
}

static void prepare_chain(struct life *life) {
	struct world *world = &life->world;
	struct caks *caks = &life->caks;
	uint64_t most_ns = life->is_gentle ? GENTLE_SKEW_NS : ROUGH_SKEW_NS;
	uint64_t lead_ns = world_below(world, 2) * world_below(world, 12 * SECOND);
	uint64_t overlap_ns = world_below(world, 5 * SECOND);

	if (life->is_gentle || world_below(world, 2) == 0)
		overlap_ns += OVERLAP_NS;
	for (unsigned int i = 0; i < world->n_nodes; i++)
		caks->skew_ns[i] = (int64_t)world_below(world, 2 * most_ns) - (int64_t)most_ns;
	for (unsigned int j = 0; j < caks->n; j++) {
		caks->start_ns[j] = caks->end_ns[j] = NEVER_NS;
		if (j == 0)
			caks->start_ns[j] = caks->accept_ns[j] = 0;
		else
			caks->start_ns[j] = 12 * SECOND + world_below(world, 15 * SECOND) +
					    (j > 1 ? caks->start_ns[j - 1] : 0);
		if (j == 0)
			continue;
		caks->accept_ns[j] = caks->start_ns[j] - lead_ns;
		caks->end_ns[j - 1] = caks->start_ns[j] + overlap_ns;
	}
	/* Clocks are late by ROUGH_SKEW_NS at most: nobody's shows a time before 0. */
	world->now_ns = ROUGH_SKEW_NS + SECOND;
	follow_chains(life);
}

static void prepare_free(struct life *life) {
	struct world *world = &life->world;

	for (unsigned int i = 0; i < world->n_nodes; i++)
		for (unsigned int j = 0; j < life->caks.n; j++) {
			struct mka_cak cak = life->caks.pool[j];
			bool is_first = j == 0;

			if (!is_first && world_below(world, 3) == 0)
				continue;
			if (!is_first && world_below(world, 4) == 0)
				vary(life, &cak);
			set(life, &world->nodes[i], &cak);
		}
	note_common(life);
}

void caks_prepare(struct life *life) {
	struct world *world = &life->world;
	struct caks *caks = &life->caks;

	caks->next_ns = NEVER_NS;
	caks->plan = (enum cak_plan)world_below(world, 3);
	caks->n = caks->plan == PLAN_ONE ? 1 : 2 + (unsigned int)world_below(world, 3);
	for (unsigned int j = 0; j < caks->n; j++) {
		caks->pool[j] = world_cak((uint8_t)j);
		caks->common_ns[j] = NEVER_NS;
	}
	for (unsigned int i = 0; i < world->n_nodes; i++)
		world->nodes[i].n_caks = 0;
	if (caks->plan != PLAN_ONE)
		caks->pool[caks->n - 1].is_fallback =
			caks->plan == PLAN_FREE && world_below(world, 2) == 0;
	if (caks->plan == PLAN_CHAIN)
		prepare_chain(life);
	else
		prepare_free(life);
}

/* A gentle life keeps one that all have had for a while. */
static uint32_t choose_set(struct life *life) {
	struct caks *caks = &life->caks;
	uint32_t set = (uint32_t)world_below(&life->world, 1u << caks->n);

	note_common(life);
	for (unsigned int j = 0; j < caks->n; j++)
		if (caks->common_ns[j] != NEVER_NS &&
		    caks->common_ns[j] + COMMON_NS <= life->world.now_ns)
			set |= 1u << j;
	return set == 0 ? 1 : set;
}

void caks_unify(struct life *life) {
	struct world *world = &life->world;
	uint32_t chosen = choose_set(life);

	life->caks.next_ns = NEVER_NS;
	for (unsigned int i = 0; i < world->n_nodes; i++)
		for (unsigned int j = 0; j < life->caks.n; j++) {
			const struct mka_cak *cak = &life->caks.pool[j];

			if (chosen >> j & 1)
				set(life, &world->nodes[i], cak);
			else if (node_find_cak(&world->nodes[i], cak->ckn, cak->ckn_octets) != NULL)
				drop(life, &world->nodes[i], cak);
		}
}
