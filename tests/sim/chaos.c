/* SPDX-License-Identifier: BSD-3-Clause */
/* What a seed makes happen: members and their settings, the network, and one disturbance after the
 * other. */
#include "control/mka/machines.h"
#include "tests/sim/life.h"

#include <errno.h>

#define SETTLED_NS (8 * SECOND)

static void choose_network(struct life *life) {
	struct world *world = &life->world;
	struct network *network = &world->network;
	static const uint64_t delays_ns[] = {MS / 100, MS, 20 * MS, 200 * MS, SECOND, 2 * SECOND};

	network->delay_min_ns = world_below(world, 5 * MS);
	network->delay_max_ns = network->delay_min_ns;
	if (life->is_gentle)
		return;
	network->delay_max_ns += world_below(world, delays_ns[world_below(world, 6)]);
	network->loss_permille = (unsigned int)world_below(world, 501);
	network->duplicate_permille = (unsigned int)world_below(world, 300);
}

static void choose_settings(struct life *life, struct node *node) {
	struct world *world = &life->world;
	struct mka_config *config = &node->config;

	config->icv_indicator = world_below(world, 2);
	config->announces = world_below(world, 2);
	config->rekey_interval_s =
		world_below(world, 3) == 0 ? 1 + (uint32_t)world_below(world, 20) : 0;
	config->rekeys_on_loss = world_below(world, 2);
	config->keeps_last_sak = world_below(world, 6) == 0;
	config->allows_plain = world_below(world, 4) == 0;
	node->refuses_known_kis = world_below(world, 8) == 0;
}

static void choose_members(struct life *life) {
	struct world *world = &life->world;
	static const uint8_t priorities[] = {0, 16, 16, 16, 100, 255};
	unsigned int n =
		world_below(world, 400) == 0 ? NODES_MAX : 2 + (unsigned int)world_below(world, 7);
	bool delay_protect = world_below(world, 6) == 0;

	if (world_below(world, 3) != 0 && n > 4)
		n -= 3; // most links have few members
	for (unsigned int i = 0; i < n; i++) {
		uint8_t priority = i == 0 ? 16 : priorities[world_below(world, 6)];
		struct node *node = world_add(
			world, priority, (enum cipher_suite)world_below(world, SUITE_COUNT)
		);

		choose_settings(life, node);
		node->config.delay_protect = delay_protect;
	}
	world->data_interval_ns = n > 8 ? SECOND : 100 * MS;
}

void chaos_prepare(struct life *life) {
	life->is_gentle = world_below(&life->world, 5) == 0;
	choose_network(life);
	choose_members(life);
	caks_prepare(life);
}

static struct node *any_node(struct life *life) {
	return &life->world.nodes[world_below(&life->world, life->world.n_nodes)];
}

static void restart_one(struct life *life) {
	struct node *node = any_node(life);

	if (life->is_gentle)
		return;
	if (node->kay == NULL || world_below(&life->world, 2) == 0) {
		node_stop(node);
		node_start(node);
		life->restarts++;
	} else {
		node_stop(node);
	}
}

static void rekey_one(struct life *life) {
	struct node *node = any_node(life);

	if (node->kay != NULL)
		life->rekeys += node_rekey(node) == 0;
}

static void jump_one(struct life *life) {
	struct node *node = any_node(life);
	struct model_sa *sa = node->kay == NULL ? NULL : model_transmit_sa(node);

	if (sa == NULL)
		return;
	if (suite_info(sa->sak.suite)->is_xpn && sa->next_pn < 0x8000000000000000)
		model_send(node, 0xc000000000000000 - sa->next_pn);
	else if (sa->next_pn < 0x80000000)
		model_send(node, 0x80000000 - sa->next_pn + world_below(&life->world, 0x70000000));
	life->jumps++;
}

static void cut_some(struct life *life) {
	struct world *world = &life->world;
	unsigned int from = any_node(life)->index;
	unsigned int to = any_node(life)->index;

	if (life->is_gentle)
		return;
	world_trace(world, "cut %u to %u: %d", from, to, !world->is_cut[from][to]);
	world->is_cut[from][to] ^= true;
	life->cuts++;
}

static void fail_one(struct life *life) {
	struct node *node = any_node(life);

	if (node->kay == NULL || life->is_gentle)
		return;
	node->install_error = -ENOMEM;
	life->failures++;
}

static int refuse_cak(struct node *node, const struct sak *sak) {
	const struct mka *kay = node->kay;
	bool is_ours =
		kay->principal != NULL && memcmp(sak->ki.mi, kay->principal->mi, MI_OCTETS) == 0;
	uint8_t n = is_ours ? kay->principal->ckn[2] : kay->pdu.basic.ckn[2];

	return n == node->refused_cak ? -ENOSPC : 0;
}

/* Until calm: its members hear each other, and it comes to no SAK. */
static void break_cak(struct life *life) {
	struct node *node = any_node(life);

	if (life->is_gentle)
		return;
	node->refuses = refuse_cak;
	node->refused_cak = (uint8_t)world_below(&life->world, life->caks.n);
	world_trace(
		&life->world, "[%u] cannot install SAKs of CAK %u", node->index, node->refused_cak
	);
	life->failures++;
}

/* A key server restarts for an upgrade, in most cases within the time that it announced. */
static void upgrade_one(struct life *life) {
	struct world *world = &life->world;
	struct node *node = any_node(life);
	uint32_t seconds = 5 + (uint32_t)world_below(world, 8);

	if (node->kay == NULL || (life->is_gentle && life->caks.plan == PLAN_CHAIN) ||
	    node_suspend(node, seconds) != 0)
		return;
	life->suspensions++;
	caks_run(life, world->now_ns + 50 * MS + 2 * world->network.delay_max_ns, NULL);
	node_stop(node);
	caks_run(life, world->now_ns + world_below(world, (seconds - 2) * SECOND), NULL);
	node_start(node);
	caks_run(life, world->now_ns + SECOND, NULL);
}

static void disturb(struct life *life) {
	static void (*const disturbances[])(struct life * life) = {
		restart_one, rekey_one, rekey_one, jump_one,
		cut_some,    fail_one,  break_cak, upgrade_one,
	};
	unsigned int n = sizeof(disturbances) / sizeof(disturbances[0]);

	if (life->caks.plan == PLAN_FREE && world_below(&life->world, 2) == 0)
		caks_change(life);
	else
		disturbances[world_below(&life->world, n)](life);
}

static void start_all(struct life *life) {
	struct world *world = &life->world;

	for (unsigned int i = 0; i < world->n_nodes; i++) {
		caks_run(
			life, world->now_ns + world_below(world, 2) * world_below(world, SECOND),
			NULL
		);
		node_start(&world->nodes[i]);
	}
}

/* Until all have found each other, members that share several CAKs may change from one small CA to
 * another. What is lost then does not count, unless there is one CAK and one CA. */
static void settle(struct life *life) {
	struct world *world = &life->world;

	if (!caks_run(life, world->now_ns + SETTLED_NS, world_is_agreed))
		world_violate(world, "no common SAK at the start");
	for (unsigned int i = 0; i < world->n_nodes; i++) {
		world->nodes[i].cut = 0;
		if (life->caks.plan != PLAN_ONE)
			world->nodes[i].missed = 0;
	}
}

void chaos_run(struct life *life) {
	struct world *world = &life->world;
	bool is_quiet = world_below(world, 8) == 0;
	uint64_t most_ns = life->caks.plan == PLAN_FREE ? 3 * SECOND : 6 * SECOND;

	life->chaos_ends_ns = world->now_ns + 5 * SECOND + world_below(world, 35 * SECOND);
	start_all(life);
	if (life->is_gentle)
		settle(life);
	while (world->now_ns < life->chaos_ends_ns && world->violation[0] == '\0') {
		caks_run(life, world->now_ns + world_below(world, most_ns), NULL);
		if (!is_quiet)
			disturb(life);
	}
}
