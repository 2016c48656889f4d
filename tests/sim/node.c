/* SPDX-License-Identifier: BSD-3-Clause */
/* A member of the simulated world: a KaY, what it asks of its surroundings, and its CAKs. */
#include "tests/sim/world.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>

static void op_send(void *ctx, const uint8_t *frame, size_t octets) {
	struct node *node = ctx;

	node->mkpdus++;
	rules_check_sent(node, frame, octets);
	world_send(node, frame, octets);
}

static int op_install(void *ctx, const struct sak *sak) {
	return model_install(ctx, sak);
}

static int op_transmit(void *ctx, const struct ki *ki) {
	return model_transmit(ctx, ki);
}

static void op_retire(void *ctx, const struct ki *ki) {
	model_retire(ctx, ki);
}

static uint64_t op_next_pn(void *ctx, const struct ki *ki) {
	return model_next_pn(ctx, ki);
}

static void op_floor(void *ctx, const struct ki *ki, uint64_t sci, uint64_t lowest_pn) {
	struct node *node = ctx;

	world_trace(
		node->world, "[%u] floor of %016" PRIx64 " is %" PRIu64, node->index, sci, lowest_pn
	);
	data_floor(node, ki, sci, lowest_pn);
}

static void op_state(void *ctx, enum mka_state state) {
	struct node *node = ctx;

	world_trace(node->world, "[%u] state %s", node->index, mka_state_word(state));
	rules_check_state(node, state);
	node->state = state;
	node->state_changes++;
}

static int op_random(void *ctx, uint8_t *octets, size_t n) {
	struct node *node = ctx;

	for (size_t i = 0; i < n; i++)
		octets[i] = (uint8_t)(world_random(node->world) >> 24);
	return 0;
}

static void op_log(void *ctx, enum mka_topic topic, const char *line) {
	struct node *node = ctx;

	(void)topic;
	world_trace(node->world, "[%u] %s", node->index, line);
}

/* The size stands before the block, so that op_free can see that all of it was wiped. */
static void *op_alloc(void *ctx, size_t octets) {
	uint64_t *mem = malloc(2 * sizeof(*mem) + octets);

	(void)ctx;
	if (mem == NULL)
		return NULL;
	mem[0] = octets;
	return mem + 2;
}

static void op_free(void *ctx, void *mem) {
	struct node *node = ctx;
	const uint8_t *octets = mem;
	uint64_t *block = (uint64_t *)mem - 2;
	uint8_t left = 0;

	for (size_t i = 0; i < block[0]; i++)
		left |= octets[i];
	if (left != 0)
		world_violate(node->world, "node %u: leaves secrets in memory", node->index);
	free(block);
}

static const struct mka_ops ops = {
	.send = op_send,
	.sak_install = op_install,
	.sak_transmit = op_transmit,
	.sak_retire = op_retire,
	.next_pn = op_next_pn,
	.lpn_floor = op_floor,
	.state_changed = op_state,
	.random = op_random,
	.log = op_log,
	.secret_alloc = op_alloc,
	.secret_free = op_free,
};

struct node *world_add(struct world *world, uint8_t priority, enum cipher_suite suite) {
	unsigned int index = world->n_nodes++;
	struct node *node = &world->nodes[index];

	node->world = world;
	node->index = index;
	node->tick_ns = UINT64_MAX;
	node->config = (struct mka_config){
		.sci = 0x0200000000000001 + ((uint64_t)index + 1) * 0x10000,
		.source_mac = {2, 0, 0, 0, 0, (uint8_t)(index + 1)},
		.destination_mac = {0x01, 0x80, 0xc2, 0, 0, 0x03},
		.key_server_priority = priority,
		.suite = suite,
		.confidentiality = true,
		.allowed_suites = (1u << SUITE_COUNT) - 1,
		.honours_suspension = true,
		.pn_rekey_margin_ns = 30 * SECOND,
	};
	node->n_caks = 1;
	node->caks[0] = world_cak(0);
	return node;
}

/* After every call into MKA. */
static void check(struct node *node) {
	rules_check_transmit(node);
	rules_check_state(node, node->state);
}

void node_tick(struct node *node) {
	node->tick_ns = mka_tick(node->kay, node->world->now_ns);
	if (node->tick_ns < node->world->now_ns)
		world_violate(node->world, "node %u: a deadline in the past", node->index);
	check(node);
	if (node->tick_ns == node->world->now_ns)
		node->tick_ns++; // a deadline of now must not stop the clock
}

void node_start(struct node *node) {
	struct world *world = node->world;

	if (mka_create(&node->config, &ops, node, world->now_ns, &node->kay) != 0)
		abort();
	for (uint32_t i = 0; i < node->n_caks; i++)
		if (mka_add_cak(node->kay, &node->caks[i], world->now_ns) != 0)
			abort();
	memset(node->sas, 0, sizeof(node->sas));
	node->n_heard = 0;
	node->n_spoken = 0;
	node->started_ns = world->now_ns;
	node->state = MKA_INIT;
	node->data_ns = world->now_ns;
	data_forget(node);
	world_trace(world, "[%u] up, priority %u", node->index, node->config.key_server_priority);
	node_tick(node);
}

void node_stop(struct node *node) {
	if (node->kay == NULL)
		return;
	world_trace(node->world, "[%u] down", node->index);
	mka_destroy(node->kay);
	node->kay = NULL;
	node->tick_ns = UINT64_MAX;
	data_forget(node);
	for (unsigned int an = 0; an < 4; an++)
		if (node->sas[an].is_valid)
			world_violate(node->world, "node %u: leaves an SA behind", node->index);
}

int node_deliver(struct node *node, const uint8_t *frame, size_t octets) {
	int ret;

	if (node->kay == NULL)
		return -ENOTCONN;
	rules_hear(node, frame, octets);
	ret = mka_receive(node->kay, frame, octets, node->world->now_ns);
	check(node);
	node_tick(node);
	return ret;
}

const struct mka_cak *
node_find_cak(const struct node *node, const uint8_t *ckn, uint8_t ckn_octets) {
	for (uint32_t i = 0; i < node->n_caks; i++)
		if (node->caks[i].ckn_octets == ckn_octets &&
		    memcmp(node->caks[i].ckn, ckn, ckn_octets) == 0)
			return &node->caks[i];
	return NULL;
}

int node_add_cak(struct node *node, const struct mka_cak *cak) {
	int ret = node->kay == NULL ? 0 : mka_add_cak(node->kay, cak, node->world->now_ns);

	if (ret != 0)
		return ret;
	node->caks[node->n_caks++] = *cak;
	if (node->kay != NULL)
		node_tick(node);
	return 0;
}

int node_remove_cak(struct node *node, uint32_t index) {
	const struct mka_cak cak = node->caks[index];
	int ret = 0;

	node->caks[index] = node->caks[--node->n_caks];
	if (node->kay == NULL)
		return 0;
	ret = mka_remove_cak(node->kay, cak.ckn, cak.ckn_octets, node->world->now_ns);
	check(node);
	node_tick(node);
	return ret;
}

int node_update_cak(struct node *node, const struct mka_cak *cak) {
	struct mka_cak *known = (struct mka_cak *)node_find_cak(node, cak->ckn, cak->ckn_octets);
	int ret;

	if (known != NULL) {
		known->is_fallback = cak->is_fallback;
		known->use = cak->use;
		known->rank = cak->rank;
	}
	if (node->kay == NULL)
		return known == NULL ? -ENOENT : 0;
	ret = mka_update_cak(node->kay, cak, node->world->now_ns);
	node_tick(node);
	return ret;
}

int node_rekey(struct node *node) {
	int ret = mka_rekey(node->kay, node->world->now_ns);

	check(node);
	node_tick(node);
	return ret;
}

int node_suspend(struct node *node, uint32_t seconds) {
	int ret = mka_suspend(node->kay, seconds, node->world->now_ns);

	check(node);
	node_tick(node);
	return ret;
}
