/* SPDX-License-Identifier: BSD-3-Clause */
/* Chance, network and clock of the simulated world. */
#include "control/mka/machines.h"
#include "tests/sim/queue.h"

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

void world_send(struct node *node, const uint8_t *frame, size_t octets) {
	struct world *world = node->world;
	const struct network *network = &world->network;

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

void world_init(struct world *world, uint64_t seed) {
	memset(world, 0, sizeof(*world));
	world->random = seed * 0x9e3779b97f4a7c15ull + 1;
	world->network = (struct network){.delay_min_ns = MS, .delay_max_ns = MS};
	world->keys = malloc(KEYS_MAX * sizeof(world->keys[0]));
	world->mis = malloc(MIS_MAX * sizeof(world->mis[0]));
	if (world->keys == NULL || world->mis == NULL)
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
	free(world->mis);
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

static void run_event(struct world *world, const struct event *event) {
	if (event->kind == EVENT_MKPDU)
		node_deliver(&world->nodes[event->to], event->frame, event->octets);
	else
		data_arrive(world, event);
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
			data_send(node);
		else
			node_tick(node);
	}
	if (world->violation[0] == '\0')
		world->now_ns = at_ns;
	return false;
}

/* The KaY itself is asked: views are too dear for a question after every event. */
static bool is_secured(const struct node *node, unsigned int n_others) {
	const struct mka *kay = node->kay;

	return node->state == MKA_SECURED && kay->cp.latest.transmits && kay->principal != NULL &&
	       kay->cp.latest.owner == kay->principal &&
	       peers_count_live(kay->principal) == n_others;
}

bool world_is_agreed(struct world *world) {
	const struct mka *first = NULL;
	unsigned int n_up = 0;

	for (unsigned int i = 0; i < world->n_nodes; i++)
		n_up += world->nodes[i].kay != NULL;
	for (unsigned int i = 0; i < world->n_nodes; i++) {
		const struct mka *kay = world->nodes[i].kay;

		if (kay == NULL)
			continue;
		if (!is_secured(&world->nodes[i], n_up - 1))
			return false;
		if (first == NULL)
			first = kay;
		if (!ki_is_equal(&first->cp.latest.sak.ki, &kay->cp.latest.sak.ki) ||
		    first->principal->server_sci != kay->principal->server_sci)
			return false;
	}
	return first != NULL;
}
