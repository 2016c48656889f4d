/* SPDX-License-Identifier: BSD-3-Clause */
/* Members, network and clock of the simulated world. */
#include "tests/sim/queue.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>

uint64_t world_random(struct world *world) {
	world->random ^= world->random >> 12;
	world->random ^= world->random << 25;
	world->random ^= world->random >> 27;
	return world->random * 0x2545f4914f6cdd1dull;
}

uint64_t world_below(struct world *world, uint64_t limit) {
	return limit == 0 ? 0 : (world_random(world) >> 11) % limit;
}

void world_trace(struct world *world, const char *format, ...) {
	va_list arguments;

	if (!world->is_traced)
		return;
	printf("%11.6f ", (double)world->now_ns / (double)SECOND);
	va_start(arguments, format);
	vprintf(format, arguments);
	va_end(arguments);
	putchar('\n');
}

static void post_frame(
	struct world *world, unsigned int from, unsigned int to, const uint8_t *frame, size_t octets
) {
	const struct network *network = &world->network;
	struct event event = {
		.kind = EVENT_MKPDU,
		.from = (uint8_t)from,
		.to = (uint8_t)to,
		.octets = (uint32_t)octets,
	};

	event.frame = malloc(octets);
	if (event.frame == NULL)
		abort();
	memcpy(event.frame, frame, octets);
	event.at_ns = world->now_ns + network->delay_min_ns +
		      world_below(world, network->delay_max_ns - network->delay_min_ns + 1);
	if (world->filter != NULL && !world->filter(world, from, to, event.frame, octets))
		free(event.frame);
	else
		world_push(world, event);
}

static void op_send(void *ctx, const uint8_t *frame, size_t octets) {
	struct node *node = ctx;
	struct world *world = node->world;
	const struct network *network = &world->network;

	node->mkpdus++;
	for (unsigned int to = 0; to < world->n_nodes; to++) {
		unsigned int copies = 1;

		if (to == node->index || world->is_cut[node->index][to] ||
		    world_below(world, 1000) < network->loss_permille)
			continue;
		copies += world_below(world, 1000) < network->duplicate_permille;
		for (; copies > 0; copies--)
			post_frame(world, node->index, to, frame, octets);
	}
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

	(void)ki;
	world_trace(
		node->world, "[%u] floor of %016" PRIx64 " is %" PRIu64, node->index, sci, lowest_pn
	);
}

static void op_state(void *ctx, enum mka_state state) {
	struct node *node = ctx;

	node->state = state;
	node->state_changes++;
	world_trace(node->world, "[%u] state %s", node->index, mka_state_word(state));
}

static int op_random(void *ctx, uint8_t *octets, size_t n) {
	struct node *node = ctx;

	for (size_t i = 0; i < n; i++)
		octets[i] = (uint8_t)(world_random(node->world) >> 24);
	return 0;
}

static void op_log(void *ctx, const char *line) {
	struct node *node = ctx;

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

void world_init(struct world *world, uint64_t seed) {
	memset(world, 0, sizeof(*world));
	world->random = seed * 0x9e3779b97f4a7c15ull + 1;
	world->network = (struct network){.delay_min_ns = MS, .delay_max_ns = MS};
	world->keys = malloc(KEYS_MAX * sizeof(world->keys[0]));
	if (world->keys == NULL)
		abort();
	world->now_ns = SECOND;
}

void world_free(struct world *world) {
	for (unsigned int i = 0; i < world->n_nodes; i++)
		node_stop(&world->nodes[i]);
	while (world->n_events > 0)
		free(world_pop(world).frame);
	free(world->events);
	free(world->keys);
}

struct mka_cak world_cak(uint8_t n) {
	return (struct mka_cak){
		.ckn = {1, 2, n},
		.ckn_octets = 3,
		.cak = {9, 8, 7, n},
		.cak_octets = 16,
		.use = MKA_USE_SEND,
		.rank = n,
	};
}

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

void node_tick(struct node *node) {
	node->tick_ns = mka_tick(node->kay, node->world->now_ns);
	if (node->tick_ns < node->world->now_ns)
		world_violate(node->world, "node %u: a deadline in the past", node->index);
	model_check_transmit(node);
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
	node->started_ns = world->now_ns;
	node->state = MKA_INIT;
	node->data_ns = world->now_ns;
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
	for (unsigned int an = 0; an < 4; an++)
		if (node->sas[an].is_valid)
			world_violate(node->world, "node %u: leaves an SA behind", node->index);
}

int node_deliver(struct node *node, const uint8_t *frame, size_t octets) {
	int ret;

	if (node->kay == NULL)
		return -ENOTCONN;
	model_hear(node, frame, octets);
	ret = mka_receive(node->kay, frame, octets, node->world->now_ns);
	model_check_transmit(node);
	node_tick(node);
	return ret;
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
	model_check_transmit(node);
	node_tick(node);
	return ret;
}

int node_rekey(struct node *node) {
	int ret = mka_rekey(node->kay, node->world->now_ns);

	model_check_transmit(node);
	node_tick(node);
	return ret;
}

/* A data frame goes to everyone, as late as the slowest MKPDU would. */
static void send_data(struct node *node) {
	struct world *world = node->world;
	struct model_sa *sa = model_send(node, 1);

	node->data_ns = world->now_ns + world->data_interval_ns;
	for (unsigned int to = 0; sa != NULL && to < world->n_nodes; to++)
		if (to != node->index && world->nodes[to].kay != NULL)
			world_push(
				world,
				(struct event){
					.kind = EVENT_DATA,
					.at_ns = world->now_ns + world->network.delay_max_ns,
					.from = (uint8_t)node->index,
					.to = (uint8_t)to,
					.an = sa->sak.an,
					.ki = sa->sak.ki,
					.pn = sa->next_pn - 1,
				}
			);
}

static void run_event(struct world *world, const struct event *event) {
	struct node *to = &world->nodes[event->to];
	const struct node *from = &world->nodes[event->from];

	if (event->kind == EVENT_MKPDU) {
		node_deliver(to, event->frame, event->octets);
	} else if (to->kay != NULL && model_misses(to, from, &event->ki, event->an)) {
		to->missed++;
		world_trace(world, "[%u] misses a frame of %u", event->to, event->from);
	}
	free(event->frame);
}

/* The node whose tick or data frame comes first, and when. */
static struct node *next_node(struct world *world, uint64_t *at_ns, bool *is_data) {
	struct node *next = NULL;

	*at_ns = UINT64_MAX;
	for (unsigned int i = 0; i < world->n_nodes; i++) {
		struct node *node = &world->nodes[i];
		bool has_data = world->data_interval_ns != 0 && node->data_ns < node->tick_ns;
		uint64_t node_ns = has_data ? node->data_ns : node->tick_ns;

		if (node->kay == NULL || node_ns >= *at_ns)
			continue;
		*at_ns = node_ns;
		*is_data = has_data;
		next = node;
	}
	return next;
}

bool world_run(struct world *world, uint64_t at_ns, bool (*is_done)(struct world *world)) {
	while (world->violation[0] == '\0') {
		uint64_t node_ns;
		bool is_data = false;
		struct node *node = next_node(world, &node_ns, &is_data);
		uint64_t event_ns = world->n_events > 0 ? world->events[0].at_ns : UINT64_MAX;

		if (is_done != NULL && is_done(world))
			return true;
		if (node_ns > at_ns && event_ns > at_ns)
			break;
		if (event_ns <= node_ns) {
			struct event event = world_pop(world);

			world->now_ns = event_ns;
			run_event(world, &event);
			continue;
		}
		world->now_ns = node_ns > world->now_ns ? node_ns : world->now_ns;
		if (is_data)
			send_data(node);
		else
			node_tick(node);
	}
	if (world->violation[0] == '\0')
		world->now_ns = at_ns;
	return false;
}

bool world_is_agreed(struct world *world) {
	static struct mka_view view, first;
	unsigned int n_up = 0;

	for (unsigned int i = 0; i < world->n_nodes; i++)
		n_up += world->nodes[i].kay != NULL;
	memset(&first, 0, sizeof(first));
	for (unsigned int i = 0; i < world->n_nodes; i++) {
		struct node *node = &world->nodes[i];
		uint32_t n_live = 0;

		if (node->kay == NULL)
			continue;
		/* Cheap refusals first: this runs after every event. */
		if (node->state != MKA_SECURED)
			return false;
		mka_view(node->kay, world->now_ns, &view);
		for (uint32_t j = 0; j < view.n_peers; j++)
			n_live += view.peers[j].is_live;
		if (!view.latest.transmits || n_live != n_up - 1)
			return false;
		if (!first.latest.is_valid)
			first = view;
		if (memcmp(&first.latest.ki, &view.latest.ki, sizeof(first.latest.ki)) != 0 ||
		    first.key_server_sci != view.key_server_sci)
			return false;
	}
	return first.latest.is_valid;
}
