/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Data frames: every node sends one from time to time, to all others, under the transmit SA that it
 * uses then. Two counts tell of those that do not arrive: `missed`, the key was given to the
 * receiver and its SA is not there (any more); `cut`, whatever the reason, two members that could
 * hear each other cannot.
 */
#include "tests/sim/queue.h"

#include <inttypes.h>

static struct node *find_sci(struct world *world, uint64_t sci) {
	for (unsigned int i = 0; i < world->n_nodes; i++)
		if (world->nodes[i].config.sci == sci)
			return &world->nodes[i];
	return NULL;
}

static bool is_member(const struct known_key *key, uint64_t sci) {
	bool is_found = key->own_sci == sci;

	for (uint32_t i = 0; i < key->sak.n_peers; i++)
		is_found |= key->sak.peers[i].sci == sci;
	return is_found;
}

static bool accepts(const struct node *node, const struct node *from, const struct event *event) {
	const struct model_sa *sa = &node->sas[event->an];
	const struct known_key *key = model_key(node->world, &event->ki);
	uint64_t sci = from->config.sci;

	return sa->is_valid && model_is_ki(&sa->sak.ki, &event->ki) &&
	       event->pn >= sa->lowest_pn[from->index] &&
	       model_ssci(&sa->sak, node->config.sci, sci) ==
		       model_ssci(&key->sak, key->own_sci, sci);
}

/* It was made for this node, and this incarnation of it has had it. */
static bool was_given(const struct node *node, const struct ki *ki) {
	const struct known_key *key = model_key(node->world, ki);

	return is_member(key, node->config.sci) &&
	       key->tx_installed[node->index] > node->started_ns;
}

/* As late as the slowest MKPDU would be. */
void data_send(struct node *node) {
	struct world *world = node->world;
	const struct model_sa *sa = model_send(node, 1);

	node->data_ns = world->now_ns + world->data_interval_ns;
	for (unsigned int to = 0; to < world->n_nodes; to++) {
		struct event event = {
			.kind = EVENT_DATA,
			.at_ns = world->now_ns + world->network.delay_max_ns,
			.from = (uint8_t)node->index,
			.to = (uint8_t)to,
		};

		if (to == node->index || world->nodes[to].kay == NULL)
			continue;
		if (sa == NULL) {
			world->nodes[to].cut += world->is_joined[node->index][to];
			world_trace(world, "[%u] sends nothing to %u", node->index, to);
			continue;
		}
		event.an = sa->sak.an;
		event.ki = sa->sak.ki;
		event.pn = sa->next_pn - 1;
		world_push(world, event);
	}
}

void data_arrive(struct world *world, const struct event *event) {
	struct node *to = &world->nodes[event->to];
	bool *is_joined = &world->is_joined[event->from][event->to];

	if (to->kay == NULL)
		return;
	if (accepts(to, &world->nodes[event->from], event)) {
		*is_joined = true;
		return;
	}
	to->cut += *is_joined;
	to->missed += was_given(to, &event->ki);
	world_trace(
		world, "[%u] %s a frame of %u, KN %u and AN %u", event->to,
		was_given(to, &event->ki) ? "misses" : "cannot read", event->from, event->ki.kn,
		event->an
	);
}

/* No floor may stand above what the sender will use next: the link would be dead. */
void data_floor(struct node *node, const struct ki *ki, uint64_t sci, uint64_t lowest_pn) {
	struct world *world = node->world;
	struct model_sa *sa = model_find(node, ki);
	const struct node *from = find_sci(world, sci);
	const struct known_key *key = model_key(world, ki);

	if (sa == NULL) {
		world_violate(world, "node %u: a floor without an SA", node->index);
		return;
	}
	if (from == NULL)
		return; // a puppet
	if (lowest_pn > key->pn_used[from->index] + 1)
		world_violate(
			world, "node %u: floor %" PRIu64 " is above what %u sent", node->index,
			lowest_pn, from->index
		);
	if (lowest_pn > sa->lowest_pn[from->index])
		sa->lowest_pn[from->index] = lowest_pn;
}

void data_forget(struct node *node) {
	struct world *world = node->world;

	for (unsigned int i = 0; i < world->n_nodes; i++)
		world->is_joined[node->index][i] = world->is_joined[i][node->index] = false;
}
